"""One use of a coupon, on whichever quota shard has room: the part that a rush leans on.

A refusal is said only on proof. Whatever else goes wrong ends in TryAgain, and the same request may simply be sent again.
"""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from cachetools import TTLCache

from couponflow.domain import rules
from couponflow.domain.errors import CouponMaxUsesReached, TryAgain
from couponflow.domain.models import Coupon, Redemption
from couponflow.store.coupons import CouponStore
from couponflow.store.quotas import QuotaStore
from couponflow.store.redemptions import RedemptionStore, ShardRefused, Use, UseTaken
from couponflow.store.table import Contended, NoAnswer

MOST_TRIES = 8
FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.2
SECONDS_SOLD_OUT = 2.0
_SECONDS_RUNNING_OUT = 60.0
_MOST_COUPONS = 2_000


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A use that is made; `repeated` if it was made before this request."""

    redemption: Redemption
    repeated: bool


class Redeemer:
    """One for each execution environment, which stays on the shard that it last succeeded on."""

    def __init__(
        self,
        coupons: CouponStore,
        quotas: QuotaStore,
        redemptions: RedemptionStore,
        pause: Callable[[float], None] = time.sleep,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._coupons, self._quotas, self._redemptions = coupons, quotas, redemptions
        self._pause = pause
        self._last_shard: TTLCache[str, int] = TTLCache(_MOST_COUPONS, 3_600, timer)
        self._sold_out: TTLCache[str, int] = TTLCache(_MOST_COUPONS, SECONDS_SOLD_OUT, timer)
        self._running_out: TTLCache[str, bool] = TTLCache(_MOST_COUPONS, _SECONDS_RUNNING_OUT, timer)

    def make(self, coupon: Coupon, use: Use, now: datetime) -> Redeemed:
        """Make the use. Raises UseTaken if another attempt made it; a Refusal, only on proof; TryAgain."""
        shard = self._last_shard.get(coupon.coupon_id, random.randrange(coupon.shards))
        for tries in range(MOST_TRIES):
            self._pause(_before(tries))
            try:
                redemption = self._redemptions.use(coupon, use, shard, now)
            except (Contended, NoAnswer):
                shard = _another(coupon, shard)
            except UseTaken as taken:
                # Our own: a repeated request, or the answer to an earlier try was lost on the way.
                if taken.redemption is None or taken.redemption.attempt != use.attempt:
                    raise
                return Redeemed(taken.redemption, repeated=tries == 0)
            except ShardRefused as refused:
                coupon, shard = self._after_refusal(coupon, use, refused, now)
            else:
                self._last_shard[coupon.coupon_id] = shard
                if coupon.shards == 1 or coupon.coupon_id in self._running_out:
                    self.announce_if_sold_out(coupon)
                return Redeemed(redemption, repeated=False)
        raise TryAgain

    def is_known_sold_out(self, coupon: Coupon) -> bool:
        """Proved a moment ago, or marked; a raise since then is seen within two seconds."""
        return coupon.is_marked_sold_out or self._sold_out.get(coupon.coupon_id) == coupon.raises

    def _after_refusal(self, coupon: Coupon, use: Use, refused: ShardRefused, now: datetime) -> tuple[Coupon, int]:
        """Where to go on, with the coupon as it is now. Raises the refusal if there is nowhere."""
        if refused.shard.remaining:
            return self._after_closed_gate(coupon, use, refused, now)
        self._running_out[coupon.coupon_id] = True
        if roomy := [shard.number for shard in self._quotas.read(coupon) if shard.remaining]:
            return coupon, random.choice(roomy)
        fresh = self._coupons.get(coupon.coupon_id)
        if refusal := rules.refusal(fresh, now, use.nth):
            raise refusal
        if self._is_proved(coupon, fresh):
            raise CouponMaxUsesReached
        return fresh, random.randrange(fresh.shards)

    def _after_closed_gate(self, coupon: Coupon, use: Use, refused: ShardRefused, now: datetime) -> tuple[Coupon, int]:
        """The shard's gate may be older than the coupon: what the coupon itself says now is what counts."""
        fresh = self._coupons.get(coupon.coupon_id)
        if refusal := rules.refusal(fresh, now, use.nth):
            raise refusal
        self._quotas.copy_gate(fresh, refused.shard.number)
        return fresh, refused.shard.number

    def _is_proved(self, before: Coupon, after: Coupon) -> bool:
        """All shards were seen empty between the two: if nothing was raised meanwhile, they were empty together."""
        if before.raises != after.raises:
            return False
        self._sold_out[after.coupon_id] = after.raises
        with suppress(Contended, NoAnswer):  # the mark is only the news of it
            self._coupons.mark_sold_out(after)
        return True

    def announce_if_sold_out(self, coupon: Coupon) -> None:
        """Let pages and flows say so at once when the last use is made, not only when somebody comes in vain."""
        with suppress(Contended, NoAnswer):
            if not any(shard.remaining for shard in self._quotas.read(coupon)):
                self._is_proved(coupon, self._coupons.get(coupon.coupon_id))


def _before(tries: int) -> float:
    """Seconds to wait before that try: the first hop is made at once, later ones with full jitter."""
    return random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**tries)) if tries > 1 else 0


def _another(coupon: Coupon, shard: int) -> int:
    """Any other shard than this one, if there is another."""
    return (shard + random.randrange(1, coupon.shards)) % coupon.shards if coupon.shards > 1 else shard
