"""Raising and lowering the overall limit: limit = used + remaining over all shards after every
step.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.api import Api

Shards = Callable[[dict[str, Any]], list[dict[str, Any]]]
UNLIMITED = 10**15


def check(api: Api, coupon: dict[str, Any], shards: Shards, limit: int | None, used: int) -> None:
    """Assert that the stored shards add up to the coupon's limit and uses."""
    seen, stored = api.read(coupon), shards(coupon)
    left = None if limit is None else limit - used
    assert (seen["max_redemptions"], seen["times_redeemed"], seen["remaining"]) == (
        limit,
        used,
        left,
    )
    assert sum(shard["used"] for shard in stored) == used
    total = sum(shard["used"] + shard["remaining"] for shard in stored)
    assert total == limit if limit is not None else total == UNLIMITED * len(stored)
    assert all(shard["remaining"] >= 0 for shard in stored)
    assert {int(shard["version"]) for shard in stored} == {seen["version"]}


def use(api: Api, coupon: dict[str, Any], *customers: str) -> None:
    for customer in customers:
        assert api.till(coupon, customer).status_code == 200


@pytest.mark.parametrize(
    "limits",
    [
        (100, 200, 50, 51),
        (3, 1, 2),
        (1, 2, 1),
        (20, 10**9, 20),
        (100, None, 40),
        (None, 5, None),
        (31, 32, 31, 1_000),
        (256, 6, 256),
    ],
)
def test_shards_follow_every_change_of_the_limit(api: Api, shards: Shards, limits):
    coupon = api.coupon(max_redemptions=limits[0])
    check(api, coupon, shards, limits[0], used=0)
    used = 0
    for limit in limits[1:]:
        if used < min(limit or 9 for limit in limits):
            use(api, coupon, f"customer-{used}")
            used += 1
        assert api.change(coupon, max_redemptions=limit)["max_redemptions"] == limit
        check(api, coupon, shards, limit, used)


def test_number_of_shards_grows_but_never_falls(api: Api, shards: Shards):
    coupon = api.coupon(max_redemptions=10)
    counts = [len(shards(coupon))]
    for limit in (40, 1_000, 10, None, 1):
        api.change(coupon, max_redemptions=limit)
        counts.append(len(shards(coupon)))
        check(api, coupon, shards, limit, used=0)
    assert counts == [1, 2, 16, 16, 16, 16]


def test_last_unit_is_found_on_any_shard(api: Api, shards: Shards):
    coupon = api.coupon(max_redemptions=1_000)
    api.change(coupon, max_redemptions=3)
    use(api, coupon, *"abc")
    assert api.till(coupon, "late").json()["code"] == "coupon_max_uses_reached"
    check(api, coupon, shards, 3, used=3)


def test_limit_below_the_uses_is_refused_with_their_number(api: Api, shards: Shards):
    coupon = api.coupon(max_redemptions=100)
    use(api, coupon, *"abcde")
    refused = api.patch(coupon, max_redemptions=4, name="never")
    assert (refused.status_code, refused.json()["code"]) == (409, "limit_below_used")
    assert (refused.json()["times_redeemed"], refused.json()["max_redemptions"]) == (5, 100)
    assert api.read(coupon)["name"] == coupon["name"]
    check(api, coupon, shards, 100, used=5)
    assert api.change(coupon, max_redemptions=5)["status"] == "sold_out"
    check(api, coupon, shards, 5, used=5)


def test_limit_of_an_unlimited_coupon_covers_its_uses(api: Api, shards: Shards):
    coupon = api.coupon()
    use(api, coupon, *"abc")
    assert api.patch(coupon, max_redemptions=2).json()["times_redeemed"] == 3
    api.change(coupon, max_redemptions=3)
    check(api, coupon, shards, 3, used=3)
    assert api.till(coupon, "late").json()["code"] == "coupon_max_uses_reached"
    api.change(coupon, max_redemptions=None)
    assert api.till(coupon, "late").status_code == 200
    check(api, coupon, shards, None, used=4)


def test_raised_limit_reopens_every_entry_point(api: Api):
    coupon = api.coupon(max_redemptions=1)
    ann, bob = api.link(coupon, "ann"), api.link(coupon, "bob")
    api.tap(ann)
    assert api.tap(bob).json()["code"] == "coupon_max_uses_reached"
    assert api.change(coupon, max_redemptions=2)["status"] == "active"
    assert api.distribute(coupon, "bob")["outcome"] == "distributed"
    assert api.page_state(bob) == "available"
    assert api.tap(bob).status_code == 200
    assert api.read(coupon)["status"] == "sold_out"


def test_limit_change_includes_the_other_changes(api: Api):
    coupon = api.coupon(max_redemptions=1_000)
    for limit, name in ((500, "lowered"), (2_000, "raised"), (None, "freed")):
        changed = api.change(coupon, max_redemptions=limit, name=name, active=limit is None)
        assert (changed["name"], changed["max_redemptions"], changed["active"]) == (
            name,
            limit,
            limit is None,
        )


def test_unchanged_limit_is_an_ordinary_change(api: Api, shards: Shards):
    coupon = api.coupon(max_redemptions=10)
    assert api.patch(coupon, max_redemptions=10).json()["version"] == 2
    check(api, coupon, shards, 10, used=0)
