"""Quota shards: the overall limit of a coupon, split so that a load spike meets no single hot item.

limit = sum of used + remaining over the shards, at every instant.
"""

from contextlib import suppress

from couponflow.domain import rules
from couponflow.domain.models import NO_LIMIT_UNITS, Counts, Coupon, QuotaShard
from couponflow.store import keys
from couponflow.store.dynamodb import ConditionFailedError, Item, Table, Write, put, update

# A shard can't oversell: a unit moves from remaining to used only while one remains.
HAS_ROOM = "remaining > :zero"
# The rules were evaluated on the coupon at version :seen, which an environment may have cached. The
# shard refuses a version that is older than the last change it was fenced by. It accepts a newer
# one: a crashed change may have left it behind.
IS_CURRENT = "version <= :seen"
# A delayed write of an older change must not undo a newer one.
IS_OLDER = "version < :version"
ABSENT = "attribute_not_exists(pk)"


def units_for(max_redemptions: int | None, shards: int) -> int:
    """Return the units of a coupon with that limit, over all shards."""
    return shards * NO_LIMIT_UNITS if max_redemptions is None else max_redemptions


def first_shards(coupon: Coupon) -> list[Write]:
    """Return the writes of a new coupon's shards, with even shares."""
    return [
        put(_item(coupon, n, share), ABSENT)
        for n, share in enumerate(rules.shares(coupon.units, coupon.shards))
    ]


def redeem_unit(coupon: Coupon, shard: int) -> Write:
    """Move a unit from remaining to used, for a use that the rules of this very coupon allow."""
    return update(
        keys.quota_shard(coupon.coupon_id, shard),
        "SET used = used + :one, remaining = remaining - :one",
        {":one": 1, ":zero": 0, ":seen": coupon.version},
        f"{HAS_ROOM} AND {IS_CURRENT}",
    )


def remove_units(coupon_id: str, shard: int, units: int) -> Write:
    """Lower the shard, if that many units remain there."""
    return update(
        keys.quota_shard(coupon_id, shard),
        "SET remaining = remaining - :units",
        {":units": units},
        "remaining >= :units",
    )


def add_units(coupon_id: str, shard: int, units: int) -> Write:
    """Raise the shard."""
    return update(
        keys.quota_shard(coupon_id, shard),
        "SET remaining = remaining + :units",
        {":units": units},
        "attribute_exists(pk)",
    )


def new_shard(coupon: Coupon, shard: int, units: int) -> Write:
    """Make a shard that a raise adds."""
    return put(_item(coupon, shard, units), ABSENT)


class QuotaShardStore:
    """The quota shards of all coupons."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, coupon: Coupon, *, consistent: bool = True) -> list[QuotaShard]:
        """Read exactly the coupon's shards, by number.

        This is no snapshot: each shard is as it was at some moment of the call.

        Raises:
            LookupError: the table does not hold all of them.
        """
        wanted = [keys.quota_shard(coupon.coupon_id, number) for number in range(coupon.shards)]
        items = self._table.get_all(wanted, consistent=consistent)
        if len(items) != coupon.shards:
            raise LookupError(f"coupon has {coupon.shards} shards, found {len(items)}")
        return sorted(map(shard_of, items), key=lambda shard: shard.number)

    def sample(self, coupon: Coupon, numbers: list[int]) -> list[QuotaShard]:
        """Read some of the shards, eventually consistent."""
        return list(
            map(
                shard_of,
                self._table.get_all(
                    [keys.quota_shard(coupon.coupon_id, number) for number in numbers]
                ),
            )
        )

    def counts(self, coupons: list[Coupon], *, consistent: bool = True) -> dict[str, Counts]:
        """Return used and remaining units by coupon id."""
        wanted = [
            keys.quota_shard(coupon.coupon_id, n)
            for coupon in coupons
            for n in range(coupon.shards)
        ]
        counts = {coupon.coupon_id: Counts(0, 0) for coupon in coupons}
        for item in self._table.get_all(wanted, consistent=consistent):
            coupon_id, _ = keys.shard_in(item["pk"])
            seen = counts[coupon_id]
            counts[coupon_id] = Counts(seen.used + item["used"], seen.remaining + item["remaining"])
        return counts

    def fence(self, coupon: Coupon, shard: int) -> None:
        """Fence the shard: it refuses every later use by rules older than this coupon's version."""
        fenced = update(
            keys.quota_shard(coupon.coupon_id, shard),
            "SET version = :version",
            {":version": coupon.version},
            IS_OLDER,
        )
        with suppress(ConditionFailedError):  # a later change was there first
            self._table.update(fenced)


def shard_of(item: Item) -> QuotaShard:
    """Unmarshal a shard."""
    return QuotaShard(
        keys.shard_in(item["pk"])[1], item["used"], item["remaining"], item["version"]
    )


def _item(coupon: Coupon, number: int, units: int) -> Item:
    quota = {"used": 0, "remaining": units, "version": coupon.version}
    return keys.quota_shard(coupon.coupon_id, number) | quota
