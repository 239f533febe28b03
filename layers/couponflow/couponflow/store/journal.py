"""The journal of an organisation: changes that concern people's data, one partition per month."""

from dataclasses import dataclass
from datetime import datetime

from couponflow.domain import times
from couponflow.store import keys
from couponflow.store.dynamodb import Table, put


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One erasure: who, when and how many records. It names no customer."""

    entry_id: str
    at: datetime
    action: str
    key_id: str
    erased_records: int

    @property
    def place(self) -> str:
        """Its position in the list of its month."""
        return f"{times.format_utc(self.at)}#{self.entry_id}"


class JournalStore:
    """The journals of all organisations."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, organisation_id: str, entry: JournalEntry) -> None:
        """Write an entry; repeated, it changes nothing."""
        at = times.format_utc(entry.at)
        item = {
            "pk": keys.organisation_journal(organisation_id, at),
            "sk": entry.place,
            "at": at,
            "action": entry.action,
            "key_id": entry.key_id,
            "erased_records": entry.erased_records,
        }
        self._table.put(put(item))

    def list_newest(
        self, organisation_id: str, month: str, before: str, at_most: int
    ) -> list[JournalEntry]:
        """Return entries of a month, such as 2026-11, before a place, newest first."""
        items = self._table.query(
            "pk = :pk AND sk < :before",
            {":pk": keys.organisation_journal(organisation_id, month), ":before": before},
            consistent=True,
            newest_first=True,
            at_most=at_most,
        )
        return [
            JournalEntry(
                item["sk"].partition("#")[2],
                times.parse_utc(item["at"]),
                item["action"],
                item["key_id"],
                item["erased_records"],
            )
            for item in items
        ]
