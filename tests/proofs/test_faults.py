"""R16: each fault at each call of each use case is retried and ends clearly; no loss, no
repetition.
"""

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
from simulator.environments import (
    ORGANISATION,
    START,
    Environment,
    environment,
    found_organisation,
    new_coupon,
)
from simulator.faults import KINDS, FaultyClient, from_call_on, only_at

GET, BATCH, QUERY, PUT, UPDATE, TRANSACT = (
    "get_item",
    "batch_get_item",
    "query",
    "put_item",
    "update_item",
    "transact_write_items",
)
# Errors that a client repeats: each becomes a 503.
UNDECIDED = (TryAgain, ContentionError, UnknownResultError)
MOST_SECONDS, MOST_CALLS = 12, 1_000


class System:
    """A coupon on three shards with three uses per customer: ann has the link, bob has used it
    once.
    """

    def __init__(self, limit: int | None = 50, per_customer: int | None = 3) -> None:
        self.seconds = 0.0
        self.client = FaultyClient()
        found_organisation(self.client)
        env = self.environment()
        self.coupon = env.coupon_service.create(
            ORGANISATION, new_coupon(limit, per_customer), START
        ).coupon
        env.redemption_service.distribute(self.coupon, "ann", None, START)
        env.redemption_service.redeem_by_link(self.link("bob", env), 1, START)

    def link(self, customer: str, env: Environment | None = None) -> str:
        if env is not None:
            env.redemption_service.distribute(self.coupon, customer, None, START)
        return links.format_token(self.coupon, links.derive_holder(self.coupon, customer))

    def environment(self) -> Environment:
        return environment(
            self.client, self._pause, lambda: self.seconds, random.Random(0), most_shards=3
        )

    def _pause(self, seconds: float) -> None:
        self.seconds += seconds

    def seen(self, env: Environment) -> Coupon:
        return env.redemption_service.find_coupon(
            ORGANISATION, coupon_id=self.coupon.coupon_id
        ).coupon

    def change(self, env: Environment, **changes: Any) -> object:
        version = env.coupon_store.get(self.coupon.coupon_id).version
        return env.coupon_service.change(
            ORGANISATION, self.coupon.coupon_id, version, changes, START
        )

    def facts(self) -> object:
        """The relevant stored facts. Raises if they are inconsistent."""
        self.client.begin(lambda *_: None)
        env, found = self.environment(), []
        for coupon in env.coupon_store.list_page(ORGANISATION, None, 10):
            shards = QuotaShardStore(env.coupon_store._table).read(coupon)
            assert coupon.units == sum(shard.used + shard.remaining for shard in shards)
            assert {shard.version for shard in shards} == {coupon.version}, (
                "every shard has the coupon's version"
            )
            used = sum(shard.used for shard in shards)
            assert used == self._redemptions(coupon).count("redeemed")
            terms = (
                coupon.name,
                coupon.max_redemptions,
                coupon.max_redemptions_per_customer,
                coupon.active,
                coupon.shards,
            )
            found.append((terms, coupon.archived_at, used, self._redemptions(coupon)))
        codes = sorted(pk for pk, sk in self.client.engine.items if sk == "CODE")
        return (
            sorted(map(repr, found)),
            codes,
            self.environment().coupon_service.page(ORGANISATION, self.coupon.coupon_id),
        )

    def _redemptions(self, coupon: Coupon) -> list[str]:
        items = self.client.engine.items.items()
        mine = [item for (pk, _), item in items if pk.startswith(f"HOLDER#{coupon.coupon_id}#")]
        return sorted(item["status"]["S"] for item in mine if "status" in item)


Call = Callable[[System, Environment], object]


def _another_coupon(system: System, env: Environment) -> object:
    new = new_coupon(50, None)
    object.__setattr__(new, "code", "ANOTHER")
    return env.coupon_service.create(ORGANISATION, new, START)


def _saves_page(system: System, env: Environment) -> object:
    return env.coupon_service.save_page(
        ORGANISATION, system.coupon.coupon_id, RedeemPage(terms="One each"), START
    )


def _sells(customer: str, key: str = "receipt") -> Call:
    return lambda system, env: env.redemption_service.redeem_at_till(
        system.seen(env), customer, None, key, START
    )


def _taps(customer: str, use: int) -> Call:
    return lambda system, env: env.redemption_service.redeem_by_link(
        system.link(customer), use, START
    )


def _opens(customer: str, **look: bool) -> Call:
    return lambda system, env: env.redemption_service.open_link(
        system.link(customer), START, **look
    )


def _distributes(customer: str) -> Call:
    return lambda system, env: env.redemption_service.distribute(
        system.seen(env), customer, None, START
    )


def _changes(**changes: Any) -> Call:
    return lambda system, env: system.change(env, **changes)


LINK, TERMS, SAMPLE, FENCES, COUNTS = [QUERY, GET], [GET, QUERY], [BATCH], [UPDATE] * 3, [BATCH]
SHOWN = [*COUNTS, BATCH]  # with the times distributed
READ_TO_CHANGE = [GET, GET, GET]
# Each use case with its calls in a run without faults; faults are tried at these calls.
USE_CASES: dict[str, tuple[Callable[[], System], Call, list[str]]] = {
    "distribute": (System, _distributes("carl"), [*TERMS, *SAMPLE, PUT]),
    "distribute again": (System, _distributes("ann"), [*TERMS, *SAMPLE, PUT]),
    "distribute the next use": (System, _distributes("bob"), [*TERMS, *SAMPLE, PUT, QUERY, PUT,
    QUERY]),
    "open": (System, _opens("ann"),
    [QUERY, QUERY, GET, *SAMPLE]),
    "look again": (
        System,
        _opens("ann", look_again=True),
        [QUERY, QUERY, GET, *SAMPLE],
    ),
    "redeem by link": (System, _taps("ann", 1), [*LINK, TRANSACT]),
    "redeem by link, repeated": (System, _taps("bob", 1), [*LINK, TRANSACT]),
    "redeem by link, the next use": (System, _taps("bob", 2), [*LINK, QUERY, TRANSACT]),
    "till": (System, _sells("carl"), [*TERMS, TRANSACT]),
    "till, the next use": (System, _sells("bob"), [*TERMS, TRANSACT, QUERY, TRANSACT]),
    "till, without limit": (lambda: System(per_customer=None), _sells("bob"), [*TERMS, TRANSACT,
    QUERY, GET, TRANSACT]),
    "till, used up": (lambda: System(per_customer=1), _sells("bob"), [*TERMS, TRANSACT, QUERY,
    GET, GET]),
    "till, sold out": (lambda: System(limit=1), _sells("carl"), [*TERMS, TRANSACT, BATCH, GET,
    UPDATE, GET]),
    "create": (System, _another_coupon, [GET, GET, TRANSACT]),
    "rename": (System, _changes(name="other"), [*READ_TO_CHANGE, UPDATE, *FENCES, *SHOWN]),
    "disable": (System, _changes(active=False), [*READ_TO_CHANGE, UPDATE, *FENCES, *SHOWN]),
    "raise": (System, _changes(max_redemptions=53), [*READ_TO_CHANGE, BATCH, *[TRANSACT] * 3,
    *FENCES, *SHOWN]),
    "lower": (System, _changes(max_redemptions=20), [*READ_TO_CHANGE, *COUNTS, *[BATCH,
    TRANSACT] * 3, *FENCES, *SHOWN]),
    "archive": (System, lambda system, env: env.coupon_service.archive(ORGANISATION,
    system.coupon.coupon_id, START), [
        *[GET, GET, TRANSACT], GET, *FENCES
    ]),
    "save the page": (System, _saves_page, [GET, GET, TRANSACT, *FENCES]),
    "list": (
        System,
        lambda system, env: env.coupon_service.list_page(ORGANISATION, None, "", None, 10, START),
        [GET, QUERY, *SHOWN],
    ),
}  # fmt: skip


def outcome(case: str, system: System) -> str:
    """`done`, `repeated`, or the code of a refusal. Raises errors with an unclear outcome."""
    try:
        answer = USE_CASES[case][1](system, system.environment())
    except Refusal as refused:
        return refused.code
    return "repeated" if isinstance(answer, RedemptionResult) and answer.repeated else "done"


def run_without_faults(case: str) -> tuple[str, list[str], object]:
    system = USE_CASES[case][0]()
    system.client.begin(lambda *_: None)
    said, calls = outcome(case, system), system.client.calls
    return said, calls, system.facts()


@pytest.mark.parametrize("case", USE_CASES)
def test_fault_is_tried_at_every_call(case):
    assert run_without_faults(case)[1] == USE_CASES[case][2]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", USE_CASES)
def test_single_fault_changes_no_outcome(case, kind):
    said, calls, facts = run_without_faults(case)
    for faulty_call in range(len(calls)):
        system = USE_CASES[case][0]()
        system.client.begin(only_at(faulty_call, kind))
        assert outcome(case, system) == said, (faulty_call, calls[faulty_call])
        assert system.facts() == facts, (faulty_call, calls[faulty_call])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", USE_CASES)
def test_permanent_fault_ends_clearly_and_a_repeat_acts_once(case, kind):
    said, calls, facts = run_without_faults(case)
    for faulty_call in range(len(calls)):
        system = USE_CASES[case][0]()
        system.client.begin(from_call_on(faulty_call, kind))
        with suppress(*UNDECIDED):
            assert outcome(case, system) == said
        assert system.seconds < MOST_SECONDS and len(system.client.calls) < MOST_CALLS
        system.client.begin(lambda *_: None)
        try:
            assert outcome(case, system) in (said, "repeated")
        except (CodeTaken, VersionConflict) as done_before:
            assert kind.endswith(", done"), done_before
        assert system.facts() == facts, (faulty_call, calls[faulty_call])


CONTROLS: list[tuple[Any, str, Any, str, str]] = [
    (dynamodb, "MOST_TRIES", 1, "distribute", "throttle"),
    (shard_redeemer, "MOST_TRIES", 1, "redeem by link", "conflict"),
    (limit_changes, "own_earlier_attempt", lambda *_: None, "lower", "time-out, done"),
    (coupons, "own_earlier_attempt", lambda *_: None, "rename", "5xx, done"),
]


@pytest.mark.parametrize(("where", "name", "instead", "case", "kind"), CONTROLS)
def test_control_without_retry_a_fault_changes_the_outcome(
    monkeypatch, where, name, instead, case, kind
):
    monkeypatch.setattr(where, name, instead)
    with pytest.raises((*UNDECIDED, VersionConflict, AssertionError)):
        test_single_fault_changes_no_outcome(case, kind)


def test_unclear_outcome_is_an_error():
    assert not any(issubclass(each, Refusal) for each in UNDECIDED)
    assert issubclass(TryAgain, CouponflowError)
