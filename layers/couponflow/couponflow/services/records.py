"""Redemption records, as marketers read them."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from couponflow.domain import links, times
from couponflow.domain.errors import InvalidCursor
from couponflow.domain.models import Coupon, Redemption, RedemptionStatus
from couponflow.store import redemption_records
from couponflow.store.redemption_records import RedemptionRecordStore
from couponflow.store.redemptions import RedemptionStore

# The order without a filter: redeemed records first.
_ORDER = [RedemptionStatus.REDEEMED, RedemptionStatus.DISTRIBUTED]


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


@dataclass(frozen=True, slots=True)
class RecordCursor:
    """The position of a record in the list."""

    status: RedemptionStatus
    place: str

    @classmethod
    def of(cls, redemption: Redemption) -> "RecordCursor":
        """The place of a record."""
        return cls(redemption.status, redemption_records.place_of(redemption))

    @classmethod
    def parse(cls, status: str, place: str) -> "RecordCursor":
        """Return the cursor with these parts. Raises InvalidCursor."""
        if status not in _ORDER:
            raise InvalidCursor
        return cls(RedemptionStatus(status), place)

    @property
    def parts(self) -> tuple[str, str]:
        """The texts that a cursor encodes."""
        return self.status, self.place


class RecordService:
    """Lists redemption records of a coupon."""

    def __init__(self, redemptions: RedemptionStore, records: RedemptionRecordStore) -> None:
        self._redemptions, self._records = redemptions, records

    def list_newest(
        self, coupon: Coupon, wanted: RecordFilter, after: RecordCursor | None, at_most: int
    ) -> list[Redemption]:
        """Return a page of records after `after`: redeemed first, then open, each newest first."""
        statuses = wanted.statuses
        if after is not None:
            statuses = [
                status for status in statuses if _ORDER.index(status) >= _ORDER.index(after.status)
            ]
        since = times.format_utc(wanted.since) if wanted.since else None
        found: list[Redemption] = []
        for status in statuses:
            before = (
                times.format_utc(wanted.before) if wanted.before else redemption_records.LAST_PLACE
            )
            if after is not None and after.status is status:
                before = min(before, after.place)
            if len(found) < at_most:
                found += self._records.list_newest(
                    coupon, status, since, before, at_most - len(found)
                )
        return found

    def iterate_all(
        self, coupon: Coupon, customer_id: str | None, wanted: RecordFilter
    ) -> Iterator[Redemption]:
        """Yield all records, or all of one customer, open ones first.

        A record that is redeemed while this runs comes twice; the other order could miss it.
        """
        if customer_id is not None:
            yield from self.list_by_customer(coupon, customer_id, wanted, None, sys.maxsize)
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
    ) -> list[Redemption]:
        """Return a page of one customer's records, read strongly. `customer_id` is canonical."""
        places = [
            (RecordCursor.of(redemption), redemption)
            for redemption in self._redemptions.list_all(links.derive_holder(coupon, customer_id))
            if not redemption.erased_at
            and redemption.status in wanted.statuses
            and _is_within(redemption, wanted)
        ]
        places.sort(key=lambda placed: placed[0].place, reverse=True)
        places.sort(key=lambda placed: _ORDER.index(placed[0].status))
        if after is not None:
            places = [placed for placed in places if _is_after(placed[0], after)]
        return [redemption for _, redemption in places[:at_most]]


def _is_after(place: RecordCursor, other: RecordCursor) -> bool:
    order, others = _ORDER.index(place.status), _ORDER.index(other.status)
    return order > others or (order == others and place.place < other.place)


def _is_within(redemption: Redemption, wanted: RecordFilter) -> bool:
    at = redemption_records.moment_of(redemption)
    return (wanted.since is None or at >= wanted.since) and (
        wanted.before is None or at < wanted.before
    )
