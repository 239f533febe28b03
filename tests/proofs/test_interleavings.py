"""What happens between two steps of a call, and what an environment does that remembers the coupon as it is no more."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from couponflow.domain import links, rules
from couponflow.domain.errors import (
    CouponDisabled,
    CouponExpired,
    CouponMaxUsesReached,
    CouponNotFound,
    CouponNotStarted,
    CustomerMaxUsesReached,
    LimitBelowUsed,
    TryAgain,
    VersionConflict,
)
from couponflow.domain.models import Coupon, CouponStatus
from couponflow.services.shard_redeemer import RedemptionResult
from couponflow.store import keys
from couponflow.store.dynamodb import Table
from couponflow.store.quota_shards import QuotaShardStore
from couponflow.store.redemptions import RedemptionStore
from simulator.environments import ORGANISATION, START, Environment, environment, found_organisation, new_coupon
from simulator.faults import TroubledClient

TRANSACT, UPDATE = "transact_write_items", "update_item"
MOMENT = timedelta(milliseconds=1)


class Shop:
    """`old` remembers the coupon as it was made, for ever; `new()` remembers nothing."""

    def __init__(self, limit: int | None = 9, per_customer: int | None = None) -> None:
        self.client = TroubledClient()
        found_organisation(self.client)
        self.coupon = self.new().coupon_service.create(ORGANISATION, new_coupon(limit, per_customer), START).coupon
        self.old = self.new()
        self.old.redemption_service.find_coupon(ORGANISATION, coupon_id=self.coupon.coupon_id)

    def new(self) -> Environment:
        seconds = [0.0]
        return environment(
            self.client, lambda pause: seconds.append(seconds.pop() + pause), lambda: seconds[0], random.Random(0), most_shards=4
        )

    def read(self) -> Coupon:
        """Its limit is the sum over its shards."""
        coupon = self.new().coupon_store.get(self.coupon.coupon_id)
        shards = self.quotas.read(coupon)
        assert coupon.units == sum(shard.used + shard.remaining for shard in shards)
        return coupon

    @property
    def quotas(self) -> QuotaShardStore:
        return QuotaShardStore(Table(self.client, "couponflow"))

    def change(self, **changes: Any) -> Coupon:
        version = self.new().coupon_store.get(self.coupon.coupon_id).version
        return self.new().coupon_service.change(ORGANISATION, self.coupon.coupon_id, version, changes, START).coupon

    def sell(
        self, who: str = "ann", key: str | None = None, at: Environment | None = None, now: datetime = START
    ) -> RedemptionResult:
        env = at or self.new()
        coupon = env.redemption_service.find_coupon(ORGANISATION, coupon_id=self.coupon.coupon_id).coupon
        return env.redemption_service.redeem_at_till(coupon, who, None, key, now)

    def sell_many(self, count: int) -> None:
        for number in range(count):
            self.sell(f"one of many {number}")

    def token(self, who: str = "ann") -> str:
        self.new().redemption_service.distribute(self.coupon, who, None, START)
        return links.format_token(self.coupon, links.derive_holder(self.coupon, who))

    def before_the_first(self, method: str, happens: Callable[[], object]) -> None:
        def plan(_: int, called: str) -> None:
            if called == method:
                self.client.begin(lambda *_: None)
                happens()

        self.client.begin(plan)


CLOSINGS: list[tuple[dict[str, Any], type[Exception] | None]] = [
    ({"active": False}, CouponDisabled),
    ({"ends_at": START}, CouponExpired),
    ({"ends_at": START + MOMENT}, None),
    ({"starts_at": START + MOMENT, "ends_at": START + 9 * MOMENT}, CouponNotStarted),
    ({"starts_at": START, "ends_at": START + 9 * MOMENT}, None),
    ({}, None),
]


@pytest.mark.parametrize("by", ["link", "till"])
@pytest.mark.parametrize(("changes", "refusal"), CLOSINGS)
def test_changed_coupon_decides_whatever_is_cached(by, changes, refusal):
    shop = Shop()
    token = shop.token()
    shop.change(**changes)

    def redeem() -> RedemptionResult:
        return shop.old.redemption_service.redeem_by_link(token, 1, START) if by == "link" else shop.sell(at=shop.old)

    if refusal is None:
        assert redeem().redemption.is_redeemed
    else:
        with pytest.raises(refusal):
            redeem()


def test_an_archived_coupon_is_over_for_who_remembers_it():
    shop = Shop()
    shop.new().coupon_service.archive(ORGANISATION, shop.coupon.coupon_id, START)
    with pytest.raises(CouponNotFound):
        shop.sell(at=shop.old)


def test_switched_off_comes_before_sold_out():
    shop = Shop(1)
    shop.sell()
    shop.change(active=False)
    with pytest.raises(CouponDisabled):
        shop.sell("bob", at=shop.old)


def test_delayed_fence_of_an_older_change_is_ignored():
    shop = Shop()
    shop.change(active=False)
    shop.quotas.fence(shop.coupon, 0)
    with pytest.raises(CouponDisabled):
        shop.sell(at=shop.old)


def test_shard_that_a_crashed_change_did_not_fence_is_used():
    shop = Shop()
    shop.change(active=False)
    shop.client.begin(lambda number, method: "throttle" if method == UPDATE and shop.client.calls.count(UPDATE) else None)
    with pytest.raises(TryAgain):
        shop.change(active=True)
    shop.client.begin(lambda *_: None)
    assert shop.sell().redemption.is_redeemed


@pytest.mark.parametrize(("limit", "sold", "target", "reached"), [(3, 3, 1, 3), (10, 5, 3, 5), (5, 3, 4, 4), (5, 3, 3, 3)])
def test_a_lowering_that_uses_overtake_names_the_limit_that_it_reached(limit, sold, target, reached):
    shop = Shop(limit)
    shop.before_the_first(TRANSACT, lambda: shop.sell_many(sold))
    if reached == target:
        assert shop.change(max_redemptions=target, name="other").max_redemptions == target
    else:
        with pytest.raises(LimitBelowUsed) as refused:
            shop.change(max_redemptions=target, name="other")
        assert refused.value.members == {"times_redeemed": sold, "max_redemptions": reached}
    assert shop.read().max_redemptions == reached
    assert shop.read().name == (shop.coupon.name if reached == limit else "other")


def test_a_limit_below_what_is_used_changes_nothing():
    shop = Shop(5)
    shop.sell_many(3)
    with pytest.raises(LimitBelowUsed):
        shop.change(max_redemptions=2, name="other")
    assert (shop.read().max_redemptions, shop.read().name) == (5, shop.coupon.name)


def test_shards_may_be_uneven_when_a_limit_goes_down_and_up():
    shop = Shop(100)
    one = shop.new()
    for number in range(20):
        shop.sell(f"customer-{number}", at=one)  # all on one shard
    for target in (99, 98, 60, 30, 31, 45):
        assert shop.change(max_redemptions=target).max_redemptions == target
        assert shop.read().shards == 4
    shop.sell_many(25)
    with pytest.raises(CouponMaxUsesReached):
        shop.sell("one too many")


@pytest.mark.parametrize(
    ("method", "changes"), [(UPDATE, {"name": "mine"}), (TRANSACT, {"max_redemptions": 8}), (TRANSACT, {"max_redemptions": 10})]
)
def test_a_change_that_another_one_overtook_is_refused_with_the_version_that_holds(method, changes):
    shop = Shop()
    shop.before_the_first(method, lambda: shop.change(name="theirs"))
    with pytest.raises(VersionConflict) as conflict:
        shop.change(**changes)
    assert conflict.value.members == {"version": 2}
    assert (shop.read().name, shop.read().max_redemptions) == ("theirs", 9)


def test_an_archive_that_a_change_overtook_is_made_after_it():
    shop = Shop()
    shop.before_the_first(TRANSACT, lambda: shop.change(name="theirs"))
    shop.new().coupon_service.archive(ORGANISATION, shop.coupon.coupon_id, START)
    assert (shop.read().name, shop.read().version, shop.read().archived_at) == ("theirs", 3, START)


def test_an_older_proof_does_not_take_a_newer_mark_away():
    shop = Shop(1)
    shop.sell()
    shop.change(max_redemptions=2)
    shop.sell("bob")
    with pytest.raises(CouponMaxUsesReached):
        shop.sell("cat")
    shop.new().coupon_store.mark_sold_out(shop.coupon)
    assert shop.read().is_marked_sold_out
    before = dict(shop.client.engine.items)
    shop.client.begin(lambda *_: None)
    for call in (lambda: shop.sell("dan"), lambda: shop.new().redemption_service.distribute(shop.read(), "dan", None, START)):
        with pytest.raises(CouponMaxUsesReached):
            call()
    assert TRANSACT not in shop.client.calls and shop.client.calls.count("batch_get_item") == 1, "of read() here"
    assert shop.client.engine.items == before


def test_raise_keeps_what_others_counted_concurrently():
    """`raises` may be counted under the same version, between a change's look and its write."""
    shop = Shop()
    (key,) = (key for key in shop.client.engine.items if key[1] == "COUPON")

    def count_one() -> None:
        item = shop.client.engine.items[key]
        shop.client.engine.store(key, item | {"raises": {"N": str(int(item["raises"]["N"]) + 1)}})

    shop.before_the_first(TRANSACT, count_one)
    shop.change(max_redemptions=10)
    assert shop.read().raises == 2


def test_a_flow_does_not_say_sold_out_because_some_shards_are_empty():
    shop = Shop(100)
    for number in range(1, 4):
        (key,) = (key for key in shop.client.engine.items if key[0].endswith(f"#{number}") and key[1] == "QUOTA")
        shop.client.engine.store(key, shop.client.engine.items[key] | {"remaining": {"N": "0"}})
    for number in range(20):
        env = environment(shop.client, lambda _: None, lambda: 0.0, random.Random(number))
        assert env.redemption_service.distribute(shop.coupon, f"customer-{number}", None, START).is_new


def test_the_first_use_is_the_first_also_for_a_till_that_remembered_a_closed_coupon():
    shop = Shop()
    shop.change(active=False)
    closed = shop.new()
    closed.redemption_service.find_coupon(ORGANISATION, coupon_id=shop.coupon.coupon_id)
    shop.change(active=True)
    assert shop.sell(at=closed).redemption.slot == keys.FIRST_SLOT


def test_uses_without_a_number_leave_no_gap_but_count():
    shop = Shop()
    token = shop.token()
    for _ in range(3):
        shop.sell()
    shop.change(max_redemptions_per_customer=4)
    assert shop.sell().redemption.slot == keys.slot(2)
    for refused in (
        lambda: shop.sell(),
        lambda: shop.old.redemption_service.redeem_by_link(token, 3, START),
        lambda: shop.sell(at=shop.old),
    ):
        with pytest.raises(CustomerMaxUsesReached):
            refused()


def test_a_claimed_place_leads_to_the_redemption_that_claimed_it():
    shop = Shop(9, 3)
    shop.sell(key="first")
    made = shop.sell(key="second").redemption
    holder = links.derive_holder(shop.coupon, "ann")
    store = RedemptionStore(Table(shop.client, "couponflow"))
    found = store.get(holder, keys.attempt_slot(links.derive_attempt("second", holder)))
    assert found is not None and (found.redemption_id, found.slot) == (made.redemption_id, keys.slot(2))
    assert store.get(holder, keys.attempt_slot("none")) is None


def test_a_coupon_is_active_from_the_moment_that_it_starts():
    shop = Shop()
    for by, status in ((-MOMENT, CouponStatus.SCHEDULED), (0 * MOMENT, CouponStatus.ACTIVE)):
        assert rules.status(shop.coupon, 1, shop.coupon.starts_at + by) is status


@pytest.mark.parametrize("limit", [None, 3])
def test_what_is_read_weakly_decides_nothing(limit):
    """Reads that are not strong find nothing here of the last minutes: not even the coupon."""
    shop = Shop(9, limit)
    token = shop.token()
    ours = ("COUPON#", "HOLDER#", "QUOTA#")
    get, query = shop.client.engine.get_item, shop.client.engine.query

    def old_item(**request: Any) -> Any:
        return get(**request) if request["ConsistentRead"] or not request["Key"]["pk"]["S"].startswith(ours) else {}

    def old_items(**request: Any) -> Any:
        return query(**request) if request["ConsistentRead"] else {"Items": []}

    shop.client.engine.get_item, shop.client.engine.query = old_item, old_items  # type: ignore[method-assign]
    first = shop.new().redemption_service.redeem_by_link(token, 1, START)
    second = shop.sell(key="second")
    assert (
        shop.new().redemption_service.redeem_by_link(token, 1, START).redemption.redemption_id == first.redemption.redemption_id
    )
    assert shop.sell(key="second").redemption.redemption_id == second.redemption.redemption_id
    assert shop.sell(key="third").repeated is False
    assert len(shop.new().redemption_service.open_link(token, look_again=True).redemptions) == (1 if limit is None else 3)
    shop.change(active=False)
    with pytest.raises(CouponDisabled):
        shop.sell("bob")
    assert shop.sell(key="third").repeated


def test_whoever_made_the_last_use_meanwhile_is_not_refused():
    shop = Shop(1)
    token = shop.token()
    shop.before_the_first(TRANSACT, lambda: shop.new().redemption_service.redeem_by_link(token, 1, START))
    assert shop.new().redemption_service.redeem_by_link(token, 1, START).repeated
