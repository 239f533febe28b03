"""What one call does and does not do: what it tries, where, how often, and what it leaves unwritten."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from couponflow.domain import links
from couponflow.domain.errors import (
    CouponDisabled,
    CouponMaxUsesReached,
    CouponNotFound,
    CustomerMaxUsesReached,
    TryAgain,
)
from couponflow.services.coupons import CouponService
from couponflow.services.shard_redeemer import MOST_TRIES, RedemptionResult
from couponflow.store.dynamodb import Table
from couponflow.store.quota_shards import QuotaShardStore
from simulator.environments import ORGANISATION, START, Environment, environment, found_organisation, new_coupon
from simulator.faults import TroubledClient, from_then_on

TRANSACT = "transact_write_items"


class Shop:
    """Two environments that remember the coupon as it was made: what the one changes, the other has not heard of."""

    def __init__(self, limit: int | None, per_customer: int | None = None, **changes: Any) -> None:
        self.seconds, self.pauses, self.written = 0.0, list[float](), list[list[str]]()
        self.client = TroubledClient()
        found_organisation(self.client)
        self.one, self.other = self.environment(), self.environment()
        self.coupon_id = self.one.coupon_service.create(ORGANISATION, new_coupon(limit, per_customer), START).coupon.coupon_id
        if changes:
            self.change(self.environment(), **changes)
        self.coupon = self.one.redemption_service.find_coupon(ORGANISATION, coupon_id=self.coupon_id).coupon
        self.other.redemption_service.find_coupon(ORGANISATION, coupon_id=self.coupon_id)
        self._watched()

    def environment(self) -> Environment:
        return environment(self.client, self._pause, lambda: self.seconds, random.Random(0), most_shards=4)

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def _watched(self) -> None:
        """`written`: the places that each transaction from now on asks for."""
        transact = self.client.engine.transact_write_items

        def watched(*, TransactItems: Any) -> Any:
            bodies = [body for write in TransactItems for body in write.values()]
            self.written.append([body["Key"]["pk"]["S"] for body in bodies])
            return transact(TransactItems=TransactItems)

        self.client.engine.transact_write_items = watched  # type: ignore[method-assign]

    def change(self, env: Environment, **changes: Any) -> None:
        version = env.coupon_store.get(self.coupon_id).version
        env.coupon_service.change(ORGANISATION, self.coupon_id, version, changes, START)

    def sell(self, env: Environment, customer: str = "ann", key: str | None = None) -> RedemptionResult:
        coupon = env.redemption_service.find_coupon(ORGANISATION, coupon_id=self.coupon_id).coupon
        return env.redemption_service.redeem_at_till(coupon, customer, None, key, START)

    def link(self, customer: str) -> str:
        self.one.redemption_service.distribute(self.coupon, customer, None, START)
        return links.format_token(self.coupon, links.derive_holder(self.coupon, customer))

    def calls_of(self, call: Callable[[], object]) -> list[str]:
        self.client.begin(lambda *_: None)
        call()
        return self.client.calls

    def shards(self) -> list[str]:
        return [pk for places in self.written for pk in places if pk.startswith("QUOTA#")]


def test_an_environment_stays_on_the_shard_where_it_last_succeeded():
    shop = Shop(100)
    for number in range(6):
        shop.sell(shop.one, f"customer-{number}")
    assert len(set(shop.shards())) == 1


def test_a_hop_is_to_another_shard_every_time():
    for seed in range(20):
        shop = Shop(100)
        shop.one.shard_redeemer._dice.seed(seed)
        shop.sell(shop.one)
        (first,) = shop.shards()
        shop.client.begin(lambda number, _: "conflict" if number == 0 else None)
        shop.sell(shop.one, "bob")
        assert shop.shards()[-1] != first


def test_the_first_hop_is_made_at_once_and_later_ones_wait():
    shop = Shop(100)
    shop.client.begin(from_then_on(0, "conflict"))
    with pytest.raises(TryAgain):
        shop.sell(shop.one)
    assert shop.client.calls == [TRANSACT] * MOST_TRIES
    assert len(shop.pauses) == MOST_TRIES - 2


def test_no_try_is_begun_when_the_functions_time_is_nearly_over():
    shop = Shop(100)

    def slow(*_: Any) -> str:
        shop.seconds += 2
        return "time-out, not done"

    shop.client.begin(slow)
    with pytest.raises(TryAgain):
        shop.sell(shop.one)
    assert shop.client.calls == [TRANSACT] * 3


@pytest.mark.parametrize(
    ("limit", "changes", "refusal"), [(1, {"name": "all gone"}, CouponMaxUsesReached), (9, {"active": False}, CouponDisabled)]
)
@pytest.mark.parametrize("by", ["link", "till"])
def test_what_is_known_to_be_refused_is_not_tried(by, limit, changes, refusal):
    shop = Shop(limit)
    token = shop.link("ann")
    shop.sell(shop.one, "bob")
    shop.change(shop.one, **changes)
    shop.seconds += 10  # so that the change is heard of

    def ann_comes() -> None:
        with pytest.raises(refusal):
            shop.one.redemption_service.redeem_by_link(token, 1, START) if by == "link" else shop.sell(shop.one, "ann")

    ann_comes()
    assert TRANSACT not in shop.calls_of(ann_comes)


def test_a_refusal_is_said_only_after_another_look():
    shop = Shop(9, 2, active=False)
    shop.change(shop.other, active=True)
    assert not shop.sell(shop.one).repeated


@pytest.mark.parametrize("by", ["link", "till"])
def test_a_limit_for_customers_that_came_meanwhile_refuses_only_who_has_used_it_up(by):
    shop = Shop(9)
    token = shop.link("ann")

    def once_more(number: int) -> None:
        if by == "link":
            shop.one.redemption_service.redeem_by_link(token, number, START)
        else:
            shop.sell(shop.one)

    once_more(1)
    shop.change(shop.other, max_redemptions_per_customer=2)
    once_more(2)
    with pytest.raises(CustomerMaxUsesReached):
        once_more(3)


@pytest.mark.parametrize(
    ("per_customer", "key", "uses"),
    [(None, "sale", [2, 2, 2]), (3, None, [2, 2, 2]), (3, "sale", [2, 3, 3])],
)
def test_an_attempt_is_claimed_only_where_it_could_lie_elsewhere(per_customer, key, uses):
    shop = Shop(9, per_customer)
    made = []
    for number in range(3):
        shop.sell(shop.one, key=key and f"{key} {number}")
        made.append(len(shop.written[-1]))
    assert made == uses


def test_a_till_that_lost_the_race_to_its_own_twin_never_hears_sold_out():
    """The twin knows that customers have no limit any more, and makes the last use just before this one is tried."""
    shop = Shop(2, 3)
    shop.sell(shop.one, key="earlier")

    def twin_comes_first(number: int, method: str) -> None:
        if method == TRANSACT and len(shop.client.calls) > 1:
            shop.client.begin(lambda *_: None)
            shop.change(shop.other, max_redemptions_per_customer=None)
            shop.sell(shop.environment(), key="sale")

    shop.client.begin(twin_comes_first)
    assert shop.sell(shop.one, key="sale").repeated


def test_sold_out_is_marked_once_and_by_none_who_only_look():
    shop = Shop(1)
    token = shop.link("ann")
    shop.sell(shop.one, "bob")
    shop.seconds += 1  # one has glanced a moment ago
    looking = shop.environment()
    assert "update_item" not in shop.calls_of(lambda: looking.redemption_service.open_link(token))
    assert looking.redemption_service.open_link(token).is_sold_out

    def refused(env: Environment) -> None:
        with pytest.raises(CouponMaxUsesReached):
            shop.sell(env, "cat")

    assert shop.calls_of(lambda: refused(shop.one)).count("update_item") == 1
    assert shop.calls_of(lambda: refused(shop.other)).count("update_item") == 0
    assert shop.one.coupon_store.get(shop.coupon_id).is_marked_sold_out


def test_a_lowering_to_what_is_used_is_known_as_sold_out_to_all():
    shop = Shop(5)
    shop.sell(shop.one)
    shop.change(shop.other, max_redemptions=1)
    assert shop.one.coupon_store.get(shop.coupon_id).is_marked_sold_out


def test_after_a_raise_who_proved_it_sold_out_sells_at_once():
    shop = Shop(1)
    shop.sell(shop.one)
    with pytest.raises(CouponMaxUsesReached):
        shop.sell(shop.one, "bob")
    shop.change(shop.one, max_redemptions=2)
    shop.seconds += 1.9  # the coupon is read again, the proof not forgotten
    assert not shop.sell(shop.one, "bob").repeated


def test_who_has_used_it_up_hears_that_first_though_it_is_sold_out_too():
    shop = Shop(1, 1)
    shop.sell(shop.one)
    for who, refusal in (("ann", CustomerMaxUsesReached), ("bob", CouponMaxUsesReached)):
        with pytest.raises(refusal):
            shop.one.redemption_service.distribute(shop.coupon, who, None, START)


def test_a_glance_is_had_once_in_two_seconds():
    shop = Shop(9)
    glances = [shop.calls_of(lambda: shop.link("ann")).count("batch_get_item") for _ in range(3)]
    shop.seconds += 2.5
    assert [*glances, shop.calls_of(lambda: shop.link("ann")).count("batch_get_item")] == [1, 0, 0, 1]


@pytest.mark.parametrize("text", ["x", "COUPON#x", ""])
def test_what_is_no_id_and_no_code_is_not_looked_up(text):
    shop = Shop(9)

    def looks_up(call: Callable[[], object]) -> None:
        with pytest.raises(CouponNotFound):
            call()

    campaigns: CouponService = shop.one.coupon_service
    assert shop.calls_of(lambda: looks_up(lambda: shop.one.redemption_service.find_coupon(ORGANISATION, coupon_id=text))) == []
    assert shop.calls_of(lambda: looks_up(lambda: campaigns.coupon(ORGANISATION, text))) == []
    assert shop.calls_of(lambda: looks_up(lambda: shop.one.redemption_service.find_coupon(ORGANISATION))) == []


def test_a_change_returns_only_when_every_gate_is_the_new_one():
    shop = Shop(100)
    failing = iter([True] * 9)

    def busy(_: int, method: str) -> str | None:
        return "throttle" if method == "update_item" and shop.client.calls.count("update_item") and next(failing, False) else None

    shop.client.begin(busy)
    shop.change(shop.other, active=False)
    store = QuotaShardStore(Table(shop.client, "couponflow"))
    assert {shard.version for shard in store.read(shop.coupon)} == {2}


def test_shards_that_are_not_there_are_not_read_as_empty():
    shop = Shop(100)
    key = next(key for key in shop.client.engine.items if key[1] == "QUOTA")
    shop.client.engine.store(key, None)
    with pytest.raises(LookupError, match="found 3"):
        QuotaShardStore(Table(shop.client, "couponflow")).read(shop.coupon)
