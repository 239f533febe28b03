"""One use of a coupon, on whichever quota shard has room: the part that carries a load spike.

A request is refused only on proof. Every other failure ends in TryAgain: the same request may be
sent again.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cachetools import LRUCache

from couponflow import observability
from couponflow.domain.errors import CouponMaxUsesReached, TryAgain
from couponflow.domain.models import Coupon, Redemption
from couponflow.domain.rules import Permit
from couponflow.services.sold_out import SoldOut
from couponflow.store.backoff import Jitter
from couponflow.store.coupons import CouponStore
from couponflow.store.dynamodb import ContentionError, UnknownResultError
from couponflow.store.quota_shards import QuotaShardStore
from couponflow.store.redemptions import RedemptionStore, ShardRefusedError, Use, UseTakenError

MOST_TRIES = 8
JITTER = Jitter(first=0.005, longest=0.2)
# No try begins later than this after the call began, so that its answer comes before the
# function's timeout. Restarts of the call do not extend it.
SECONDS_FOR_TRIES = 5
_MOST_COUPONS = 2_000


@dataclass(frozen=True, slots=True)
class RedemptionResult:
    """A use that was made; `repeated` if an earlier request made it."""

    redemption: Redemption
    repeated: bool


@dataclass(slots=True)
class RedemptionCall:
    """One request to use a coupon, over all its tries and restarts.

    `may_have_written`: the result of a try is unknown, so a use by the own attempt may be its work.
    """

    ends_at: float
    may_have_written: bool = False

    def result(self, redemption: Redemption, attempt: str) -> RedemptionResult:
        """Return a use that was found already made."""
        is_own = self.may_have_written and redemption.attempt == attempt
        return RedemptionResult(redemption, repeated=not is_own)


class TermsChangedError(Exception):
    """The coupon changed since the rules were evaluated: they must be evaluated again.

    Carries the coupon as it is now, if it was read.
    """

    def __init__(self, coupon: Coupon | None = None) -> None:
        super().__init__()
        self.coupon = coupon


class ShardRedeemer:
    """One for each execution environment; it stays on the shard where it last succeeded."""

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
        self._coupons, self._quotas, self._redemptions = coupons, quotas, redemptions
        self._sold_out, self._pause, self._timer = sold_out, pause, timer
        self._dice = dice or random.Random()
        self._last_shard: LRUCache[str, int] = LRUCache(_MOST_COUPONS)
        self._numbered_since: LRUCache[str, datetime] = LRUCache(_MOST_COUPONS)

    def begin(self) -> RedemptionCall:
        """Return a new call, whose time runs from now."""
        return RedemptionCall(ends_at=self._timer() + SECONDS_FOR_TRIES)

    def fence_unnumbered_uses(self, coupon: Coupon) -> None:
        """Make sure that no use without a number is written from now on, where each needs one.

        Tills that have cached the coupon from before may write some until the change returns. A
        count of the customer's uses would miss those, so the shards are fenced before it. Read once
        by each environment, and only after such a change.
        """
        since = coupon.numbered_since
        if since is None or self._numbered_since.get(coupon.coupon_id) == since:
            return
        for shard in self._quotas.read(coupon):
            if shard.version < coupon.version:
                self._quotas.fence(coupon, shard.number)
        self._numbered_since[coupon.coupon_id] = since

    def redeem(
        self, permit: Permit, use: Use, now: datetime, call: RedemptionCall
    ) -> RedemptionResult:
        """Make the use.

        Raises:
            UseTakenError, NeverDistributedError, AttemptClaimedError: as RedemptionStore.use.
            TermsChangedError: the permit is outdated.
            CouponMaxUsesReached: nothing remains, which was proved.
            TryAgain: no try succeeded in time.
        """
        coupon = permit.coupon
        shard = self._last_shard.get(coupon.coupon_id)
        if shard is None:
            shard = self._dice.randrange(coupon.shards)
        for tries in range(MOST_TRIES):
            self._wait_before(tries)
            if self._timer() >= call.ends_at:
                break
            try:
                redemption = self._redemptions.use(permit, use, shard, now)
            except ContentionError:
                observability.count("conflicts")
                shard = self._other_shard(coupon, shard)
            except UnknownResultError:
                observability.count("no_answers")
                call.may_have_written = True
                shard = self._other_shard(coupon, shard)
            except UseTakenError as taken:
                if taken.redemption.attempt != use.attempt:
                    raise
                return call.result(taken.redemption, use.attempt)
            except ShardRefusedError as refused:
                shard = self._find_room(coupon, use, refused)
            else:
                self._last_shard[coupon.coupon_id] = shard
                observability.count("redeemed")
                return RedemptionResult(redemption, repeated=False)
        raise TryAgain

    def _find_room(self, coupon: Coupon, use: Use, refused: ShardRefusedError) -> int:
        """Return a shard with room.

        Raises:
            TermsChangedError: the shard knows of a change, or the coupon changed since.
            CouponMaxUsesReached: no shard has room, which was proved.
            UseTakenError: a concurrent request of the same customer made this very use.
        """
        if refused.shard.version > coupon.version:
            raise TermsChangedError
        if roomy := [shard.number for shard in self._quotas.read(coupon) if shard.remaining]:
            return self._dice.choice(roomy)
        fresh = self._coupons.get(coupon.coupon_id)
        if fresh.version != coupon.version or not self._sold_out.record_proof(coupon, fresh):
            raise TermsChangedError
        made = self._redemptions.get(use.holder, use.claims or use.slot)
        if made is not None and made.is_redeemed:
            raise UseTakenError(made)
        raise CouponMaxUsesReached

    def _other_shard(self, coupon: Coupon, shard: int) -> int:
        """Return any other shard, if there is another."""
        observability.count("hops", coupon.shards > 1)
        if coupon.shards == 1:
            return shard
        return (shard + self._dice.randrange(1, coupon.shards)) % coupon.shards

    def _wait_before(self, tries: int) -> None:
        """Make the first hop at once, and later ones with full jitter."""
        if tries > 1:
            self._pause(JITTER.seconds(tries, self._dice.uniform))
