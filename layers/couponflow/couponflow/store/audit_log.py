"""The audit log of the operator. An entry is written before its action, so that none is missing."""

from dataclasses import dataclass
from datetime import datetime

from couponflow.domain import times
from couponflow.store import keys
from couponflow.store.dynamodb import Item, Table, put


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One request to the operator. Without an `outcome` its end is unknown.

    `request_id` is Lambda's, as CloudTrail records it.
    """

    entry_id: str
    at: datetime
    action: str
    organisation_id: str | None
    key_id: str | None
    request_id: str | None
    outcome: str | None = None


class AuditLogStore:
    """The audit log of the operator, one partition per month."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save(self, entry: AuditEntry) -> None:
        """Write the entry, replacing an earlier state of it."""
        item = {
            "entry_id": entry.entry_id,
            "at": times.format_utc(entry.at),
            "action": entry.action,
            "organisation_id": entry.organisation_id,
            "key_id": entry.key_id,
            "request_id": entry.request_id,
            "outcome": entry.outcome,
        }
        self._table.put_beside(
            put(keys.journal_entry(times.format_utc(entry.at), entry.entry_id) | item)
        )

    def list_newest(self, month: str, at_most: int) -> list[AuditEntry]:
        """Return the entries of a month, such as 2026-11, newest first."""
        items = self._table.query(
            "pk = :pk",
            {":pk": keys.journal(month)},
            consistent=True,
            newest_first=True,
            at_most=at_most,
        )
        return list(map(_entry, items))


def _entry(item: Item) -> AuditEntry:
    return AuditEntry(
        entry_id=item["entry_id"],
        at=times.parse_utc(item["at"]),
        action=item["action"],
        organisation_id=item.get("organisation_id"),
        key_id=item.get("key_id"),
        request_id=item.get("request_id"),
        outcome=item.get("outcome"),
    )
