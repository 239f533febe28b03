"""Changes of a coupon's overall limit, unit by unit: limit = sum of used + remaining, at every instant.

Each step moves units in one shard and in the coupon in one transaction, fenced by the coupon's version. There is nothing to
settle afterwards: a crash between two steps leaves a limit that is true, only not yet the one asked for.
"""

from datetime import datetime

from couponflow.domain import rules
from couponflow.domain.models import NO_LIMIT_UNITS, Coupon, QuotaShard
from couponflow.store import quota_shards
from couponflow.store.backoff import Backoff
from couponflow.store.coupons import Changes, apply_change, change, own_earlier_attempt, version_conflict
from couponflow.store.dynamodb import ConditionFailedError, ContentionError, Table, UnknownResultError, Write
from couponflow.store.quota_shards import QuotaShardStore


class LimitChangeStore:
    def __init__(self, table: Table, quota_store: QuotaShardStore) -> None:
        self._table, self._quotas = table, quota_store

    def lower(self, coupon: Coupon, target: int, changes: Changes, now: datetime, backoff: Backoff) -> Coupon:
        """Take units out until `target` is the limit, or nothing remains; the first step makes the other `changes` too.

        Returns the coupon with the limit that was reached. Raises VersionConflict, TryAgain.
        """
        while coupon.units > target and (surplus := _largest_surplus(self._quotas.read(coupon), target)):
            shard, units = surplus
            units = min(units, coupon.units - target)
            lowered = changes | {"units": coupon.units - units}
            if after := self._step(coupon, lowered, [quota_shards.remove_units(coupon.coupon_id, shard, units)], now, backoff):
                coupon, changes = after, _same_change(changes)
        return coupon

    def raise_to(
        self, coupon: Coupon, target: int, most_shards: int, changes: Changes, now: datetime, backoff: Backoff
    ) -> Coupon:
        """Put units in until `target` is the limit; new shards come with the first step.

        The shards are read first: an earlier raise may have been interrupted halfway.
        Raises VersionConflict, TryAgain.
        """
        limit = target if target < NO_LIMIT_UNITS else None
        shards = max(coupon.shards, rules.shards_for(limit, most_shards))
        held = [shard.used + shard.remaining for shard in self._quotas.read(coupon)]
        held += [0] * (shards - coupon.shards)
        plan = rules.additions(held, target - coupon.units)
        new = [quota_shards.new_shard(coupon, number, plan[number]) for number in range(coupon.shards, shards)]
        steps: list[tuple[list[Write], int]] = [(new, sum(plan[coupon.shards :]))] if new else []
        steps += [
            ([quota_shards.add_units(coupon.coupon_id, number, units)], units)
            for number, units in enumerate(plan[: coupon.shards])
            if units
        ]
        for moved, units in steps:
            grown = {"units": coupon.units + units, "raises": coupon.raises + 1, "shards": shards}
            after = self._step(coupon, changes | grown, moved, now, backoff)
            assert after is not None, "a raise takes nothing that could be gone"
            coupon, changes = after, _same_change(changes)
        return coupon

    def _step(self, coupon: Coupon, changes: Changes, moved: list[Write], now: datetime, backoff: Backoff) -> Coupon | None:
        """The coupon after one step; None if fewer units remain than were seen. Raises VersionConflict, TryAgain."""
        while True:
            try:
                self._table.transact([change(coupon, changes, now), *moved])
            except ConditionFailedError as refused:
                if refused.index > 0:
                    return None  # redeemed in between
                # What an earlier try wrote is what holds: it may have moved other units than this one would.
                if made := own_earlier_attempt(refused.old, coupon, changes):
                    return made
                raise version_conflict(refused.old) from refused
            except (ContentionError, UnknownResultError):
                # The very same step again: after another look at the shards, one that was made would seem not to be needed.
                backoff.wait_or_raise()
            else:
                return apply_change(coupon, changes, now)


def _same_change(changes: Changes) -> Changes:
    """What later steps of a change carry: only which change they are of."""
    return {"last_change": changes["last_change"]}


def _largest_surplus(shards: list[QuotaShard], target: int) -> tuple[int, int] | None:
    """The shard that has most above its even share of what is to remain, and how much; None if none has."""
    remain = rules.shares(max(0, target - sum(shard.used for shard in shards)), len(shards))
    units, number = max((shard.remaining - remain[shard.number], shard.number) for shard in shards)
    return (number, units) if units > 0 else None
