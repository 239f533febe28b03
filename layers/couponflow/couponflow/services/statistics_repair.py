"""Compares a coupon's statistics with its records, and counts them again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from couponflow.domain.errors import CouponArchived, CouponNotFound, TryAgain
from couponflow.domain.models import Coupon
from couponflow.domain.statistics import EventKind, Statistics, differences, tally
from couponflow.store.coupons import CouponStore
from couponflow.store.quota_shards import QuotaShardStore
from couponflow.store.recounts import RecountStore
from couponflow.store.statistics import CountingState, OutdatedStateError, StatisticsStore

# The repair counts what happened before a moment that is this far ahead, and the stream what
# happened from then on. No clock of the service is as wrong as that.
SECONDS_AHEAD = 5
# A request carries the time at which it began and is answered within 29 seconds; the index of
# records follows within one. After this, every event before that moment is in the index.
SECONDS_UNTIL_STILL = 60
# Where clocks go back at midnight, a local day returns for an hour.
_OPEN_DAYS = 2
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(9000, 1, 1)


@dataclass(frozen=True, slots=True)
class Difference:
    """A count that differs from the records. `place` is a local day, an inbox or the total."""

    place: str
    kind: EventKind
    records: int
    statistics: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison found. `quota_used` is the count that the limits go by."""

    differences: list[Difference]
    redeemed: int
    quota_used: int
    is_repaired: bool


class StatisticsRepair:
    """Compares and repairs statistics, while coupons are distributed and redeemed."""

    def __init__(
        self,
        coupons: CouponStore,
        quotas: QuotaShardStore,
        recounts: RecountStore,
        statistics: StatisticsStore,
        pause: Callable[[float], None] = time.sleep,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._coupons, self._quotas = coupons, quotas
        self._recounts, self._statistics = recounts, statistics
        self._pause, self._timer = pause, timer

    def run(
        self, organisation_id: str, coupon_id: str, now: datetime, *, apply: bool
    ) -> Comparison:
        """Compare the coupon's statistics with its records; with `apply`, also count them again.

        A comparison reads while events are on their way, so the newest may differ for seconds. A
        repair does not: it takes more than a minute, and is exact under any traffic.

        Raises:
            CouponNotFound: also for a coupon of another organisation.
            CouponArchived: its records may have been deleted, so they tell too little.
            TryAgain: another repair of the coupon began.
        """
        coupon = self._coupons.get(coupon_id)
        if coupon.organisation_id != organisation_id:
            raise CouponNotFound
        if apply:
            if coupon.archived_at is not None:
                raise CouponArchived
            self._repair(coupon, now)
        return self._compare(coupon, is_repaired=apply)

    def _repair(self, coupon: Coupon, now: datetime) -> None:
        began = self._timer()
        since = now + timedelta(seconds=SECONDS_AHEAD)
        try:
            state = self._statistics.begin_repair(coupon.coupon_id, since, now)
        except OutdatedStateError:
            raise TryAgain from None
        if self._timer() - began >= SECONDS_AHEAD:
            # Events after `since` may have been counted before the counts began again.
            raise TryAgain
        self._pause(SECONDS_AHEAD + SECONDS_UNTIL_STILL)
        self._count_records(coupon, state, since, now)

    def _count_records(
        self, coupon: Coupon, state: CountingState, since: datetime, now: datetime
    ) -> None:
        events = self._recounts.events(coupon, since)
        events.sort(key=lambda event: event.at)
        while True:
            base = tally(events, state.directory, coupon.timezone)
            # The stream adds to the days from `since` on; whole days before are only written here.
            border = (since - timedelta(days=_OPEN_DAYS)).date()
            whole = {day: counts for day, counts in base.days.items() if day < border}
            base.days = {day: counts for day, counts in base.days.items() if day >= border}
            self._statistics.put_days(coupon.coupon_id, state.generation, whole)
            try:
                return self._statistics.end_repair(coupon.coupon_id, base, state.generation, now)
            except OutdatedStateError:
                # The stream named an inbox, or another repair began.
                newer = self._statistics.state(coupon.coupon_id)
                if newer.generation != state.generation or not newer.is_being_repaired:
                    raise TryAgain from None
                state = newer

    def _compare(self, coupon: Coupon, *, is_repaired: bool) -> Comparison:
        found = self._statistics.read(coupon.coupon_id, FIRST_DAY, LAST_DAY)
        directory = self._statistics.state(coupon.coupon_id).directory
        events = self._recounts.events(coupon)
        expected = tally(events, directory, coupon.timezone)
        names = {number: name for name, number in expected.directory.numbers.items()}
        by_inbox: dict[str, dict[EventKind, int]] = {}
        for (kind, number), count in expected.columns.items():
            by_inbox.setdefault(_place(names.get(number), number), {})[kind] = count
        used = self._quotas.counts([coupon])[coupon.coupon_id].used
        return Comparison(
            list(_differences(found, expected.days, by_inbox)),
            found.total(EventKind.REDEEMED) - found.total(EventKind.ROLLED_BACK),
            used,
            is_repaired,
        )


def _place(inbox_id: str | None, number: int) -> str:
    if inbox_id is not None:
        return f"inbox {inbox_id}"
    return "no inbox" if number == 0 else "other inboxes"


def _differences(
    found: Statistics,
    days: dict[date, dict[EventKind, int]],
    by_inbox: dict[str, dict[EventKind, int]],
) -> list[Difference]:
    counted = {
        _place(inbox.inbox_id, 1 if inbox.is_rest else 0): inbox.counts for inbox in found.inboxes
    }
    expected = by_inbox | {str(day): dict(counts) for day, counts in days.items()}
    counted |= {str(day): counts for day, counts in found.days.items()}
    return [
        Difference(place, kind, records, statistics)
        for place in sorted(expected | counted)
        for kind, records, statistics in differences(
            expected.get(place, {}), counted.get(place, {})
        )
    ]
