"""R1: a limit means that many, whoever comes at once. And the same rush oversells without the condition."""

import random

import pytest

from couponflow.domain.models import Coupon
from couponflow.store import quota_shards
from tests.concurrency.load import Rush, tally, tap, till
from tests.support.engines import on_both_engines

pytestmark = on_both_engines


def come_at_once(rush: Rush, coupon: Coupon, dice: random.Random, customers: int) -> list[str]:
    """Customers by link and at tills, in no order."""
    names = [f"customer-{number}" for number in range(customers)]
    jobs = [tap(rush.link(coupon, name)) if dice.random() < 0.5 else till(coupon, name) for name in names]
    dice.shuffle(jobs)
    return rush.run(jobs)


@pytest.mark.parametrize("seed", range(20))
def test_a_limit_of_l_means_l_when_three_times_as_many_come_at_once(rush: Rush, seed):
    dice = random.Random(seed)
    limit = dice.randint(1, 24)
    coupon = rush.coupon(limit, shards=dice.randint(1, min(limit, 6)), per_customer=dice.choice([1, 2, None]))

    outcomes = come_at_once(rush, coupon, dice, 3 * limit)

    assert tally(outcomes) == {"redeemed": limit, "coupon_max_uses_reached": 2 * limit}
    assert (rush.counts(coupon).used, rush.counts(coupon).remaining) == (limit, 0)
    kept = [made for number in range(3 * limit) for made in rush.redemptions(coupon, f"customer-{number}")]
    assert sum(made.is_redeemed for made in kept) == limit


def test_the_same_rush_oversells_without_the_condition(rush: Rush, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(quota_shards, "HAS_ROOM", "attribute_exists(pk) AND :zero = :zero")
    coupon = rush.coupon(10, shards=3)
    outcomes = come_at_once(rush, coupon, random.Random(0), 30)
    assert outcomes.count("redeemed") > 10
    assert rush.counts(coupon).used > 10


def test_everybody_gets_their_use_where_there_are_enough(rush: Rush):
    coupon = rush.coupon(60, shards=4)
    assert tally(come_at_once(rush, coupon, random.Random(1), 60)) == {"redeemed": 60}
    assert rush.counts(coupon).remaining == 0
