"""Quota shards: the overall limit of a coupon, split so that a rush does not queue at one item.

limit = sum of used + remaining over the shards, at every instant.
"""

from contextlib import suppress

from couponflow.domain import rules, times
from couponflow.domain.models import NO_LIMIT_UNITS, Counts, Coupon, QuotaShard
from couponflow.store import keys
from couponflow.store.dynamodb import ConditionFailedError, Item, Table, Write, put, update

# No shard can oversell: a unit is moved from remaining to used, and only while there is one.
HAS_ROOM = "remaining > :zero"
# The gate lies on the shard itself: switching a coupon off stops what is already on its way.
IS_OPEN = "active = :true AND starts_at <= :now AND :now < ends_at"
# The n-th use exists only up to the limit: the number is the limit.
IS_WITHIN_CUSTOMER_LIMIT = "(attribute_not_exists(per_customer) OR per_customer >= :nth)"
# An older change must never undo a newer one.
GATE_IS_OLDER = "version < :version"
ABSENT = "attribute_not_exists(pk)"


def units_for(max_redemptions: int | None, shards: int) -> int:
    """How many units a coupon with that limit has in all."""
    return shards * NO_LIMIT_UNITS if max_redemptions is None else max_redemptions


def first_shards(coupon: Coupon) -> list[Write]:
    return [put(_item(coupon, n, share), ABSENT) for n, share in enumerate(rules.shares(coupon.units, coupon.shards))]


def redeem_unit(coupon_id: str, shard: int, nth: int, now: str) -> Write:
    """Move a unit from remaining to used, for a customer's `nth` use, if the gate is open."""
    return update(
        keys.quota_shard(coupon_id, shard),
        "SET used = used + :one, remaining = remaining - :one",
        {":one": 1, ":zero": 0, ":true": True, ":now": now, ":nth": nth},
        f"{HAS_ROOM} AND {IS_OPEN} AND {IS_WITHIN_CUSTOMER_LIMIT}",
    )


def remove_units(coupon_id: str, shard: int, units: int) -> Write:
    return update(
        keys.quota_shard(coupon_id, shard),
        "SET remaining = remaining - :units",
        {":units": units},
        "remaining >= :units",
    )


def add_units(coupon_id: str, shard: int, units: int) -> Write:
    return update(
        keys.quota_shard(coupon_id, shard), "SET remaining = remaining + :units", {":units": units}, "attribute_exists(pk)"
    )


def new_shard(coupon: Coupon, shard: int, units: int) -> Write:
    return put(_item(coupon, shard, units), ABSENT)


class QuotaShardStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, coupon: Coupon, *, consistent: bool = True) -> list[QuotaShard]:
        """Exactly the coupon's shards, by number. No snapshot: each as it was at some moment of the call."""
        wanted = [keys.quota_shard(coupon.coupon_id, number) for number in range(coupon.shards)]
        items = self._table.get_all(wanted, consistent=consistent)
        if len(items) != coupon.shards:
            raise LookupError(f"coupon has {coupon.shards} shards, found {len(items)}")
        return sorted(map(shard_of, items), key=lambda shard: shard.number)

    def sample(self, coupon: Coupon, numbers: list[int]) -> list[QuotaShard]:
        """Some of the shards, as they were some milliseconds ago."""
        return list(map(shard_of, self._table.get_all([keys.quota_shard(coupon.coupon_id, number) for number in numbers])))

    def counts(self, coupons: list[Coupon], *, consistent: bool = True) -> dict[str, Counts]:
        """Uses by coupon id."""
        wanted = [keys.quota_shard(coupon.coupon_id, n) for coupon in coupons for n in range(coupon.shards)]
        counts = {coupon.coupon_id: Counts(0, 0) for coupon in coupons}
        for item in self._table.get_all(wanted, consistent=consistent):
            coupon_id, _ = keys.shard_in(item["pk"])
            seen = counts[coupon_id]
            counts[coupon_id] = Counts(seen.used + item["used"], seen.remaining + item["remaining"])
        return counts

    def copy_gate(self, coupon: Coupon, shard: int) -> None:
        """Let the shard's gate say what the coupon says at its version, unless it says something newer already."""
        gate = _gate(coupon)
        set_ = [f"{name} = :{name}" for name, value in gate.items() if value is not None]
        removed = [name for name, value in gate.items() if value is None]
        expression = "SET " + ", ".join(set_) + (" REMOVE " + ", ".join(removed) if removed else "")
        values = {f":{name}": value for name, value in gate.items() if value is not None}
        with suppress(ConditionFailedError):  # a newer gate is there
            self._table.update(update(keys.quota_shard(coupon.coupon_id, shard), expression, values, GATE_IS_OLDER))


def shard_of(item: Item) -> QuotaShard:
    return QuotaShard(keys.shard_in(item["pk"])[1], item["used"], item["remaining"], item["version"])


def _item(coupon: Coupon, number: int, units: int) -> Item:
    return keys.quota_shard(coupon.coupon_id, number) | {"used": 0, "remaining": units} | _gate(coupon)


def _gate(coupon: Coupon) -> Item:
    return {
        "active": coupon.is_open,
        "starts_at": times.format_utc(coupon.starts_at),
        "ends_at": times.format_utc(coupon.ends_at),
        "per_customer": coupon.max_redemptions_per_customer,
        "version": coupon.version,
    }
