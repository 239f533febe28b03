"""Redemption records, as marketers read them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from couponflow.domain import links, times
from couponflow.domain.errors import InvalidCursor
from couponflow.domain.models import Coupon, Holder, Redemption, RedemptionStatus
from couponflow.store import redemption_records
from couponflow.store.redemption_records import RedemptionRecordStore
from couponflow.store.redemptions import RedemptionStore

# The order without a filter: redeemed records first.
_ORDER = [RedemptionStatus.REDEEMED, RedemptionStatus.DISTRIBUTED]
# Of one customer, so many records are sorted by time: the read costs 11 RCU at most.
MOST_SORTED = 100
EXPORTED_AT_ONCE = 1_000
# Comes before every position.
FIRST_PLACE = "0"


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """Which records to list. `since` and `before` (exclusive) compare with the time of the status:

    `redeemed_at` of redeemed records, `distributed_at` of open ones.
    """

    status: RedemptionStatus | None = None
    since: datetime | None = None
    before: datetime | None = None

    @property
    def statuses(self) -> list[RedemptionStatus]:
        """The statuses that pass the filter, redeemed first."""
        return [status for status in _ORDER if self.status in (None, status)]


class Phase(StrEnum):
    """A part of a walk through the records of a coupon."""

    REDEEMED = "redeemed"
    DISTRIBUTED = "distributed"
    # Records that were redeemed during the walk. They left the list of open ones, perhaps before
    # the walk came to them, and entered the list of redeemed ones after it.
    REDEEMED_SINCE = "since"
    # All records of one customer with very many, by slot.
    SLOTS = "slots"


_STATUS_OF = {
    Phase.REDEEMED: RedemptionStatus.REDEEMED,
    Phase.DISTRIBUTED: RedemptionStatus.DISTRIBUTED,
    Phase.REDEEMED_SINCE: RedemptionStatus.REDEEMED,
}


@dataclass(frozen=True, slots=True)
class RecordCursor:
    """Where a walk continues: after the position `place` of a phase.

    `newest` comes right after the newest redeemed record when the walk began.
    """

    phase: Phase
    place: str
    newest: str

    @classmethod
    def parse(cls, phase: str, place: str, newest: str) -> "RecordCursor":
        """Return the cursor with these parts. Raises InvalidCursor."""
        if phase not in list(Phase):
            raise InvalidCursor
        return cls(Phase(phase), place, newest)

    @property
    def parts(self) -> tuple[str, str, str]:
        """The texts that a cursor encodes."""
        return self.phase, self.place, self.newest


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Records, and where the next page begins; None at the end."""

    records: list[Redemption]
    next: RecordCursor | None


# Reads records of a status between two positions, newest first, as many as given.
Source = Callable[[RedemptionStatus, str | None, str, int], list[Redemption]]


class RecordService:
    """Lists redemption records of a coupon."""

    def __init__(self, redemptions: RedemptionStore, records: RedemptionRecordStore) -> None:
        self._redemptions, self._records = redemptions, records

    def list_newest(
        self,
        coupon: Coupon,
        wanted: RecordFilter,
        after: RecordCursor | None,
        at_most: int,
    ) -> RecordPage:
        """Return a page of records after `after`: redeemed first, then open, each newest first.

        Without a filter by status, the walk ends with the records that were redeemed since it
        began. So it misses none, and may return a record a second time, redeemed.
        """

        def read(
            status: RedemptionStatus, since: str | None, before: str, count: int
        ) -> list[Redemption]:
            return self._records.list_newest(coupon, status, since, before, count)

        return _page_of(read, wanted, after, at_most)

    def iterate_all(
        self, coupon: Coupon, customer_id: str | None, wanted: RecordFilter
    ) -> Iterator[Redemption]:
        """Yield all records, or all of one customer, open ones first.

        A record that is redeemed while this runs comes twice; the other order could miss it.
        """
        if customer_id is not None:
            yield from self._iterate_customer(links.derive_holder(coupon, customer_id), wanted)
            return
        since = times.format_utc(wanted.since) if wanted.since else None
        before = times.format_utc(wanted.before) if wanted.before else redemption_records.LAST_PLACE
        for status in reversed(wanted.statuses):
            yield from self._records.iterate(coupon, status, since, before)

    def list_by_customer(
        self,
        coupon: Coupon,
        customer_id: str,
        wanted: RecordFilter,
        after: RecordCursor | None,
        at_most: int,
    ) -> RecordPage:
        """Return a page of one customer's records, read strongly. `customer_id` is canonical.

        The order is that of `list_newest`. The records of a customer with more than MOST_SORTED are
        read slot by slot instead: numbered ones come newest first.
        """
        holder = links.derive_holder(coupon, customer_id)
        if after is None or after.phase is not Phase.SLOTS:
            # A walk that began with few records goes on in their order, also if there are more now.
            most = MOST_SORTED if after is None else MOST_SORTED * 10
            slots = self._redemptions.list_slots(holder, None, most)
            if after is not None or len(slots) < most:
                made = [made for _, made in slots if made and not made.erased_at]
                return _page_of(_source_of(made), wanted, after, at_most)
        before = after.place if after is not None else None
        slots = self._redemptions.list_slots(holder, before, at_most)
        found = [made for _, made in slots if made is not None and _is_within(made, wanted)]
        found.sort(key=redemption_records.place_of, reverse=True)
        is_end = len(slots) < at_most
        return RecordPage(
            found, None if is_end else RecordCursor(Phase.SLOTS, slots[-1][0], FIRST_PLACE)
        )

    def _iterate_customer(self, holder: Holder, wanted: RecordFilter) -> Iterator[Redemption]:
        before: str | None = None
        while slots := self._redemptions.list_slots(holder, before, EXPORTED_AT_ONCE):
            yield from (made for _, made in slots if made is not None and _is_within(made, wanted))
            before = slots[-1][0]


def _page_of(
    read: Source, wanted: RecordFilter, after: RecordCursor | None, at_most: int
) -> RecordPage:
    """Return the page of a walk through its phases."""
    newest = after.newest if after is not None else FIRST_PLACE
    phases = [Phase(status) for status in wanted.statuses]
    if wanted.status is None:
        phases.append(Phase.REDEEMED_SINCE)
    if after is not None:
        phases = phases[phases.index(after.phase) :] if after.phase in phases else []
    wanted_since = times.format_utc(wanted.since) if wanted.since else None
    found: dict[str, Redemption] = {}
    for phase in phases:
        before = times.format_utc(wanted.before) if wanted.before else redemption_records.LAST_PLACE
        if after is not None and after.phase is phase:
            before = min(before, after.place)
        since = wanted_since
        if phase is Phase.REDEEMED_SINCE:
            since = max(newest, wanted_since or newest)
        asked = at_most - len(found)
        page = read(_STATUS_OF[phase], since, before, asked)
        if after is None and phase is Phase.REDEEMED and page:
            newest = redemption_records.place_of(page[0]) + "#"
        # A record that was redeemed during this call stays in the page as redeemed.
        found |= {made.redemption_id: made for made in page}
        if len(page) == asked:
            place = redemption_records.place_of(page[-1])
            return RecordPage(_in_order(found), RecordCursor(phase, place, newest))
    return RecordPage(_in_order(found), None)


def _in_order(found: dict[str, Redemption]) -> list[Redemption]:
    """Return the records of a page: redeemed first, then open, each newest first."""
    by_time = sorted(found.values(), key=redemption_records.place_of, reverse=True)
    return sorted(by_time, key=lambda made: _ORDER.index(made.status))


def _source_of(records: list[Redemption]) -> Source:
    """Return a source that reads from a list."""

    def read(
        status: RedemptionStatus, since: str | None, before: str, count: int
    ) -> list[Redemption]:
        placed = [
            (place, made)
            for made in records
            if made.status is status
            and (since or "") <= (place := redemption_records.place_of(made)) < before
        ]
        placed.sort(key=lambda each: each[0], reverse=True)
        return [made for _, made in placed[:count]]

    return read


def _is_within(redemption: Redemption, wanted: RecordFilter) -> bool:
    if redemption.erased_at or redemption.status not in wanted.statuses:
        return False
    at = redemption_records.moment_of(redemption)
    return (wanted.since is None or at >= wanted.since) and (
        wanted.before is None or at < wanted.before
    )
