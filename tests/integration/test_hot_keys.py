"""A load spike on one coupon must not slow another: their writes share no partition."""

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
    """Partition keys of table and index, anywhere in a request."""
    if isinstance(request, dict):
        for name, value in request.items():
            yield from (value["S"],) if name in ("pk", "gpk", ":gpk") else partitions(value)
    if isinstance(request, list):
        for each in request:
            yield from partitions(each)


def written_partitions(bench: Bench, code: str, customers: int) -> set[str]:
    """Partitions that distribution and redemption by page and till write to."""
    env, now, found = bench.environment(), bench.clock.now, set[str]()
    coupon = env.coupon_service.create(
        ORGANISATION, replace(new_coupon(1_000, 1), code=code), now
    ).coupon

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


def test_two_coupons_share_no_written_partition(bench):
    one, other = written_partitions(bench, "ONE", 10), written_partitions(bench, "OTHER", 10)
    assert one and other and not one & other


def test_control_customers_of_one_coupon_share_partitions(bench):
    assert len(written_partitions(bench, "ONE", 10)) < 10 * len(
        written_partitions(bench, "OTHER", 1)
    )
