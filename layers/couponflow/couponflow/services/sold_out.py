"""Whether a coupon is sold out: proved, marked on the coupon, and cached here for two seconds."""

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
# Shards of a coupon that are sampled. All shards of a sold-out coupon are empty, so a full read is
# worth its cost only if a few of them are.
SAMPLE_SIZE = 2
_MOST_COUPONS = 2_000


class SoldOut:
    """What one execution environment knows of sold-out coupons."""

    def __init__(
        self,
        coupons: CouponStore,
        quotas: QuotaShardStore,
        timer: Callable[[], float] = CACHE_CLOCK,
        dice: random.Random | None = None,
    ) -> None:
        self._coupons, self._quotas, self._dice = coupons, quotas, dice or random.Random()
        self._proved: ExpiringCache[str, int] = ExpiringCache(
            _MOST_COUPONS, SECONDS_REMEMBERED, timer
        )
        self._sampled: ExpiringCache[str, bool] = ExpiringCache(
            _MOST_COUPONS, SECONDS_REMEMBERED, timer
        )

    def is_known(self, coupon: Coupon) -> bool:
        """Return whether the coupon is marked, or was proved, as sold out.

        A raise after that is seen as soon as the cached coupon expires, within two seconds.
        """
        return coupon.is_marked_sold_out or self._proved.get(coupon.coupon_id) == coupon.raises

    def check(self, coupon: Coupon, *, marks: bool) -> bool:
        """Return `is_known`, after a sample of the shards at most every two seconds.

        `marks`: a proof may be written to the coupon. While units remain, the cost is 1 RCU.
        """
        if not self.is_known(coupon) and coupon.coupon_id not in self._sampled:
            self._sampled[coupon.coupon_id] = True
            with suppress(ContentionError, UnknownResultError):
                some = self._dice.sample(range(coupon.shards), min(SAMPLE_SIZE, coupon.shards))
                if not any(shard.remaining for shard in self._quotas.sample(coupon, some)):
                    self.prove(coupon, marks=marks)
        return self.is_known(coupon)

    def prove(self, coupon: Coupon, *, marks: bool = True) -> None:
        """Read all shards, and record the proof if nothing remains."""
        with suppress(ContentionError, UnknownResultError):
            if not any(shard.remaining for shard in self._quotas.read(coupon)):
                self.record_proof(coupon, self._coupons.get(coupon.coupon_id), marks=marks)

    def record_proof(self, before: Coupon, after: Coupon, *, marks: bool = True) -> bool:
        """Record that all shards were read as empty between two reads of the coupon.

        If `raises` differs, a unit may have been added to a shard after it was read. Then nothing
        is proved. Returns whether it is proved.
        """
        if before.raises != after.raises:
            return False
        self._proved[after.coupon_id] = after.raises
        observability.count("sold_out")
        if marks and not after.is_marked_sold_out:
            with suppress(ContentionError, UnknownResultError):  # the proof holds without the mark
                self._coupons.mark_sold_out(after)
        return True
