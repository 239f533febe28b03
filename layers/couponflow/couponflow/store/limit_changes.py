"""Changes of a coupon's overall limit, one shard at a time.

limit = sum of used + remaining over the shards, at every instant. Each step moves units of one
shard and of the coupon in one transaction, fenced by the coupon's version. A crash between two
steps leaves a limit that is true and not yet the requested one; repeating the change finishes it.
"""

from datetime import datetime

from couponflow.domain import rules
from couponflow.domain.models import NO_LIMIT_UNITS, Coupon, QuotaShard
from couponflow.store import quota_shards
from couponflow.store.backoff import Backoff
from couponflow.store.coupons import (
    Changes,
    apply_change,
    change,
    own_earlier_attempt,
    version_conflict,
)
from couponflow.store.dynamodb import (
    ConditionFailedError,
    ContentionError,
    Table,
    UnknownResultError,
    Write,
)
from couponflow.store.quota_shards import QuotaShardStore


class LimitChangeStore:
    """Moves the overall limit of a coupon up or down."""

    def __init__(self, table: Table, quota_store: QuotaShardStore) -> None:
        self._table, self._quotas = table, quota_store

    def lower(
        self, coupon: Coupon, target: int, changes: Changes, now: datetime, backoff: Backoff
    ) -> Coupon:
        """Remove units until `target` is the limit or nothing remains.

        The first step also makes the other `changes`. Returns the coupon with the limit reached.

        Raises:
            VersionConflict: another change came first.
            TryAgain: the backoff ended.
        """
        while coupon.units > target and (
            surplus := _largest_surplus(self._quotas.read(coupon), target)
        ):
            shard, units = surplus
            units = min(units, coupon.units - target)
            lowered = changes | {"units": coupon.units - units}
            removed = [quota_shards.remove_units(coupon.coupon_id, shard, units)]
            if after := self._step(coupon, lowered, removed, now, backoff):
                coupon, changes = after, _same_change(changes)
        return coupon

    def raise_to(
        self,
        coupon: Coupon,
        target: int,
        most_shards: int,
        changes: Changes,
        now: datetime,
        backoff: Backoff,
    ) -> Coupon:
        """Add units until `target` is the limit; new shards come with the first step.

        The shards are read first, because an earlier raise may have been interrupted halfway.

        Raises:
            VersionConflict: another change came first.
            TryAgain: the backoff ended.
        """
        limit = target if target < NO_LIMIT_UNITS else None
        shards = max(coupon.shards, rules.shards_for(limit, most_shards))
        held = [shard.used + shard.remaining for shard in self._quotas.read(coupon)]
        held += [0] * (shards - coupon.shards)
        plan = rules.additions(held, target - coupon.units)
        new = [
            quota_shards.new_shard(coupon, number, plan[number])
            for number in range(coupon.shards, shards)
        ]
        steps: list[tuple[list[Write], int]] = [(new, sum(plan[coupon.shards :]))] if new else []
        steps += [
            ([quota_shards.add_units(coupon.coupon_id, number, units)], units)
            for number, units in enumerate(plan[: coupon.shards])
            if units
        ]
        for moved, units in steps:
            raised = changes | {"units": coupon.units + units, "shards": shards}
            after = self._step(coupon, raised, moved, now, backoff, is_raise=True)
            assert after is not None, "a raise removes nothing, so no shard can lack it"
            coupon, changes = after, _same_change(changes)
        return coupon

    def _step(
        self,
        coupon: Coupon,
        changes: Changes,
        moved: list[Write],
        now: datetime,
        backoff: Backoff,
        *,
        is_raise: bool = False,
    ) -> Coupon | None:
        """Run one transaction: the coupon's next version and the units that move.

        Returns the coupon after it, or None if redemptions took units that were to be removed.

        Raises:
            VersionConflict: another change came first.
            TryAgain: the backoff ended.
        """
        while True:
            try:
                self._table.transact([change(coupon, changes, now, is_raise=is_raise), *moved])
            except ConditionFailedError as refused:
                if refused.index > 0:
                    return None
                # An earlier try of this step may have been written and its answer lost. Then its
                # result holds: the shards were read again since, so the units may differ.
                if made := own_earlier_attempt(refused.old, coupon, changes):
                    return made
                raise version_conflict(refused.old) from refused
            except (ContentionError, UnknownResultError):
                # Repeat the very same step. After another look at the shards, a step that was
                # written would seem not to be needed.
                backoff.wait_or_raise()
            else:
                return apply_change(coupon, changes, now, is_raise=is_raise)


def _same_change(changes: Changes) -> Changes:
    """The fields that every later step of a change carries: its id, to recognise a lost answer."""
    return {"last_change": changes["last_change"]}


def _largest_surplus(shards: list[QuotaShard], target: int) -> tuple[int, int] | None:
    """Number and surplus of the shard that is furthest above its even share of `target`.

    Returns None if no shard has a surplus.
    """
    remain = rules.shares(max(0, target - sum(shard.used for shard in shards)), len(shards))
    units, number = max((shard.remaining - remain[shard.number], shard.number) for shard in shards)
    return (number, units) if units > 0 else None
