"""R5: a use whose responses were all lost and that is requested again is the same redemption."""

from __future__ import annotations

import random
from typing import Any

import pytest

from couponflow.domain import links
from couponflow.domain.errors import TryAgain
from couponflow.services.shard_redeemer import RedemptionResult
from couponflow.store import keys, redemptions
from simulator.environments import (
    ORGANISATION,
    Environment,
    environment,
    found_organisation,
    moment,
    new_coupon,
)
from simulator.faults import FaultyClient, from_call_on

MINUTE = 60.0


class Customer:
    """Ann, who redeems the last use of the coupon by link or at a till, after some earlier uses."""

    def __init__(self, by: str, limit: int | None, uses_before: int) -> None:
        self.seconds, self.by, self.use = 0.0, by, uses_before + 1
        self.client = FaultyClient()
        found_organisation(self.client)
        env = self._environment()
        self.coupon = env.coupon_service.create(
            ORGANISATION, new_coupon(self.use, limit), moment(0)
        ).coupon
        self.token = env.redemption_service.distribute(self.coupon, "ann", None, moment(0)).token
        for number in range(1, self.use):
            env.redemption_service.redeem_by_link(self.token, number, moment(0))
        self.client.begin(lambda *_: None)

    def request(self) -> RedemptionResult:
        """Request the use in a new environment."""
        service, now = self._environment().redemption_service, moment(self.seconds)
        if self.by == "page":
            return service.redeem_by_link(self.token, self.use, now)
        return service.redeem_at_till(self.coupon, "ann", None, "receipt", now)

    def lose_every_response(self) -> None:
        """Request the use; it is redeemed, but every response to a write is lost from then on."""
        twin = Customer(self.by, self.coupon.max_redemptions_per_customer, self.use - 1)
        twin.request()
        made_at = len(twin.client.calls) - 1
        self.client.begin(from_call_on(made_at, "time-out, done"))
        with pytest.raises(TryAgain):
            self.request()
        self.client.begin(lambda *_: None)

    def redemption_ids(self) -> list[str]:
        """Ids of the redeemed uses."""
        holder = keys.holder(links.derive_holder(self.coupon, "ann"))
        items = [item for (pk, _), item in self.client.engine.items.items() if pk == holder]
        return [
            item["redemption_id"]["S"] for item in items if item.get("status") == {"S": "redeemed"}
        ]

    def _environment(self) -> Environment:
        return environment(self.client, self._pause, lambda: self.seconds, random.Random(0))

    def _pause(self, seconds: float) -> None:
        self.seconds += seconds


WAYS = [
    (by, limit, before)
    for by in ("page", "till")
    for limit, before in [(1, 0), (3, 0), (3, 1), (3, 2), (None, 0), (None, 2)]
]


@pytest.mark.parametrize("minutes", [0, 9, 11, 12 * 60])
@pytest.mark.parametrize(("by", "limit", "before"), WAYS)
def test_repeated_request_returns_the_same_redemption(by, limit, before, minutes):
    ann = Customer(by, limit, before)
    ann.lose_every_response()
    assert len(ann.redemption_ids()) == before + 1
    for _ in range(2):
        ann.seconds += minutes * MINUTE
        again = ann.request()
        assert again.repeated and again.redemption.redemption_id in ann.redemption_ids()
        assert len(ann.redemption_ids()) == len(set(ann.redemption_ids())) == before + 1


def test_repeated_request_works_on_a_closed_sold_out_coupon():
    for by, limit, before in WAYS:
        ann = Customer(by, limit, before)
        ann.lose_every_response()
        ann.seconds += 3 * 24 * 60 * MINUTE
        assert ann.request().repeated
        assert len(ann.redemption_ids()) == before + 1


def _of_no_key(*_: Any) -> str:
    return links.new_id()


ALWAYS = "attribute_exists(pk)"
MUTANTS = [
    ("page", 3, 0, redemptions, "IS_UNUSED", f"({ALWAYS} OR :distributed = :distributed)"),
    ("till", 3, 1, links, "derive_attempt", _of_no_key),
    (
        "till",
        None,
        2,
        redemptions,
        "IS_NEW_OR_UNUSED",
        f"({ALWAYS} OR :distributed = :distributed)",
    ),
]


@pytest.mark.parametrize(("by", "limit", "before", "where", "name", "instead"), MUTANTS)
def test_control_without_the_attempt_a_second_use_is_made(
    monkeypatch, by, limit, before, where, name, instead
):
    ann = Customer(by, limit, before)
    env = environment(ann.client, lambda _: None, lambda: 0.0, random.Random(0))
    env.coupon_service.change(
        ORGANISATION, ann.coupon.coupon_id, 1, {"max_redemptions": 10}, moment(0)
    )
    # With every response lost, outdated terms would never be noticed and nothing redeemed.
    ann.coupon = env.coupon_store.get(ann.coupon.coupon_id)
    monkeypatch.setattr(where, name, instead)
    ann.lose_every_response()
    ann.seconds += 11 * MINUTE
    ann.request()

    campaign = env.coupon_service.get(ORGANISATION, ann.coupon.coupon_id)
    assert campaign.counts.used > before + 1
