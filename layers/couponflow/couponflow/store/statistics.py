"""Counts of coupons, and how far each shard of the table's stream is counted.

One transaction writes both. A record that is delivered again is behind the mark, however its batch
is cut, so it is not counted again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from couponflow.domain import times
from couponflow.domain.statistics import (
    MOST_INBOXES,
    REST,
    WITHOUT_INBOX,
    Directory,
    EventKind,
    InboxCounts,
    Statistics,
    Tally,
)
from couponflow.store import keys
from couponflow.store.dynamodb import ConditionFailedError, Item, Table, Write, put, update

# More than the total and the named inboxes.
MOST_IN_TOTAL = 2 * MOST_INBOXES
# Items of one transaction; one of them is the mark.
MOST_ITEMS = 100
MARK = 0
# The stream keeps a record for a day, so a mark that did not move for a week guards nothing.
SECONDS_MARK_IS_KEPT = 7 * 24 * 3_600

# The shard was counted up to here, and no further. Two pollers of one shard can't both add.
IS_WHERE_SEEN = "counted_to = :seen"
IS_UNCOUNTED = "attribute_not_exists(counted_to)"
# A repair starts the counts of a coupon again, under the next generation.
IS_SAME_GENERATION = "attribute_not_exists(generation) OR generation = :generation"
ABSENT = "attribute_not_exists(pk)"
# A repair adds what its records say exactly once.
IS_BEING_REPAIRED = "generation = :generation AND attribute_exists(repair_of)"

_LETTERS = {
    EventKind.DISTRIBUTED: "d",
    EventKind.OPENED: "o",
    EventKind.REDEEMED: "r",
    EventKind.ROLLED_BACK: "b",
}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}


class MarkMovedError(Exception):
    """Nothing was counted: the shard is counted up to another place than the caller saw."""


class OutdatedStateError(Exception):
    """Nothing was counted: inboxes or generation of a coupon are not as the caller saw them."""


@dataclass(slots=True)
class CountingState:
    """What counting a coupon's events needs to know of its statistics."""

    generation: int
    # Of a repaired coupon: the repair counted every event before this moment.
    since: datetime | None
    directory: Directory
    is_being_repaired: bool = False


class StatisticsStore:
    """The statistics of all coupons."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def mark(self, shard: str) -> str | None:
        """The sequence number up to which the shard is counted, read strongly."""
        item = self._table.get(keys.stream_mark(shard), consistent=True)
        return item["counted_to"] if item else None

    def state(self, coupon_id: str) -> CountingState:
        """What counting needs to know, read strongly."""
        total, inboxes = self._read_total(coupon_id, consistent=True)
        return CountingState(
            total.get("generation", 1),
            times.parse_utc(total["since"]) if "since" in total else None,
            Directory({item["inbox_id"]: _number(item) for item in inboxes}),
            "repair_of" in total,
        )

    def add(
        self,
        shard: str,
        seen: str | None,
        counted_to: str,
        tallies: Mapping[str, Tally],
        states: Mapping[str, CountingState],
        now: datetime,
    ) -> None:
        """Add the counts of the records after `seen`, up to `counted_to`, in one transaction.

        Raises:
            MarkMovedError, OutdatedStateError: read again.
            ContentionError: nothing was counted.
            UnknownResultError: they may have been counted; the mark tells.
        """
        writes = [_move_mark(shard, seen, counted_to, now)]
        for coupon_id, tally in tallies.items():
            writes += self._writes(coupon_id, tally, states[coupon_id].generation, now)
        try:
            self._table.transact(writes)
        except ConditionFailedError as refused:
            raise (MarkMovedError if refused.index == MARK else OutdatedStateError) from refused

    def _writes(self, coupon_id: str, tally: Tally, generation: int, now: datetime) -> list[Write]:
        columns = {_column(kind, n): count for (kind, n), count in tally.columns.items()}
        total = update(
            keys.statistics_total(coupon_id),
            "SET generation = if_not_exists(generation, :generation), updated_at = :now, "
            + _additions(columns),
            {":generation": generation, ":now": times.format_utc(now), ":zero": 0}
            | _values(columns),
            IS_SAME_GENERATION,
        )
        return [
            total,
            *(_add_day(coupon_id, generation, day, counts) for day, counts in tally.days.items()),
            *_name_inboxes(coupon_id, tally.new_inboxes),
        ]

    def read(self, coupon_id: str, first: date, last: date) -> Statistics:
        """Return the coupon's counts, with the days from `first` to `last`."""
        total, inboxes = self._read_total(coupon_id, consistent=False)
        generation = total.get("generation", 1)
        days = self._table.query(
            "pk = :pk AND sk BETWEEN :first AND :last",
            {
                ":pk": keys.statistics(coupon_id),
                ":first": keys.statistics_day(coupon_id, generation, str(first))["sk"],
                ":last": keys.statistics_day(coupon_id, generation, str(last))["sk"],
            },
            at_most=(last - first).days + 1,
        )
        return Statistics(
            inbox_counts(total, {_number(item): item["inbox_id"] for item in inboxes}),
            {date.fromisoformat(item["sk"].split("#")[2]): _counts(item) for item in days},
            times.parse_utc(total["updated_at"]) if "updated_at" in total else None,
        )

    def times_distributed(self, coupon_ids: list[str]) -> dict[str, int]:
        """Return how often each coupon was distributed, eventually consistent."""
        items = self._table.get_all([keys.statistics_total(each) for each in coupon_ids])
        found = {keys.coupon_in(item["pk"]): _sum(item, EventKind.DISTRIBUTED) for item in items}
        return {coupon_id: found.get(coupon_id, 0) for coupon_id in coupon_ids}

    def begin_repair(self, coupon_id: str, since: datetime, now: datetime) -> CountingState:
        """Start the coupon's counts again with the events from `since` on.

        Until the repair ends, readers get the counts of before.
        """
        total, _ = self._read_total(coupon_id, consistent=True)
        generation = total.get("generation", 1)
        kept = total.get("repair_of") or {
            name: value for name, value in total.items() if _is_column(name)
        }
        fresh: Item = keys.statistics_total(coupon_id) | {
            "generation": generation + 1,
            "since": times.format_utc(since),
            "updated_at": times.format_utc(now),
            "repair_of": kept,
        }
        condition = (
            "attribute_not_exists(generation)"
            if "generation" not in total
            else "generation = :generation"
        )
        values = {":generation": generation} if "generation" in total else None
        try:
            self._table.transact([put(fresh, condition, values)])
        except ConditionFailedError as refused:
            raise OutdatedStateError from refused
        return self.state(coupon_id)

    def put_days(
        self, coupon_id: str, generation: int, days: Mapping[date, Mapping[EventKind, int]]
    ) -> None:
        """Write whole days of a repair; repeated, they are the same."""
        for day, counts in days.items():
            item = keys.statistics_day(coupon_id, generation, str(day))
            self._table.put(put(item | {_LETTERS[kind]: n for kind, n in counts.items()}))

    def end_repair(self, coupon_id: str, base: Tally, generation: int, now: datetime) -> None:
        """Add the counts of the repair's records to those from `since` on, once.

        Raises:
            OutdatedStateError: another repair began, or this one has ended.
        """
        columns = {_column(kind, n): count for (kind, n), count in base.columns.items()}
        more = f", {_additions(columns)}" if columns else ""
        total = update(
            keys.statistics_total(coupon_id),
            f"SET updated_at = :now{more} REMOVE repair_of",
            {":generation": generation, ":now": times.format_utc(now)}
            | ({":zero": 0} | _values(columns) if columns else {}),
            IS_BEING_REPAIRED,
        )
        days = [_add_day(coupon_id, generation, day, n) for day, n in base.days.items()]
        try:
            self._table.transact([total, *days, *_name_inboxes(coupon_id, base.new_inboxes)])
        except ConditionFailedError as refused:
            raise OutdatedStateError from refused

    def _read_total(self, coupon_id: str, *, consistent: bool) -> tuple[Item, list[Item]]:
        """The total, or {}, and the coupon's inboxes."""
        items = self._table.query(
            "pk = :pk AND sk BETWEEN :first AND :last",
            {
                ":pk": keys.statistics(coupon_id),
                ":first": keys.STATISTICS_FIRST,
                ":last": keys.STATISTICS_LAST,
            },
            consistent=consistent,
            at_most=MOST_IN_TOTAL,
        )
        totals = [item for item in items if item["sk"] == keys.STATISTICS_LAST]
        inboxes = [item for item in items if item["sk"] != keys.STATISTICS_LAST]
        return (totals[0] if totals else {}), inboxes


def inbox_counts(total: Item, names: Mapping[int, str]) -> list[InboxCounts]:
    """Return the counts by inbox, in the order in which they were first counted."""
    columns = total.get("repair_of") or total
    by_number: dict[int, dict[EventKind, int]] = {}
    for name, count in columns.items():
        if _is_column(name):
            by_number.setdefault(int(name[1:]), {})[_KINDS[name[0]]] = count
    return [
        InboxCounts(None if n in (WITHOUT_INBOX, REST) else names.get(n), n == REST, counts)
        for n, counts in sorted(by_number.items())
    ]


def _move_mark(shard: str, seen: str | None, counted_to: str, now: datetime) -> Write:
    values: Item = {
        ":counted_to": counted_to,
        ":expires_at": int(now.timestamp()) + SECONDS_MARK_IS_KEPT,
    }
    return update(
        keys.stream_mark(shard),
        "SET counted_to = :counted_to, expires_at = :expires_at",
        values if seen is None else values | {":seen": seen},
        IS_UNCOUNTED if seen is None else IS_WHERE_SEEN,
    )


def _add_day(coupon_id: str, generation: int, day: date, counts: Mapping[EventKind, int]) -> Write:
    columns = {_LETTERS[kind]: count for kind, count in counts.items()}
    return update(
        keys.statistics_day(coupon_id, generation, str(day)),
        "SET " + _additions(columns),
        {":zero": 0} | _values(columns),
    )


def _name_inboxes(coupon_id: str, numbers: Mapping[str, int]) -> Iterable[Write]:
    for inbox_id, number in numbers.items():
        item = keys.statistics_inbox(coupon_id, number) | {"inbox_id": inbox_id}
        yield put(item, ABSENT)


def _additions(columns: Iterable[str]) -> str:
    """Assignments that add to counters; an absent one begins at zero."""
    return ", ".join(f"{name} = if_not_exists({name}, :zero) + :{name}" for name in columns)


def _values(columns: Mapping[str, int]) -> Item:
    return {f":{name}": count for name, count in columns.items()}


def _column(kind: EventKind, number: int) -> str:
    """The counter's attribute. Short: at 52 columns of four kinds the item has 2 KB."""
    return f"{_LETTERS[kind]}{number}"


def _is_column(name: str) -> bool:
    return name[0] in _KINDS and name[1:].isdigit()


def _counts(day: Item) -> dict[EventKind, int]:
    return {kind: day[letter] for letter, kind in _KINDS.items() if letter in day}


def _sum(total: Item, kind: EventKind) -> int:
    columns: dict[str, Any] = total.get("repair_of") or total
    return sum(n for name, n in columns.items() if _is_column(name) and _KINDS[name[0]] is kind)


def _number(inbox: Item) -> int:
    return int(inbox["sk"].removeprefix(keys.STATISTICS_FIRST))
