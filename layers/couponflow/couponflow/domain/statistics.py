"""Numbers of a campaign: what happened, counted by local day and by inbox."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from couponflow.domain import times

# Inboxes of a coupon that are counted by themselves; the rest is counted together.
MOST_INBOXES = 50
# Columns of a count by inbox: 0 is "without an inbox", 1 to MOST_INBOXES are inboxes in the order
# in which they were first counted, and REST is every other inbox.
WITHOUT_INBOX, REST = 0, MOST_INBOXES + 1


class EventKind(StrEnum):
    """What can happen to a redemption. Each kind happens to one redemption at most once."""

    DISTRIBUTED = "distributed"
    OPENED = "opened"
    REDEEMED = "redeemed"
    ROLLED_BACK = "rolled_back"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a redemption of a coupon.

    An event moves to another inbox as two: one with a `count` of -1 and one of 1, `moved_at` a
    later time than `at`.
    """

    coupon_id: str
    kind: EventKind
    at: datetime
    inbox_id: str | None
    count: int = 1
    moved_at: datetime | None = None

    @property
    def reported_at(self) -> datetime:
        """When the record began to tell of it."""
        return self.moved_at or self.at

    def day(self, timezone: str) -> date:
        """The local day on which it happened."""
        return self.at.astimezone(times.zone(timezone)).date()


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """The counts of one inbox; of one without an id if `inbox_id` is None; or of the rest."""

    inbox_id: str | None
    is_rest: bool
    counts: dict[EventKind, int]


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts of a coupon: all of them by inbox, and by local day those of the days asked for."""

    inboxes: list[InboxCounts]
    days: dict[date, dict[EventKind, int]]
    updated_at: datetime | None

    def total(self, kind: EventKind) -> int:
        """The count over all inboxes and all time."""
        return sum(inbox.counts.get(kind, 0) for inbox in self.inboxes)


@dataclass(slots=True)
class Directory:
    """The columns of a coupon's inboxes. Names are only added, each with the next free number."""

    numbers: dict[str, int] = field(default_factory=dict)

    def column(self, inbox_id: str | None) -> int:
        """The inbox's column; a new inbox gets the next one while there is one."""
        if inbox_id is None:
            return WITHOUT_INBOX
        if inbox_id not in self.numbers and len(self.numbers) < MOST_INBOXES:
            self.numbers[inbox_id] = len(self.numbers) + 1
        return self.numbers.get(inbox_id, REST)


@dataclass(slots=True)
class Tally:
    """Events of one coupon, added up."""

    directory: Directory
    timezone: str
    columns: dict[tuple[EventKind, int], int] = field(default_factory=lambda: defaultdict(int))
    days: dict[date, dict[EventKind, int]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )
    new_inboxes: dict[str, int] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        """Count one event."""
        is_known = event.inbox_id is None or event.inbox_id in self.directory.numbers
        column = self.directory.column(event.inbox_id)
        if event.inbox_id is not None and not is_known and column != REST:
            self.new_inboxes[event.inbox_id] = column
        self.columns[event.kind, column] += event.count
        self.days[event.day(self.timezone)][event.kind] += event.count

    @property
    def items(self) -> int:
        """Items of the table that these counts are written to."""
        return 1 + len(self.days) + len(self.new_inboxes)


def tally(events: Iterable[Event], directory: Directory, timezone: str) -> Tally:
    """Add up events of one coupon."""
    added = Tally(Directory(dict(directory.numbers)), timezone)
    for event in events:
        added.add(event)
    return added


def differences(
    expected: dict[EventKind, int], found: dict[EventKind, int]
) -> Iterator[tuple[EventKind, int, int]]:
    """Yield the kinds whose counts differ, with the expected and the found count."""
    for kind in EventKind:
        if expected.get(kind, 0) != found.get(kind, 0):
            yield kind, expected.get(kind, 0), found.get(kind, 0)
