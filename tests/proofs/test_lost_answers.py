"""R5: a use whose every answer was lost, asked for again at once or long after: the same redemption, and never a second."""

from __future__ import annotations

import random
from typing import Any

import pytest

from couponflow.domain import links
from couponflow.domain.errors import TryAgain
from couponflow.services.shard_redeemer import RedemptionResult
from couponflow.store import keys, redemptions
from simulator.environments import ORGANISATION, Environment, environment, found_organisation, moment, new_coupon
from simulator.faults import TroubledClient, from_then_on

MINUTE = 60.0


class Customer:
    """Ann, who has used the coupon some times and uses it once more, at the phone or at a till: the last use that there is."""

    def __init__(self, by: str, limit: int | None, uses_before: int) -> None:
        self.seconds, self.by, self.use = 0.0, by, uses_before + 1
        self.client = TroubledClient()
        found_organisation(self.client)
        env = self._environment()
        self.coupon = env.coupon_service.create(ORGANISATION, new_coupon(self.use, limit), moment(0)).coupon
        self.token = env.redemption_service.distribute(self.coupon, "ann", None, moment(0)).token
        for number in range(1, self.use):
            env.redemption_service.redeem_by_link(self.token, number, moment(0))
        self.client.begin(lambda *_: None)

    def asks(self) -> RedemptionResult:
        """Served by an environment that knows nothing of earlier ones."""
        service, now = self._environment().redemption_service, moment(self.seconds)
        if self.by == "page":
            return service.redeem_by_link(self.token, self.use, now)
        return service.redeem_at_till(self.coupon, "ann", None, "receipt", now)

    def is_never_answered(self) -> None:
        """The use is made, and from that moment on no answer to a write arrives, however often it is tried."""
        twin = Customer(self.by, self.coupon.max_redemptions_per_customer, self.use - 1)
        twin.asks()
        made_at = len(twin.client.calls) - 1
        self.client.begin(from_then_on(made_at, "time-out, done"))
        with pytest.raises(TryAgain):
            self.asks()
        self.client.begin(lambda *_: None)

    def made(self) -> list[str]:
        """Ids of the redemptions that count."""
        holder = keys.holder(links.derive_holder(self.coupon, "ann"))
        items = [item for (pk, _), item in self.client.engine.items.items() if pk == holder]
        return [item["redemption_id"]["S"] for item in items if item.get("status") == {"S": "redeemed"}]

    def _environment(self) -> Environment:
        return environment(self.client, self._pause, lambda: self.seconds, random.Random(0))

    def _pause(self, seconds: float) -> None:
        self.seconds += seconds


WAYS = [
    (by, limit, before) for by in ("page", "till") for limit, before in [(1, 0), (3, 0), (3, 1), (3, 2), (None, 0), (None, 2)]
]


@pytest.mark.parametrize("minutes", [0, 9, 11, 12 * 60])
@pytest.mark.parametrize(("by", "limit", "before"), WAYS)
def test_the_same_request_again_is_the_same_redemption(by, limit, before, minutes):
    ann = Customer(by, limit, before)
    ann.is_never_answered()
    assert len(ann.made()) == before + 1
    for _ in range(2):
        ann.seconds += minutes * MINUTE
        again = ann.asks()
        assert again.repeated and again.redemption.redemption_id in ann.made()
        assert len(ann.made()) == len(set(ann.made())) == before + 1


def test_it_is_the_same_also_after_the_coupon_is_over_and_sold_out():
    for by, limit, before in WAYS:
        ann = Customer(by, limit, before)
        ann.is_never_answered()
        ann.seconds += 3 * 24 * 60 * MINUTE
        assert ann.asks().repeated
        assert len(ann.made()) == before + 1


def _of_no_key(*_: Any) -> str:
    return links.new_id()


ALWAYS = "attribute_exists(pk)"
MUTANTS = [
    ("page", 3, 0, redemptions, "IS_UNUSED", f"({ALWAYS} OR :distributed = :distributed)"),
    ("till", 3, 1, links, "derive_attempt", _of_no_key),
    ("till", None, 2, redemptions, "IS_NEW_OR_UNUSED", f"({ALWAYS} OR :distributed = :distributed)"),
]


@pytest.mark.parametrize(("by", "limit", "before", "where", "name", "instead"), MUTANTS)
def test_without_a_trace_of_the_first_try_a_second_use_is_taken(monkeypatch, by, limit, before, where, name, instead):
    ann = Customer(by, limit, before)
    env = environment(ann.client, lambda _: None, lambda: 0.0, random.Random(0))
    env.coupon_service.change(ORGANISATION, ann.coupon.coupon_id, 1, {"max_redemptions": 10}, moment(0))
    # Where every answer is lost, old terms are never found out, and nothing would be made.
    ann.coupon = env.coupon_store.get(ann.coupon.coupon_id)
    monkeypatch.setattr(where, name, instead)
    ann.is_never_answered()
    ann.seconds += 11 * MINUTE
    ann.asks()

    campaign = env.coupon_service.get(ORGANISATION, ann.coupon.coupon_id)
    assert campaign.counts.used > before + 1
