"""R16: each kind of trouble at each call of each use case: tried again, then a clear answer; nothing lost, nothing twice."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from couponflow.domain import links
from couponflow.domain.errors import CodeTaken, CouponflowError, Refusal, TryAgain, VersionConflict
from couponflow.domain.models import Coupon, RedeemPage
from couponflow.services import shard_redeemer
from couponflow.services.shard_redeemer import RedemptionResult
from couponflow.store import coupons, dynamodb, limit_changes
from couponflow.store.dynamodb import ContentionError, UnknownResultError
from couponflow.store.quota_shards import QuotaShardStore
from simulator.environments import ORGANISATION, START, Environment, environment, found_organisation, new_coupon
from simulator.faults import KINDS, TroubledClient, from_then_on, only_at

GET, BATCH, QUERY, PUT, UPDATE, TRANSACT = (
    "get_item",
    "batch_get_item",
    "query",
    "put_item",
    "update_item",
    "transact_write_items",
)
# What a client is told to repeat: the edge says 503 to all three.
UNDECIDED = (TryAgain, ContentionError, UnknownResultError)
MOST_SECONDS, MOST_CALLS = 12, 1_000


class Shop:
    """A coupon on three shards with up to three uses a customer: ann was sent it, bob has used it once."""

    def __init__(self, limit: int | None = 50, per_customer: int | None = 3) -> None:
        self.seconds = 0.0
        self.client = TroubledClient()
        found_organisation(self.client)
        env = self.environment()
        self.coupon = env.coupon_service.create(ORGANISATION, new_coupon(limit, per_customer), START).coupon
        env.redemption_service.distribute(self.coupon, "ann", None, START)
        env.redemption_service.redeem_by_link(self.link("bob", env), 1, START)

    def link(self, customer: str, env: Environment | None = None) -> str:
        if env is not None:
            env.redemption_service.distribute(self.coupon, customer, None, START)
        return links.format_token(self.coupon, links.derive_holder(self.coupon, customer))

    def environment(self) -> Environment:
        return environment(self.client, self._pause, lambda: self.seconds, random.Random(0), most_shards=3)

    def _pause(self, seconds: float) -> None:
        self.seconds += seconds

    def seen(self, env: Environment) -> Coupon:
        return env.redemption_service.find_coupon(ORGANISATION, coupon_id=self.coupon.coupon_id).coupon

    def change(self, env: Environment, **changes: Any) -> object:
        version = env.coupon_store.get(self.coupon.coupon_id).version
        return env.coupon_service.change(ORGANISATION, self.coupon.coupon_id, version, changes, START)

    def facts(self) -> object:
        """What matters of all that is stored; raises if it does not agree with itself."""
        self.client.begin(lambda *_: None)
        env, found = self.environment(), []
        for coupon in env.coupon_store.list_page(ORGANISATION, None, 10):
            shards = QuotaShardStore(env.coupon_store._table).read(coupon)
            assert coupon.units == sum(shard.used + shard.remaining for shard in shards)
            assert {shard.version for shard in shards} == {coupon.version}, "every gate is the coupon's"
            used = sum(shard.used for shard in shards)
            assert used == self._redemptions(coupon).count("redeemed")
            terms = (coupon.name, coupon.max_redemptions, coupon.max_redemptions_per_customer, coupon.active, coupon.shards)
            found.append((terms, coupon.archived_at, used, self._redemptions(coupon)))
        codes = sorted(pk for pk, sk in self.client.engine.items if sk == "CODE")
        return sorted(map(repr, found)), codes, self.environment().coupon_service.page(ORGANISATION, self.coupon.coupon_id)

    def _redemptions(self, coupon: Coupon) -> list[str]:
        items = self.client.engine.items.items()
        mine = [item for (pk, _), item in items if pk.startswith(f"HOLDER#{coupon.coupon_id}#")]
        return sorted(item["status"]["S"] for item in mine if "status" in item)


Call = Callable[[Shop, Environment], object]


def _another_coupon(shop: Shop, env: Environment) -> object:
    new = new_coupon(50, None)
    object.__setattr__(new, "code", "ANOTHER")
    return env.coupon_service.create(ORGANISATION, new, START)


def _saves_page(shop: Shop, env: Environment) -> object:
    return env.coupon_service.save_page(ORGANISATION, shop.coupon.coupon_id, RedeemPage(terms="One each"), START)


def _sells(customer: str, key: str = "receipt") -> Call:
    return lambda shop, env: env.redemption_service.redeem_at_till(shop.seen(env), customer, None, key, START)


def _taps(customer: str, use: int) -> Call:
    return lambda shop, env: env.redemption_service.redeem_by_link(shop.link(customer), use, START)


def _distributes(customer: str) -> Call:
    return lambda shop, env: env.redemption_service.distribute(shop.seen(env), customer, None, START)


def _changes(**changes: Any) -> Call:
    return lambda shop, env: shop.change(env, **changes)


LINK, TERMS, GLANCE, GATES, COUNTS = [QUERY, GET], [GET, QUERY], [BATCH], [UPDATE] * 3, [BATCH]
READ_TO_CHANGE = [GET, GET, GET]
# Each with all the calls that it makes when nothing is wrong: what is not in the list, no trouble would be tried at.
USE_CASES: dict[str, tuple[Callable[[], Shop], Call, list[str]]] = {
    "distribute": (Shop, _distributes("carl"), [*TERMS, *GLANCE, PUT]),
    "distribute again": (Shop, _distributes("ann"), [*TERMS, *GLANCE, PUT]),
    "distribute the next use": (Shop, _distributes("bob"), [*TERMS, *GLANCE, PUT, QUERY, PUT, QUERY]),
    "open": (Shop, lambda shop, env: env.redemption_service.open_link(shop.link("ann")), [QUERY, QUERY, GET, *GLANCE]),
    "look again": (
        Shop,
        lambda shop, env: env.redemption_service.open_link(shop.link("ann"), look_again=True),
        [QUERY, QUERY, QUERY, GET, *GLANCE],
    ),
    "redeem by link": (Shop, _taps("ann", 1), [*LINK, TRANSACT]),
    "redeem by link, repeated": (Shop, _taps("bob", 1), [*LINK, TRANSACT]),
    "redeem by link, the next use": (Shop, _taps("bob", 2), [*LINK, QUERY, TRANSACT]),
    "till": (Shop, _sells("carl"), [*TERMS, TRANSACT]),
    "till, the next use": (Shop, _sells("bob"), [*TERMS, TRANSACT, QUERY, TRANSACT]),
    "till, without limit": (lambda: Shop(per_customer=None), _sells("bob"), [*TERMS, TRANSACT, QUERY, GET, TRANSACT]),
    "till, used up": (lambda: Shop(per_customer=1), _sells("bob"), [*TERMS, TRANSACT, QUERY, QUERY]),
    "till, sold out": (lambda: Shop(limit=1), _sells("carl"), [*TERMS, TRANSACT, BATCH, GET, UPDATE, GET]),
    "create": (Shop, _another_coupon, [TRANSACT]),
    "rename": (Shop, _changes(name="other"), [*READ_TO_CHANGE, UPDATE, *GATES, *COUNTS]),
    "disable": (Shop, _changes(active=False), [*READ_TO_CHANGE, UPDATE, *GATES, *COUNTS]),
    "raise": (Shop, _changes(max_redemptions=53), [*READ_TO_CHANGE, BATCH, *[TRANSACT] * 3, *GATES, *COUNTS]),
    "lower": (Shop, _changes(max_redemptions=20), [*READ_TO_CHANGE, *COUNTS, *[BATCH, TRANSACT] * 3, *GATES, *COUNTS]),
    "archive": (Shop, lambda shop, env: env.coupon_service.archive(ORGANISATION, shop.coupon.coupon_id, START), [
        *[GET, GET, TRANSACT], GET, *GATES
    ]),
    "save the page": (Shop, _saves_page, [GET, GET, TRANSACT, *GATES]),
    "list": (
        Shop,
        lambda shop, env: env.coupon_service.list_page(ORGANISATION, None, "", None, 10, START),
        [GET, QUERY, *COUNTS],
    ),
}  # fmt: skip


def outcome(case: str, shop: Shop) -> str:
    """`done`, `repeated`, or the code of a refusal. Raises what leaves it open."""
    try:
        answer = USE_CASES[case][1](shop, shop.environment())
    except Refusal as refused:
        return refused.code
    return "repeated" if isinstance(answer, RedemptionResult) and answer.repeated else "done"


def untroubled(case: str) -> tuple[str, list[str], object]:
    shop = USE_CASES[case][0]()
    shop.client.begin(lambda *_: None)
    said, calls = outcome(case, shop), shop.client.calls
    return said, calls, shop.facts()


@pytest.mark.parametrize("case", USE_CASES)
def test_trouble_is_tried_at_every_call(case):
    assert untroubled(case)[1] == USE_CASES[case][2]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", USE_CASES)
def test_trouble_at_one_call_makes_no_difference(case, kind):
    said, calls, facts = untroubled(case)
    for troubled in range(len(calls)):
        shop = USE_CASES[case][0]()
        shop.client.begin(only_at(troubled, kind))
        assert outcome(case, shop) == said, (troubled, calls[troubled])
        assert shop.facts() == facts, (troubled, calls[troubled])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", USE_CASES)
def test_trouble_that_stays_ends_in_a_clear_answer_and_whoever_asks_again_gets_it_done_once(case, kind):
    said, calls, facts = untroubled(case)
    for troubled in range(len(calls)):
        shop = USE_CASES[case][0]()
        shop.client.begin(from_then_on(troubled, kind))
        with suppress(*UNDECIDED):
            assert outcome(case, shop) == said
        assert shop.seconds < MOST_SECONDS and len(shop.client.calls) < MOST_CALLS
        shop.client.begin(lambda *_: None)
        try:
            assert outcome(case, shop) in (said, "repeated")
        except (CodeTaken, VersionConflict) as done_before:
            assert kind.endswith(", done"), done_before
        assert shop.facts() == facts, (troubled, calls[troubled])


CONTROLS: list[tuple[Any, str, Any, str, str]] = [
    (dynamodb, "MOST_TRIES", 1, "distribute", "throttle"),
    (shard_redeemer, "MOST_TRIES", 1, "redeem by link", "conflict"),
    (limit_changes, "own_earlier_attempt", lambda *_: None, "lower", "time-out, done"),
    (coupons, "own_earlier_attempt", lambda *_: None, "rename", "5xx, done"),
]


@pytest.mark.parametrize(("where", "name", "instead", "case", "kind"), CONTROLS)
def test_without_another_try_or_a_look_at_the_last_one_it_makes_a_difference(monkeypatch, where, name, instead, case, kind):
    monkeypatch.setattr(where, name, instead)
    with pytest.raises((*UNDECIDED, VersionConflict, AssertionError)):
        test_trouble_at_one_call_makes_no_difference(case, kind)


def test_undecided_is_not_an_answer():
    assert not any(issubclass(each, Refusal) for each in UNDECIDED)
    assert issubclass(TryAgain, CouponflowError)
