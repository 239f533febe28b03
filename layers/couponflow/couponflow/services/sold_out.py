"""Whether a coupon is sold out: proved, marked on the coupon for everybody, and remembered here for two seconds."""

import random
from collections.abc import Callable
from contextlib import suppress

from couponflow import observability
from couponflow.cache import CACHE_CLOCK, ExpiringCache
from couponflow.domain.models import Coupon
from couponflow.store.coupons import CouponStore
from couponflow.store.dynamodb import ContentionError, UnknownResultError
from couponflow.store.quota_shards import QuotaShardStore

SECONDS_REMEMBERED = 2.0
# Shards that a glance looks at: as all of a sold out coupon are empty, a few tell when it is worth looking at all.
GLANCED_AT = 2
_MOST_COUPONS = 2_000


class SoldOut:
    """One for each execution environment."""

    def __init__(
        self,
        coupons: CouponStore,
        quotas: QuotaShardStore,
        timer: Callable[[], float] = CACHE_CLOCK,
        dice: random.Random | None = None,
    ) -> None:
        self._coupons, self._quotas, self._dice = coupons, quotas, dice or random.Random()
        self._proved: ExpiringCache[str, int] = ExpiringCache(_MOST_COUPONS, SECONDS_REMEMBERED, timer)
        self._glanced: ExpiringCache[str, bool] = ExpiringCache(_MOST_COUPONS, SECONDS_REMEMBERED, timer)

    def is_known(self, coupon: Coupon) -> bool:
        """Proved a moment ago, or marked; a raise since then is seen within two seconds."""
        return coupon.is_marked_sold_out or self._proved.get(coupon.coupon_id) == coupon.raises

    def check(self, coupon: Coupon, *, marks: bool) -> bool:
        """As `is_known`, but finds it out within two seconds of the last use; where much remains it costs next to nothing."""
        if not self.is_known(coupon) and coupon.coupon_id not in self._glanced:
            self._glanced[coupon.coupon_id] = True
            with suppress(ContentionError, UnknownResultError):
                some = self._dice.sample(range(coupon.shards), min(GLANCED_AT, coupon.shards))
                if not any(shard.remaining for shard in self._quotas.sample(coupon, some)):
                    self.prove(coupon, marks=marks)
        return self.is_known(coupon)

    def prove(self, coupon: Coupon, *, marks: bool = True) -> None:
        """Look at all shards, to know it if nothing remains."""
        with suppress(ContentionError, UnknownResultError):
            if not any(shard.remaining for shard in self._quotas.read(coupon)):
                self.record_proof(coupon, self._coupons.get(coupon.coupon_id), marks=marks)

    def record_proof(self, before: Coupon, after: Coupon, *, marks: bool = True) -> bool:
        """All shards were seen empty between the two: if nothing was raised meanwhile, they were empty together."""
        if before.raises != after.raises:
            return False
        self._proved[after.coupon_id] = after.raises
        observability.count("sold_out")
        if marks and not after.is_marked_sold_out:
            with suppress(ContentionError, UnknownResultError):  # the mark is only the news of it
                self._coupons.mark_sold_out(after)
        return True
