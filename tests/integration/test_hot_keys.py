"""One coupon's rush must not slow another's: what redeeming writes for one, it writes for no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bench.dynamodb_tables import Bench, fresh_table
from simulator.environments import ORGANISATION, new_coupon


@pytest.fixture
def bench(dynamodb, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb)
    with fresh_table() as made:
        yield made


def partitions(request: Any) -> Iterator[str]:
    """Of the table and of the index, wherever they stand in a request."""
    if isinstance(request, dict):
        for name, value in request.items():
            yield from (value["S"],) if name in ("pk", "gpk", ":gpk") else partitions(value)
    if isinstance(request, list):
        for each in request:
            yield from partitions(each)


def written(bench: Bench, code: str, customers: int) -> set[str]:
    """The partitions that giving out and redeeming a coupon write to, by page and till."""
    env, now, found = bench.environment(), bench.clock.now, set[str]()
    coupon = env.coupon_service.create(ORGANISATION, replace(new_coupon(1_000, 1), code=code), now).coupon

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name in ("PutItem", "UpdateItem", "TransactWriteItems"):
            found.update(partitions(params))

    bench.client.meta.events.register("provide-client-params.dynamodb", note, unique_id=code)
    for number in range(customers):
        given = env.redemption_service.distribute(coupon, f"customer-{number}", None, now)
        env.redemption_service.redeem_by_link(given.token, 1, now)
        env.redemption_service.redeem_at_till(coupon, f"guest-{number}", None, None, now)
    bench.client.meta.events.unregister("provide-client-params.dynamodb", unique_id=code)
    return found


def test_two_coupons_write_to_no_partition_in_common(bench):
    one, other = written(bench, "ONE", 10), written(bench, "OTHER", 10)
    assert one and other and not one & other


def test_two_customers_of_one_coupon_do(bench):
    assert len(written(bench, "ONE", 10)) < 10 * len(written(bench, "OTHER", 1))
