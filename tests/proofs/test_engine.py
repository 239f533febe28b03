"""The simulated engine gives the responses and items of real ones for the same random requests."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from couponflow.domain import links
from couponflow.domain.errors import CouponflowError
from simulator.engine import Engine, key_of
from simulator.environments import (
    ORGANISATION,
    START,
    Environment,
    environment,
    found_organisation,
    new_coupon,
)
from tests.support.engines import WITHHOLDS_OLD, on_both_engines


class ComparingClient:
    """A client that sends every request to both engines and compares the results."""

    def __init__(self, table: str, engine: Engine) -> None:
        self._real, self._table, self.engine, self.calls = (
            boto3.client("dynamodb"),
            table,
            engine,
            0,
        )

    def __getattr__(self, method: str) -> Any:
        return lambda **request: self._call(method, request)

    def _call(self, method: str, request: dict[str, Any]) -> Any:
        self.calls += 1
        mine = _answered(lambda: self.engine.call(method, request))
        real = _answered(lambda: getattr(self._real, method)(**_renamed(request, self._table)))
        assert _plain(mine, "couponflow") == _plain(real, self._table), (method, request)
        if isinstance(mine, ClientError):
            raise mine
        return mine

    def items(self) -> list[Any]:
        found = [
            item
            for page in self._real.get_paginator("scan").paginate(TableName=self._table)
            for item in page["Items"]
        ]
        return sorted(found, key=key_of)


def _answered(call: Any) -> Any:
    try:
        return call()
    except ClientError as refused:
        return refused


def _plain(answer: Any, table: str) -> Any:
    if isinstance(answer, ClientError):
        code = answer.response["Error"]["Code"]
        reasons: Any = answer.response.get("CancellationReasons", [])
        return (
            code,
            answer.response.get("Item"),
            [(reason["Code"], reason.get("Item")) for reason in reasons],
        )
    if "Responses" in answer:
        return sorted(answer["Responses"].get(table, []), key=key_of)
    return {name: answer[name] for name in ("Item", "Items", "Attributes") if name in answer}


def _renamed(value: Any, table: str) -> Any:
    if isinstance(value, dict):
        return {
            table if name == "couponflow" else name: _renamed(each, table)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_renamed(each, table) for each in value]
    return table if value == "couponflow" else value


@on_both_engines
@pytest.mark.parametrize("seed", range(3))
def test_simulated_and_real_engine_give_equal_responses(table, engine_name, seed):
    simulated = Engine(withholds_old=engine_name == WITHHOLDS_OLD)
    dice, both = random.Random(seed), ComparingClient(table.name, simulated)
    env = environment(both, lambda _: None, lambda: 0.0, dice, most_shards=3)
    found_organisation(both)
    limit = dice.choice([3, 40, 60])
    coupon = env.coupon_service.create(
        ORGANISATION, new_coupon(limit, dice.choice([None, 1, 3])), START
    ).coupon
    for _ in range(120):
        with suppress(CouponflowError):
            _act(dice, env, coupon.coupon_id)

    assert both.items() == sorted(both.engine.items.values(), key=key_of)
    assert both.calls > 200


def _act(dice: random.Random, env: Environment, coupon_id: str) -> None:
    customer, coupon = f"customer-{dice.randrange(4)}", env.coupon_store.get(coupon_id)
    token = links.format_token(coupon, links.derive_holder(coupon, customer))
    limit = {
        dice.choice(["max_redemptions", "max_redemptions_per_customer"]): dice.choice(
            [None, 1, 2, 5, 50]
        )
    }
    stale = dice.random() < 0.2
    acts: list[Callable[[], object]] = [
        lambda: env.redemption_service.distribute(coupon, customer, "inbox", START),
        lambda: env.redemption_service.redeem_by_link(token, dice.randint(1, 3), START),
        lambda: env.redemption_service.redeem_at_till(
            coupon, customer, None, dice.choice([None, "sale"]), START
        ),
        lambda: env.redemption_service.open_link(token, START, look_again=True),
        lambda: env.coupon_service.change(
            ORGANISATION, coupon_id, coupon.version - stale, limit, START
        ),
        lambda: env.coupon_service.list_page(ORGANISATION, None, "", None, 10, START),
    ]
    dice.choice(acts)()
