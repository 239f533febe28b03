"""No read grows with the history of a customer or of a coupon, on any route.

Three coupons differ only in their history: 0, 50 or 500 uses of one customer. Every route runs on
each of them, and the read units of its calls are compared.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.client
import pytest

from bench import meter
from couponflow.cache import CACHE_CLOCK
from couponflow.domain import links, times
from couponflow.domain.models import Coupon, RedemptionStatus
from couponflow.services.coupons import CouponService
from couponflow.store import attribute_values, keys
from couponflow.store.redemptions import RedemptionStore
from couponflow.web.http.routes import ROUTES
from tests.integration import example_requests
from tests.support.api import Api
from tests.unit.test_imports import MODULES

SIZES = (0, 50, 500)
# A longer history may cost this much more, for a page of 50 records or for the uses that a limit of
# 100 counts. A read of all of it would cost 47 units more for 500 uses than for 50.
MOST_MORE = 12.0
CUSTOMER = "regular"
# Kinds of histories: by link only, at tills only, and both under a limit that was set later.
KINDS: dict[str, int | None] = {"by link": None, "at tills": None, "limited later": 100}
# Routes left out, and why.
LEFT_OUT = {
    "GET /v1/coupons/{coupon_id}/redemptions.csv": "reads everything, up to 200,000 records",
    "GET /console/{path+}": "static files: the function has no table",
    "HEAD /console/{path+}": "static files: the function has no table",
}
BEGAN = datetime(2026, 2, 1, tzinfo=UTC)
# The same route with other fields.
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "GET /v1/coupons/{coupon_id}/redemptions": [
        {"customer_id": None},
        {"status": "redeemed"},
        {"customer_id": None, "status": "redeemed"},
        {"customer_id": None, "status": "distributed"},
    ],
    "POST /r/{token}/redeem": [{"use": use} for use in (1, 2, 7, 40, 60, 500, 502, 999_999)],
}


def history(coupon: Coupon, kind: str, size: int) -> Iterator[dict[str, Any]]:
    """The stored items of that many uses, as the service writes them."""
    holder = links.derive_holder(coupon, CUSTOMER)
    for number in range(1, size + 1):
        is_numbered = kind == "by link" or number == 1 or (kind == "limited later" and number <= 40)
        attempt = links.derive_attempt(f"sale {number}", holder)
        slot = keys.slot(number) if is_numbered else keys.attempt_slot(attempt)
        at = times.format_utc(BEGAN + timedelta(minutes=number))
        id_ = links.redemption_id(coupon, holder, slot)
        yield keys.redemption(holder, slot) | {
            "gpk": keys.records_of(coupon, holder, RedemptionStatus.REDEEMED),
            "gsk": keys.record_order(at, id_),
            "redemption_id": id_,
            "status": "redeemed",
            "customer_id": CUSTOMER,
            "inbox_id": "line-7f3b2c",
            "distributed_at": at,
            "redeemed_at": at,
            "attempt": attempt,
            "quota_shard": 3,
        }


@contextmanager
def counted_reads() -> Iterator[list[float]]:
    """The read units of each call to DynamoDB."""
    units: list[float] = []
    call = vars(botocore.client.BaseClient)["_make_api_call"]

    def counting(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        answer = call(client, operation, parameters)
        units.append(meter.read_units(operation, parameters, answer))
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", counting)
        yield units


class Regular:
    """A coupon with the history of one customer, and the values that requests need."""

    def __init__(self, api: Api, table: Any, kind: str, size: int) -> None:
        self.api = api
        made = api.coupon(max_redemptions=100_000)
        coupon = api.gateway.function("CouponsFunction").services.coupon_store.get(
            made["coupon_id"]
        )
        self.token = api.distribute(made, CUSTOMER)["redeem_token"]
        with table.batch_writer(overwrite_by_pkeys=["pk", "sk"]) as batch:
            for item in history(coupon, kind, size):
                batch.put_item(Item=item)
        if KINDS[kind] is not None:
            assert api.patch(made, max_redemptions_per_customer=KINDS[kind]).status_code == 200
        block = api.call("POST", "/v1/flow/blocks", {"coupon_id": made["coupon_id"]}).json()
        ids = {"coupon_id": made["coupon_id"], "block_id": block["block_id"]}
        unknown = {"image_id": "0123456789abc", "file": "0" * 64 + ".webp", "token": self.token}
        self.in_path = ids | unknown
        self.values = example_requests.EXAMPLES | ids | {"customer_id": CUSTOMER, "use": 1}

    def send(self, route: str, changes: dict[str, Any]) -> tuple[int, float]:
        """Send the example of a route; return the response's status and the read units."""
        values = {k: v for k, v in (self.values | changes).items() if v is not None}
        request = example_requests.build_request(route, self.in_path, values)
        scope = ROUTES[route] or "admin"
        with counted_reads() as units:
            answer = self.api.client.request(
                request.method,
                request.path,
                params=request.query,
                json=request.body,
                headers=self.api.bearer(scope) | {"accept": "application/json"},
            )
        return answer.status_code, sum(units)


@pytest.fixture(autouse=True)
def frozen_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    """All environments read terms equally often."""
    wall = time.time()
    monkeypatch.setattr(CACHE_CLOCK, "wall", lambda: wall)
    monkeypatch.setattr(CACHE_CLOCK, "monotonic", lambda: 1.0)
    monkeypatch.setattr(CouponService, "_wait_for_followers", lambda _: None)


def measured(api: Api, table: Any, kind: str) -> dict[str, list[tuple[int, float]]]:
    """Status and read units of each route and variant, by the size of the history."""
    api.gateway.restart()
    regulars = [Regular(api, table, kind, size) for size in SIZES]
    found: dict[str, list[tuple[int, float]]] = {}
    last = ("DELETE /v1/coupons/{coupon_id}", "DELETE /v1/flow/blocks/{block_id}")
    for route in (*(each for each in ROUTES if each not in (*last, *LEFT_OUT)), *last):
        for changes in VARIANTS.get(route, [{}]):
            name = f"{route} {changes or ''}"
            found[name] = [regular.send(route, changes) for regular in regulars]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_reads_do_not_grow_with_the_history(api: Api, table: Any, bucket: None, kind: str):
    found = measured(api, table, kind)
    assert not {
        route: (none, some, many)
        for route, ((_, none), (_, some), (_, many)) in found.items()
        if many > some + MOST_MORE or some > none + MOST_MORE
    }
    assert not {route for route, answers in found.items() if any(s >= 500 for s, _ in answers)}


def test_control_unbounded_read_is_noticed(
    api: Api, table: Any, bucket: None, monkeypatch: pytest.MonkeyPatch
):
    list_newest = RedemptionStore.list_newest

    def list_all(store: RedemptionStore, holder: Any, at_most: int) -> Any:
        return list_newest(store, holder, 10_000)

    monkeypatch.setattr(RedemptionStore, "list_newest", list_all)
    found = measured(api, table, "by link")
    grown = {route for route, (_, (_, some), (_, many)) in found.items() if many > some + MOST_MORE}
    assert {"GET /r/{token} ", "POST /v1/redemptions ", "POST /v1/flow/distribute "} <= grown


def test_every_query_has_a_bound():
    """`Table.query` takes no call without `at_most`, and no other code queries or scans."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and ast.unparse(node).endswith(
                ("_client.query", "_client.scan")
            ):
                assert path.name == "dynamodb.py"
                assert not ast.unparse(node).endswith("scan")
    assert attribute_values.encode({"n": 1}), "the module is read"
