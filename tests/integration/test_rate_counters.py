"""The shared rate counter never allows more than its limit, even to concurrent callers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import boto3
import pytest

from couponflow.store.dynamodb import Table as OurTable
from couponflow.store.rate_counters import RateCounterStore
from local.intrinsics import read_yaml
from local.sam_template import TEMPLATE
from tests.support.engines import on_both_engines
from tools.paths import ROOT

pytestmark = on_both_engines

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


LATER = 4_000_000_000


@pytest.fixture
def counters(table: Table, dynamodb: str) -> RateCounterStore:
    return RateCounterStore(OurTable(boto3.client("dynamodb", endpoint_url=dynamodb), table.name))


def test_each_window_has_its_own_limit(counters: RateCounterStore):
    assert [counters.take("link", "a", 1, 40, 120, LATER) for _ in range(4)] == [
        True,
        True,
        True,
        False,
    ]
    assert [counters.take("link", "a", 2, 40, 120, LATER) for _ in range(4)] == [
        True,
        True,
        True,
        False,
    ]
    assert counters.take("link", "b", 2, 40, 120, LATER)


def test_sixteen_concurrent_callers_get_exactly_the_limit(counters: RateCounterStore):
    for span in range(3):
        with ThreadPoolExecutor(16) as pool:
            taken = list(
                pool.map(
                    lambda _, span=span: counters.take("key", "burst", span, 40, 200, LATER),
                    range(16),
                )
            )
        assert sum(taken) == 5


def test_slow_clock_refuses_no_call(counters: RateCounterStore):
    counters.take("link", "late", 8, 120, 120, LATER)
    assert counters.take("link", "late", 7, 40, 120, LATER)


def test_only_short_lived_items_expire(counters: RateCounterStore, table: Table):
    swept = read_yaml(TEMPLATE)["Resources"]["Table"]["Properties"]["TimeToLiveSpecification"]
    assert swept == {"AttributeName": "expires_at", "Enabled": True}
    counters.take("link", "swept", 1, 40, 120, LATER)
    counters.take("link", "swept", 2, 40, 120, LATER + 10)
    (item,) = table.query(
        KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": "COUNTER#link#swept"}
    )["Items"]
    assert item["expires_at"] == LATER + 10
    written_by = {
        path.name
        for path in (ROOT / "layers/couponflow/couponflow/store").glob("*.py")
        if '"expires_at":' in path.read_text() or "expires_at = :" in path.read_text()
    }
    # Redemptions: only the number that guards an erased customer whom the coupon does not know.
    # Statistics: only the marks of stream shards.
    assert written_by == {"idempotency.py", "rate_counters.py", "redemptions.py", "statistics.py"}
