"""Single calls: their tries, shards, waits, and what they do not write."""

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
from couponflow.services.redemption import MOST_CHANGES
from couponflow.services.shard_redeemer import MOST_TRIES, RedemptionResult
from couponflow.store.dynamodb import Table
from couponflow.store.quota_shards import QuotaShardStore
from simulator.environments import (
    ORGANISATION,
    START,
    Environment,
    environment,
    found_organisation,
    new_coupon,
)
from simulator.faults import FaultyClient, from_call_on

TRANSACT = "transact_write_items"


class System:
    """Two environments with the created coupon cached; neither sees the other's changes."""

    def __init__(self, limit: int | None, per_customer: int | None = None, **changes: Any) -> None:
        self.seconds, self.pauses, self.written = 0.0, list[float](), list[list[str]]()
        self.client = FaultyClient()
        found_organisation(self.client)
        self.one, self.other = self.environment(), self.environment()
        self.coupon_id = self.one.coupon_service.create(
            ORGANISATION, new_coupon(limit, per_customer), START
        ).coupon.coupon_id
        if changes:
            self.change(self.environment(), **changes)
        self.coupon = self.one.redemption_service.find_coupon(
            ORGANISATION, coupon_id=self.coupon_id
        ).coupon
        self.other.redemption_service.find_coupon(ORGANISATION, coupon_id=self.coupon_id)
        self._watched()

    def environment(self) -> Environment:
        return environment(
            self.client, self._pause, lambda: self.seconds, random.Random(0), most_shards=4
        )

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def _watched(self) -> None:
        """Record the keys that each transaction writes from now on in `written`."""
        transact = self.client.engine.transact_write_items

        def watched(*, TransactItems: Any) -> Any:
            bodies = [body for write in TransactItems for body in write.values()]
            self.written.append([body["Key"]["pk"]["S"] for body in bodies])
            return transact(TransactItems=TransactItems)

        self.client.engine.transact_write_items = watched  # type: ignore[method-assign]

    def change(self, env: Environment, **changes: Any) -> None:
        version = env.coupon_store.get(self.coupon_id).version
        env.coupon_service.change(ORGANISATION, self.coupon_id, version, changes, START)

    def sell(
        self, env: Environment, customer: str = "ann", key: str | None = None
    ) -> RedemptionResult:
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


def test_environment_keeps_the_shard_of_its_last_success():
    system = System(100)
    for number in range(6):
        system.sell(system.one, f"customer-{number}")
    assert len(set(system.shards())) == 1


def test_every_hop_goes_to_another_shard():
    for seed in range(20):
        system = System(100)
        system.one.shard_redeemer._dice.seed(seed)
        system.sell(system.one)
        (first,) = system.shards()
        system.client.begin(lambda number, _: "conflict" if number == 0 else None)
        system.sell(system.one, "bob")
        assert system.shards()[-1] != first


def test_first_hop_is_immediate_and_later_ones_wait():
    system = System(100)
    system.client.begin(from_call_on(0, "conflict"))
    with pytest.raises(TryAgain):
        system.sell(system.one)
    assert system.client.calls == [TRANSACT] * MOST_TRIES
    assert len(system.pauses) == MOST_TRIES - 2


def test_last_try_starts_well_before_the_functions_timeout():
    system = System(100)

    def slow(*_: Any) -> str:
        system.seconds += 2
        return "time-out, not done"

    system.client.begin(slow)
    with pytest.raises(TryAgain):
        system.sell(system.one)
    assert system.client.calls == [TRANSACT] * 3


@pytest.mark.parametrize(
    ("limit", "changes", "refusal"),
    [(1, {"name": "all gone"}, CouponMaxUsesReached), (9, {"active": False}, CouponDisabled)],
)
@pytest.mark.parametrize("by", ["link", "till"])
def test_known_refusal_causes_no_write(by, limit, changes, refusal):
    system = System(limit)
    token = system.link("ann")
    system.sell(system.one, "bob")
    system.change(system.one, **changes)
    system.seconds += 10  # the caches expire, so the change is seen

    def ann_comes() -> None:
        with pytest.raises(refusal):
            system.one.redemption_service.redeem_by_link(
                token, 1, START
            ) if by == "link" else system.sell(system.one, "ann")

    ann_comes()
    assert TRANSACT not in system.calls_of(ann_comes)


def test_refusal_is_given_only_after_a_strong_read():
    system = System(9, 2, active=False)
    system.change(system.other, active=True)
    assert not system.sell(system.one).repeated


@pytest.mark.parametrize("by", ["link", "till"])
def test_concurrent_customer_limit_refuses_only_who_reached_it(by):
    system = System(9)
    token = system.link("ann")

    def once_more(number: int) -> None:
        if by == "link":
            system.one.redemption_service.redeem_by_link(token, number, START)
        else:
            system.sell(system.one)

    once_more(1)
    system.change(system.other, max_redemptions_per_customer=2)
    once_more(2)
    with pytest.raises(CustomerMaxUsesReached):
        once_more(3)


@pytest.mark.parametrize(
    ("per_customer", "key", "uses"),
    [(None, "sale", [2, 2, 2]), (3, None, [2, 2, 2]), (3, "sale", [2, 3, 3])],
)
def test_attempt_is_claimed_only_if_another_slot_is_possible(per_customer, key, uses):
    system = System(9, per_customer)
    made = []
    for number in range(3):
        system.sell(system.one, key=key and f"{key} {number}")
        made.append(len(system.written[-1]))
    assert made == uses


def test_till_overtaken_by_its_own_repeat_is_not_sold_out():
    """The repeat knows that the customer limit is gone, and redeems the last use just before."""
    system = System(2, 3)
    system.sell(system.one, key="earlier")

    def twin_comes_first(number: int, method: str) -> None:
        if method == TRANSACT and len(system.client.calls) > 1:
            system.client.begin(lambda *_: None)
            system.change(system.other, max_redemptions_per_customer=None)
            system.sell(system.environment(), key="sale")

    system.client.begin(twin_comes_first)
    assert system.sell(system.one, key="sale").repeated


def test_sold_out_is_marked_once_and_by_no_reader():
    system = System(1)
    token = system.link("ann")
    system.sell(system.one, "bob")
    system.seconds += 1  # an environment sampled the shards just before
    looking = system.environment()
    assert "update_item" not in system.calls_of(
        lambda: looking.redemption_service.open_link(token, START)
    )
    assert looking.redemption_service.open_link(token, START).is_sold_out

    def refused(env: Environment) -> None:
        with pytest.raises(CouponMaxUsesReached):
            system.sell(env, "cat")

    assert system.calls_of(lambda: refused(system.one)).count("update_item") == 1
    assert system.calls_of(lambda: refused(system.other)).count("update_item") == 0
    assert system.one.coupon_store.get(system.coupon_id).is_marked_sold_out


def test_lowering_to_the_uses_is_sold_out_for_all():
    system = System(5)
    system.sell(system.one)
    system.change(system.other, max_redemptions=1)
    assert system.one.coupon_store.get(system.coupon_id).is_marked_sold_out


def test_environment_that_proved_sold_out_sells_after_a_raise():
    system = System(1)
    system.sell(system.one)
    with pytest.raises(CouponMaxUsesReached):
        system.sell(system.one, "bob")
    system.change(system.one, max_redemptions=2)
    system.seconds += 1.9  # the coupon is read again, the proof remains cached
    assert not system.sell(system.one, "bob").repeated


def test_customer_limit_takes_precedence_over_sold_out():
    system = System(1, 1)
    system.sell(system.one)
    for who, refusal in (("ann", CustomerMaxUsesReached), ("bob", CouponMaxUsesReached)):
        with pytest.raises(refusal):
            system.one.redemption_service.distribute(system.coupon, who, None, START)


def test_shards_are_sampled_once_in_two_seconds():
    system = System(9)
    glances = [
        system.calls_of(lambda: system.link("ann")).count("batch_get_item") for _ in range(3)
    ]
    system.seconds += 2.5
    assert [*glances, system.calls_of(lambda: system.link("ann")).count("batch_get_item")] == [
        1,
        0,
        0,
        1,
    ]


@pytest.mark.parametrize("text", ["x", "COUPON#x", ""])
def test_malformed_id_or_code_is_not_looked_up(text):
    system = System(9)

    def looks_up(call: Callable[[], object]) -> None:
        with pytest.raises(CouponNotFound):
            call()

    campaigns: CouponService = system.one.coupon_service
    assert (
        system.calls_of(
            lambda: looks_up(
                lambda: system.one.redemption_service.find_coupon(ORGANISATION, coupon_id=text)
            )
        )
        == []
    )
    assert system.calls_of(lambda: looks_up(lambda: campaigns.coupon(ORGANISATION, text))) == []
    assert (
        system.calls_of(
            lambda: looks_up(lambda: system.one.redemption_service.find_coupon(ORGANISATION))
        )
        == []
    )


def test_change_returns_only_after_fencing_every_shard():
    system = System(100)
    failing = iter([True] * 9)

    def busy(_: int, method: str) -> str | None:
        return (
            "throttle"
            if method == "update_item"
            and system.client.calls.count("update_item")
            and next(failing, False)
            else None
        )

    system.client.begin(busy)
    system.change(system.other, active=False)
    store = QuotaShardStore(Table(system.client, "couponflow"))
    assert {shard.version for shard in store.read(system.coupon)} == {2}


def test_missing_shards_are_not_read_as_empty():
    system = System(100)
    key = next(key for key in system.client.engine.items if key[1] == "QUOTA")
    system.client.engine.store(key, None)
    with pytest.raises(LookupError, match="found 3"):
        QuotaShardStore(Table(system.client, "couponflow")).read(system.coupon)


@pytest.mark.parametrize(("seconds", "tries"), [(0, MOST_CHANGES), (2, 3)])
@pytest.mark.parametrize("by", ["link", "till"])
def test_call_ends_after_its_restarts_or_its_time(by, seconds, tries):
    """The coupon changes before each try; the time of a call runs over its restarts."""
    system = System(100)
    token = system.link("ann")

    def change(_: int, method: str) -> None:
        if method == TRANSACT:
            system.seconds += seconds
            system.change(system.environment(), name="other")

    system.client.begin(change)
    with pytest.raises(TryAgain):
        if by == "link":
            system.one.redemption_service.redeem_by_link(token, 1, START)
        else:
            system.sell(system.one)
    assert system.client.calls.count(TRANSACT) == tries
