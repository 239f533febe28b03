"""One use of a coupon, on whichever quota shard has room: the part that a rush leans on.

A refusal is said only on proof. Whatever else goes wrong ends in TryAgain, and the same request may simply be sent again.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cachetools import LRUCache

from couponflow import observability
from couponflow.domain import rules
from couponflow.domain.errors import CouponMaxUsesReached, Refusal, TryAgain
from couponflow.domain.models import Coupon, Redemption
from couponflow.services.sold_out import SoldOut
from couponflow.store.coupons import CouponStore
from couponflow.store.dynamodb import ContentionError, UnknownResultError
from couponflow.store.quota_shards import QuotaShardStore
from couponflow.store.redemptions import RedemptionStore, ShardRefusedError, Use, UseTakenError

MOST_TRIES = 8
FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.2
# No try is begun later than this, so that an answer always comes before the function's time is over.
SECONDS_FOR_TRIES = 5
_MOST_COUPONS = 2_000


@dataclass(frozen=True, slots=True)
class RedemptionResult:
    """A use that is made; `repeated` if it was made before this request."""

    redemption: Redemption
    repeated: bool


class ShardRedeemer:
    """One for each execution environment, which stays on the shard that it last succeeded on."""

    def __init__(
        self,
        coupons: CouponStore,
        quotas: QuotaShardStore,
        redemptions: RedemptionStore,
        sold_out: SoldOut,
        pause: Callable[[float], None] = time.sleep,
        timer: Callable[[], float] = time.monotonic,
        dice: random.Random | None = None,
    ) -> None:
        self._coupons, self._quotas, self._redemptions, self._sold_out = coupons, quotas, redemptions, sold_out
        self._pause, self._timer, self._dice = pause, timer, dice or random.Random()
        self._last_shard: LRUCache[str, int] = LRUCache(_MOST_COUPONS)

    def redeem(self, coupon: Coupon, use: Use, now: datetime) -> RedemptionResult:
        """Make the use. Raises UseTaken if another attempt made it; a Refusal, only on proof; TryAgain."""
        shard = self._last_shard.get(coupon.coupon_id)
        if shard is None:
            shard = self._dice.randrange(coupon.shards)
        ends_at = self._timer() + SECONDS_FOR_TRIES
        for tries in range(MOST_TRIES):
            self._wait_before(tries)
            if self._timer() >= ends_at:
                break
            try:
                redemption = self._redemptions.use(coupon, use, shard, now)
            except (ContentionError, UnknownResultError) as trouble:
                shard = self._other_shard(coupon, shard)
                observability.count("conflicts" if isinstance(trouble, ContentionError) else "no_answers")
            except UseTakenError as taken:
                # Our own: a repeated request, or the answer to an earlier try was lost on the way.
                if taken.redemption is None or taken.redemption.attempt != use.attempt:
                    raise
                return RedemptionResult(taken.redemption, repeated=tries == 0)
            except ShardRefusedError as refused:
                coupon, shard = self._after_refusal(coupon, use, refused, now)
            else:
                self._last_shard[coupon.coupon_id] = shard
                observability.count("redeemed")
                return RedemptionResult(redemption, repeated=False)
        raise TryAgain

    def _after_refusal(self, coupon: Coupon, use: Use, refused: ShardRefusedError, now: datetime) -> tuple[Coupon, int]:
        """Where to go on, with the coupon as it is now. Raises the refusal if there is nowhere."""
        if not refused.shard.remaining:
            if roomy := [shard.number for shard in self._quotas.read(coupon) if shard.remaining]:
                return coupon, self._dice.choice(roomy)
            fresh = self._coupons.get(coupon.coupon_id)
            self._raise_unless_redeemed(rules.refusal(fresh, now, use.nth), use)
            if self._sold_out.record_proof(coupon, fresh):
                self._raise_unless_redeemed(CouponMaxUsesReached(), use)
            return fresh, self._dice.randrange(fresh.shards)
        # The shard's gate may be older than the coupon: what the coupon itself says now is what counts.
        fresh = self._coupons.get(coupon.coupon_id)
        self._raise_unless_redeemed(rules.refusal(fresh, now, use.nth), use)
        self._quotas.copy_gate(fresh, refused.shard.number)
        return fresh, refused.shard.number

    def _raise_unless_redeemed(self, refusal: Refusal | None, use: Use) -> None:
        """Raises it, if there is one, but never to a customer who made this very use meanwhile by another tap."""
        if refusal is None:
            return
        made = self._redemptions.get(use.holder, use.claims or use.slot)
        if made is not None and made.is_redeemed:
            raise UseTakenError(made)
        raise refusal

    def _other_shard(self, coupon: Coupon, shard: int) -> int:
        """Any other shard than this one, if there is another."""
        observability.count("hops", coupon.shards > 1)
        return (shard + self._dice.randrange(1, coupon.shards)) % coupon.shards if coupon.shards > 1 else shard

    def _wait_before(self, tries: int) -> None:
        """The first hop is made at once, later ones with full jitter."""
        if tries > 1:
            self._pause(self._dice.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**tries)))
