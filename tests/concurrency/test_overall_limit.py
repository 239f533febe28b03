"""R1: concurrent redemptions never exceed the limit. Control: without the condition they do."""

import random

import pytest

from couponflow.domain.models import Coupon
from couponflow.store import quota_shards
from tests.concurrency.load import Burst, tally, tap, till
from tests.support.engines import on_both_engines

pytestmark = on_both_engines


def redeem_concurrently(
    burst: Burst, coupon: Coupon, dice: random.Random, customers: int
) -> list[str]:
    """Redeem for this many customers by link and till, in random order."""
    names = [f"customer-{number}" for number in range(customers)]
    jobs = [
        tap(burst.link(coupon, name)) if dice.random() < 0.5 else till(coupon, name)
        for name in names
    ]
    dice.shuffle(jobs)
    return burst.run(jobs)


@pytest.mark.parametrize("seed", range(20))
def test_limit_holds_for_three_times_as_many_customers(burst: Burst, seed):
    dice = random.Random(seed)
    limit = dice.randint(1, 24)
    coupon = burst.coupon(
        limit, shards=dice.randint(1, min(limit, 6)), per_customer=dice.choice([1, 2, None])
    )

    outcomes = redeem_concurrently(burst, coupon, dice, 3 * limit)

    assert tally(outcomes) == {"redeemed": limit, "coupon_max_uses_reached": 2 * limit}
    assert (burst.counts(coupon).used, burst.counts(coupon).remaining) == (limit, 0)
    kept = [
        made
        for number in range(3 * limit)
        for made in burst.redemptions(coupon, f"customer-{number}")
    ]
    assert sum(made.is_redeemed for made in kept) == limit


def test_control_without_the_condition_oversells(burst: Burst, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(quota_shards, "HAS_ROOM", "attribute_exists(pk) AND :zero = :zero")
    coupon = burst.coupon(10, shards=3)
    outcomes = redeem_concurrently(burst, coupon, random.Random(0), 30)
    assert outcomes.count("redeemed") > 10
    assert burst.counts(coupon).used > 10


def test_every_customer_redeems_if_units_suffice(burst: Burst):
    coupon = burst.coupon(60, shards=4)
    assert tally(redeem_concurrently(burst, coupon, random.Random(1), 60)) == {"redeemed": 60}
    assert burst.counts(coupon).remaining == 0
