"""Statistics of a coupon, as marketers read them."""

from dataclasses import dataclass
from datetime import date, timedelta

from couponflow.domain.models import Counts, Coupon
from couponflow.domain.statistics import EventKind, Statistics
from couponflow.store.quota_shards import QuotaShardStore
from couponflow.store.statistics import StatisticsStore


@dataclass(frozen=True, slots=True)
class CouponStatistics:
    """Counts of a coupon, its remaining units, and a series of local days without a gap."""

    coupon: Coupon
    counts: Counts
    statistics: Statistics
    series: list[tuple[date, dict[EventKind, int]]]

    @property
    def redemption_rate(self) -> float | None:
        """Redemptions for each distribution, without those rolled back; None before the first."""
        total = self.statistics.total
        distributed = total(EventKind.DISTRIBUTED)
        kept = total(EventKind.REDEEMED) - total(EventKind.ROLLED_BACK)
        return round(kept / distributed, 4) if distributed else None


class StatisticsService:
    """Reads the statistics that the stream's records were counted into."""

    def __init__(self, statistics: StatisticsStore, quotas: QuotaShardStore) -> None:
        self._statistics, self._quotas = statistics, quotas

    def read(self, coupon: Coupon, first: date, last: date) -> CouponStatistics:
        """Return the coupon's statistics with the local days from `first` to `last`."""
        found = self._statistics.read(coupon.coupon_id, first, last)
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        counts = self._quotas.counts([coupon], consistent=False)[coupon.coupon_id]
        series = [(day, found.days.get(day, {})) for day in days]
        return CouponStatistics(coupon, counts, found, series)
