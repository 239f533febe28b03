"""Changes of a coupon's overall limit, unit by unit: limit = sum of used + remaining, at every instant.

Each step moves units in one shard and in the coupon in one transaction, fenced by the coupon's version. There is nothing to
settle afterwards: a crash between two steps leaves a limit that is true, only not yet the one asked for.
"""

from datetime import datetime

from couponflow.domain import rules
from couponflow.domain.errors import VersionConflict
from couponflow.domain.models import NO_LIMIT_UNITS, Coupon, QuotaShard
from couponflow.store import quotas
from couponflow.store.coupons import Changes, change, changed, made_by
from couponflow.store.patience import Patience
from couponflow.store.quotas import QuotaStore
from couponflow.store.table import ConditionFailed, Contended, NoAnswer, Table, Write


class LimitStore:
    def __init__(self, table: Table, quota_store: QuotaStore) -> None:
        self._table, self._quotas = table, quota_store

    def lower(self, coupon: Coupon, target: int, changes: Changes, now: datetime, patience: Patience) -> Coupon:
        """Take units out until `target` is the limit, or nothing remains; the first step makes the other `changes` too.

        Returns the coupon with the limit that was reached. Raises VersionConflict, TryAgain.
        """
        while coupon.units > target and (surplus := _largest_surplus(self._quotas.read(coupon), target)):
            shard, units = surplus
            units = min(units, coupon.units - target)
            after = self._step(
                coupon, changes | {"units": coupon.units - units}, [quotas.take_out(coupon.coupon_id, shard, units)], now
            )
            if after:
                coupon, changes = after, _same_change(changes)
            else:
                patience.wait()
        return coupon

    def raise_to(
        self, coupon: Coupon, target: int, most_shards: int, changes: Changes, now: datetime, patience: Patience
    ) -> Coupon:
        """Put units in until `target` is the limit; if it is large enough for more shards, they come with the first step.

        Raises VersionConflict, TryAgain.
        """
        shards = max(coupon.shards, rules.shards_for(target if target < NO_LIMIT_UNITS else None, most_shards))
        plan = rules.shares(target - coupon.units, shards)
        new = [quotas.new_shard(coupon, number, plan[number]) for number in range(coupon.shards, shards)]
        steps: list[tuple[list[Write], int]] = [(new, sum(plan[coupon.shards :]))] if new else []
        steps += [
            ([quotas.put_in(coupon.coupon_id, number, units)], units)
            for number, units in enumerate(plan[: coupon.shards])
            if units
        ]
        for moved, units in steps:
            grown = {"units": coupon.units + units, "raises": coupon.raises + 1, "shards": shards}
            while not (after := self._step(coupon, changes | grown, moved, now)):
                patience.wait()
            coupon, changes = after, _same_change(changes)
        return coupon

    def _step(self, coupon: Coupon, changes: Changes, moved: list[Write], now: datetime) -> Coupon | None:
        """The coupon after one step; None if it was not made, or nobody knows: try again. Raises VersionConflict."""
        try:
            self._table.transact([change(coupon, changes, now), *moved])
        except ConditionFailed as refused:
            if refused.index > 0:
                return None  # redeemed in between: fewer units remain than were seen
            # What an earlier try wrote is what holds: it may have moved other units than this one would.
            if made := made_by(refused.old, coupon, changes):
                return made
            raise VersionConflict from refused
        except (Contended, NoAnswer):
            return None
        return changed(coupon, changes, now)


def _same_change(changes: Changes) -> Changes:
    """What later steps of a change carry: only which change they are of."""
    return {"last_change": changes["last_change"]}


def _largest_surplus(shards: list[QuotaShard], target: int) -> tuple[int, int] | None:
    """The shard that has most above its even share of what is to remain, and how much; None if none has."""
    remain = rules.shares(max(0, target - sum(shard.used for shard in shards)), len(shards))
    units, number = max((shard.remaining - remain[shard.number], shard.number) for shard in shards)
    return (number, units) if units > 0 else None
