"""A5: a change that is interrupted after any of its writes and repeated has the uninterrupted
result.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from couponflow.domain import rules
from couponflow.domain.models import ButtonBehavior, RedeemButton, RedeemPage
from couponflow.services.coupons import CouponService
from couponflow.store.dynamodb import Table
from couponflow.store.quota_shards import QuotaShardStore
from simulator.engine import READS
from simulator.environments import (
    ORGANISATION,
    START,
    Environment,
    environment,
    found_organisation,
    new_coupon,
)
from simulator.faults import FaultyClient

MOST_SHARDS = 3


class Interrupted(BaseException):
    """The execution environment is gone."""


class System:
    """A coupon with five redemptions."""

    def __init__(self, limit: int | None) -> None:
        self.client = FaultyClient()
        found_organisation(self.client)
        env = self.environment()
        new = new_coupon(limit)
        self.coupon_id = env.coupon_service.create(ORGANISATION, new, START).coupon.coupon_id
        coupon = env.coupon_store.get(self.coupon_id)
        for number in range(5):
            customer = f"customer-{number}"
            env.redemption_service.redeem_at_till(coupon, customer, None, None, START)

    def environment(self) -> Environment:
        return environment(self.client, lambda _: None, lambda: 0.0, random.Random(0), MOST_SHARDS)

    def run(self, change: Change, writes: int) -> bool:
        """Make the change, interrupted after this many writes. Returns whether it completed."""

        def plan(_: int, method: str) -> None:
            if method in READS:
                return
            done = sum(called not in READS for called in self.client.calls)
            if done == writes:
                raise Interrupted

        self.client.begin(plan)
        try:
            change(self.environment(), self.coupon_id)
        except Interrupted:
            return False
        finally:
            self.client.begin(lambda *_: None)
        return True

    def state(self) -> object:
        """All stored items of the coupon without versions and times of change."""
        env = self.environment()
        coupon = env.coupon_store.get(self.coupon_id)
        shards = QuotaShardStore(Table(self.client, "couponflow")).read(coupon)
        assert {shard.version for shard in shards} == {coupon.version}, (
            "every shard has the version"
        )
        terms = (
            *(coupon.name, coupon.units, coupon.max_redemptions, coupon.active, coupon.ends_at),
            *(coupon.max_redemptions_per_customer, coupon.archived_at, coupon.shards),
        )
        codes = sorted(pk for pk, sk in self.client.engine.items if sk == "CODE")
        units = [(shard.number, shard.used, shard.remaining) for shard in shards]
        return terms, codes, units, env.coupon_service.page(ORGANISATION, self.coupon_id)


Change = Callable[[Environment, str], object]


def _changes(**changes: Any) -> Change:
    def change(env: Environment, coupon_id: str) -> object:
        seen = env.coupon_store.get(coupon_id).version
        return env.coupon_service.change(ORGANISATION, coupon_id, seen, dict(changes), START)

    return change


def _archives(env: Environment, coupon_id: str) -> object:
    env.coupon_service.archive(ORGANISATION, coupon_id, START)
    return None


def _saves_page(env: Environment, coupon_id: str) -> object:
    page = RedeemPage(terms="One each", redeem_button=RedeemButton(ButtonBehavior.NONE))
    return env.coupon_service.save_page(ORGANISATION, coupon_id, page, START)


CASES: dict[str, tuple[int | None, Change]] = {
    "raise": (50, _changes(max_redemptions=61)),
    "raise over more shards": (20, _changes(max_redemptions=61)),
    "raise to no limit": (50, _changes(max_redemptions=None)),
    "raise to no limit over more shards": (20, _changes(max_redemptions=None)),
    "raise, rename and disable": (20, _changes(max_redemptions=None, name="other", active=False)),
    "lower": (50, _changes(max_redemptions=20)),
    "lower from no limit": (None, _changes(max_redemptions=20)),
    "lower from no limit to many": (None, _changes(max_redemptions=10**9)),
    "lower, rename and disable": (50, _changes(max_redemptions=20, name="other", active=False)),
    "disable": (50, _changes(active=False)),
    "limit customers": (50, _changes(max_redemptions_per_customer=1)),
    "archive": (50, _archives),
    "save the page": (50, _saves_page),
}


@pytest.mark.parametrize("case", CASES)
def test_interrupted_change_ends_when_repeated(case):
    limit, change = CASES[case]
    shop = System(limit)
    assert shop.run(change, writes=1_000)
    expected = shop.state()
    writes = 0
    while True:
        shop = System(limit)
        if shop.run(change, writes):
            break
        assert shop.run(change, writes=1_000)
        assert shop.state() == expected, f"interrupted after {writes} writes"
        writes += 1
    assert writes >= (1 if case == "save the page" else MOST_SHARDS)


def test_raise_interrupted_twice_ends_when_repeated():
    limit, change = CASES["raise to no limit"]
    shop = System(limit)
    assert shop.run(change, writes=1_000)
    expected = shop.state()
    for first in range(1, MOST_SHARDS + 1):
        for second in range(1, MOST_SHARDS + 1):
            shop = System(limit)
            shop.run(change, first)
            shop.run(change, second)
            assert shop.run(change, writes=1_000)
            assert shop.state() == expected


def test_control_without_comparing_units_the_result_differs(monkeypatch):
    target = CouponService._target

    def by_limit(self, coupon, max_redemptions):
        if coupon.max_redemptions == max_redemptions:
            return coupon.units
        return target(self, coupon, max_redemptions)

    monkeypatch.setattr(CouponService, "_target", by_limit)
    with pytest.raises(AssertionError, match="interrupted after"):
        test_interrupted_change_ends_when_repeated("raise to no limit")


def test_control_without_reading_shards_the_result_differs(monkeypatch):
    def evenly(held, units):
        return rules.shares(units, len(held))

    monkeypatch.setattr(rules, "additions", evenly)
    with pytest.raises(AssertionError, match="interrupted after"):
        test_interrupted_change_ends_when_repeated("raise")
