"""Changes between two steps of a call, and environments with an outdated cache."""

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
from simulator.environments import (
    ORGANISATION,
    START,
    Environment,
    environment,
    found_organisation,
    new_coupon,
)
from simulator.faults import FaultyClient

TRANSACT, UPDATE = "transact_write_items", "update_item"
MOMENT = timedelta(milliseconds=1)


class System:
    """`old` has the created coupon cached permanently; `new()` starts with empty caches."""

    def __init__(self, limit: int | None = 9, per_customer: int | None = None) -> None:
        self.client = FaultyClient()
        found_organisation(self.client)
        self.coupon = (
            self.new()
            .coupon_service.create(ORGANISATION, new_coupon(limit, per_customer), START)
            .coupon
        )
        self.old = self.new()
        self.old.redemption_service.find_coupon(ORGANISATION, coupon_id=self.coupon.coupon_id)

    def new(self) -> Environment:
        seconds = [0.0]
        return environment(
            self.client,
            lambda pause: seconds.append(seconds.pop() + pause),
            lambda: seconds[0],
            random.Random(0),
            most_shards=4,
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
        return (
            self.new()
            .coupon_service.change(ORGANISATION, self.coupon.coupon_id, version, changes, START)
            .coupon
        )

    def sell(
        self,
        who: str = "ann",
        key: str | None = None,
        at: Environment | None = None,
        now: datetime = START,
    ) -> RedemptionResult:
        env = at or self.new()
        coupon = env.redemption_service.find_coupon(
            ORGANISATION, coupon_id=self.coupon.coupon_id
        ).coupon
        return env.redemption_service.redeem_at_till(coupon, who, None, key, now)

    def sell_many(self, count: int) -> None:
        for number in range(count):
            self.sell(f"one of many {number}")

    def token(self, who: str = "ann") -> str:
        self.new().redemption_service.distribute(self.coupon, who, None, START)
        return links.format_token(self.coupon, links.derive_holder(self.coupon, who))

    def run_before_first(self, method: str, happens: Callable[[], object]) -> None:
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
    system = System()
    token = system.token()
    system.change(**changes)

    def redeem() -> RedemptionResult:
        return (
            system.old.redemption_service.redeem_by_link(token, 1, START)
            if by == "link"
            else system.sell(at=system.old)
        )

    if refusal is None:
        assert redeem().redemption.is_redeemed
    else:
        with pytest.raises(refusal):
            redeem()


def test_archived_coupon_is_refused_despite_the_cache():
    system = System()
    system.new().coupon_service.archive(ORGANISATION, system.coupon.coupon_id, START)
    with pytest.raises(CouponNotFound):
        system.sell(at=system.old)


def test_disabled_takes_precedence_over_sold_out():
    system = System(1)
    system.sell()
    system.change(active=False)
    with pytest.raises(CouponDisabled):
        system.sell("bob", at=system.old)


def test_delayed_fence_of_an_older_change_is_ignored():
    system = System()
    system.change(active=False)
    system.quotas.fence(system.coupon, 0)
    with pytest.raises(CouponDisabled):
        system.sell(at=system.old)


def test_shard_that_a_crashed_change_did_not_fence_is_used():
    system = System()
    system.change(active=False)
    system.client.begin(
        lambda number, method: (
            "throttle" if method == UPDATE and system.client.calls.count(UPDATE) else None
        )
    )
    with pytest.raises(TryAgain):
        system.change(active=True)
    system.client.begin(lambda *_: None)
    assert system.sell().redemption.is_redeemed


@pytest.mark.parametrize(
    ("limit", "sold", "target", "reached"),
    [(3, 3, 1, 3), (10, 5, 3, 5), (5, 3, 4, 4), (5, 3, 3, 3)],
)
def test_lowering_overtaken_by_uses_names_its_reached_limit(limit, sold, target, reached):
    system = System(limit)
    system.run_before_first(TRANSACT, lambda: system.sell_many(sold))
    if reached == target:
        assert system.change(max_redemptions=target, name="other").max_redemptions == target
    else:
        with pytest.raises(LimitBelowUsed) as refused:
            system.change(max_redemptions=target, name="other")
        assert refused.value.members == {"times_redeemed": sold, "max_redemptions": reached}
    assert system.read().max_redemptions == reached
    assert system.read().name == (system.coupon.name if reached == limit else "other")


def test_limit_below_the_uses_changes_nothing():
    system = System(5)
    system.sell_many(3)
    with pytest.raises(LimitBelowUsed):
        system.change(max_redemptions=2, name="other")
    assert (system.read().max_redemptions, system.read().name) == (5, system.coupon.name)


def test_limit_goes_down_and_up_with_uneven_shards():
    system = System(100)
    one = system.new()
    for number in range(20):
        system.sell(f"customer-{number}", at=one)  # all on one shard
    for target in (99, 98, 60, 30, 31, 45):
        assert system.change(max_redemptions=target).max_redemptions == target
        assert system.read().shards == 4
    system.sell_many(25)
    with pytest.raises(CouponMaxUsesReached):
        system.sell("one too many")


@pytest.mark.parametrize(
    ("method", "changes"),
    [
        (UPDATE, {"name": "mine"}),
        (TRANSACT, {"max_redemptions": 8}),
        (TRANSACT, {"max_redemptions": 10}),
    ],
)
def test_overtaken_change_gets_the_current_version(method, changes):
    system = System()
    system.run_before_first(method, lambda: system.change(name="theirs"))
    with pytest.raises(VersionConflict) as conflict:
        system.change(**changes)
    assert conflict.value.members == {"version": 2}
    assert (system.read().name, system.read().max_redemptions) == ("theirs", 9)


def test_archiving_overtaken_by_a_change_happens_after_it():
    system = System()
    system.run_before_first(TRANSACT, lambda: system.change(name="theirs"))
    system.new().coupon_service.archive(ORGANISATION, system.coupon.coupon_id, START)
    assert (system.read().name, system.read().version, system.read().archived_at) == (
        "theirs",
        3,
        START,
    )


def test_older_proof_keeps_a_newer_sold_out_mark():
    system = System(1)
    system.sell()
    system.change(max_redemptions=2)
    system.sell("bob")
    with pytest.raises(CouponMaxUsesReached):
        system.sell("cat")
    system.new().coupon_store.mark_sold_out(system.coupon)
    assert system.read().is_marked_sold_out
    before = dict(system.client.engine.items)
    system.client.begin(lambda *_: None)
    for call in (
        lambda: system.sell("dan"),
        lambda: system.new().redemption_service.distribute(system.read(), "dan", None, START),
    ):
        with pytest.raises(CouponMaxUsesReached):
            call()
    assert (
        TRANSACT not in system.client.calls and system.client.calls.count("batch_get_item") == 1
    ), "of read() here"
    assert system.client.engine.items == before


def test_raise_keeps_what_others_counted_concurrently():
    """`raises` may be counted under the same version, between a change's look and its write."""
    system = System()
    (key,) = (key for key in system.client.engine.items if key[1] == "COUPON")

    def count_one() -> None:
        item = system.client.engine.items[key]
        system.client.engine.store(key, item | {"raises": {"N": str(int(item["raises"]["N"]) + 1)}})

    system.run_before_first(TRANSACT, count_one)
    system.change(max_redemptions=10)
    assert system.read().raises == 2


def test_flow_is_not_sold_out_if_only_some_shards_are_empty():
    system = System(100)
    for number in range(1, 4):
        (key,) = (
            key
            for key in system.client.engine.items
            if key[0].endswith(f"#{number}") and key[1] == "QUOTA"
        )
        system.client.engine.store(key, system.client.engine.items[key] | {"remaining": {"N": "0"}})
    for number in range(20):
        env = environment(system.client, lambda _: None, lambda: 0.0, random.Random(number))
        assert env.redemption_service.distribute(
            system.coupon, f"customer-{number}", None, START
        ).is_new


def test_first_use_at_a_till_with_a_closed_cache_is_numbered():
    system = System()
    system.change(active=False)
    closed = system.new()
    closed.redemption_service.find_coupon(ORGANISATION, coupon_id=system.coupon.coupon_id)
    system.change(active=True)
    assert system.sell(at=closed).redemption.slot == keys.FIRST_SLOT


def test_uses_without_a_number_count_and_leave_no_gap():
    system = System()
    token = system.token()
    for _ in range(3):
        system.sell()
    system.change(max_redemptions_per_customer=4)
    assert system.sell().redemption.slot == keys.slot(2)
    for refused in (
        lambda: system.sell(),
        lambda: system.old.redemption_service.redeem_by_link(token, 3, START),
        lambda: system.sell(at=system.old),
    ):
        with pytest.raises(CustomerMaxUsesReached):
            refused()


def test_claimed_attempt_leads_to_its_redemption():
    system = System(9, 3)
    system.sell(key="first")
    made = system.sell(key="second").redemption
    holder = links.derive_holder(system.coupon, "ann")
    store = RedemptionStore(Table(system.client, "couponflow"))
    found = store.get(holder, keys.attempt_slot(links.derive_attempt("second", holder)))
    assert found is not None and (found.redemption_id, found.slot) == (
        made.redemption_id,
        keys.slot(2),
    )
    assert store.get(holder, keys.attempt_slot("none")) is None


def test_coupon_is_active_from_its_start():
    system = System()
    for by, status in ((-MOMENT, CouponStatus.SCHEDULED), (0 * MOMENT, CouponStatus.ACTIVE)):
        assert rules.status(system.coupon, 1, system.coupon.starts_at + by) is status


@pytest.mark.parametrize("limit", [None, 3])
def test_eventually_consistent_reads_decide_nothing(limit):
    """Eventually consistent reads miss the last minutes here, including the coupon."""
    system = System(9, limit)
    token = system.token()
    ours = ("COUPON#", "HOLDER#", "QUOTA#")
    get, query = system.client.engine.get_item, system.client.engine.query

    def old_item(**request: Any) -> Any:
        return (
            get(**request)
            if request["ConsistentRead"] or not request["Key"]["pk"]["S"].startswith(ours)
            else {}
        )

    def old_items(**request: Any) -> Any:
        return query(**request) if request["ConsistentRead"] else {"Items": []}

    system.client.engine.get_item, system.client.engine.query = old_item, old_items  # type: ignore[method-assign]
    first = system.new().redemption_service.redeem_by_link(token, 1, START)
    second = system.sell(key="second")
    assert (
        system.new().redemption_service.redeem_by_link(token, 1, START).redemption.redemption_id
        == first.redemption.redemption_id
    )
    assert system.sell(key="second").redemption.redemption_id == second.redemption.redemption_id
    assert system.sell(key="third").repeated is False
    assert len(
        system.new().redemption_service.open_link(token, START, look_again=True).redemptions
    ) == (1 if limit is None else 3)
    system.change(active=False)
    with pytest.raises(CouponDisabled):
        system.sell("bob")
    assert system.sell(key="third").repeated


def test_concurrent_redeemer_of_the_last_use_is_not_refused():
    system = System(1)
    token = system.token()
    system.run_before_first(
        TRANSACT, lambda: system.new().redemption_service.redeem_by_link(token, 1, START)
    )
    assert system.new().redemption_service.redeem_by_link(token, 1, START).repeated
