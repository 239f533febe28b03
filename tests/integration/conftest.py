"""Tests through the handlers: real events and DynamoDB's own engine, in one process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.gateway import Gateway

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True)
class Api:
    """An organisation's keys, and the service as its clients see it."""

    gateway: Gateway
    client: httpx.Client
    organisation_id: str
    keys: dict[str, str]

    def call(self, method: str, path: str, body: object = None, scope: str = "admin", **headers: str) -> httpx.Response:
        known = {"authorization": f"Bearer {self.keys[scope]}"}
        return self.client.request(method, path, json=body, headers=known | headers)

    def coupon(self, **changes: Any) -> dict[str, Any]:
        """A coupon that is valid now and has no limits, but for the changes."""
        body = {"name": "Ten off", "starts_at": "2026-01-01", "ends_at": "2999-12-31"} | changes
        answer = self.call("POST", "/v1/coupons", body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def distribute(self, coupon: dict[str, Any], customer_id: str, **more: Any) -> dict[str, Any]:
        body = {"coupon_id": coupon["coupon_id"], "customer_id": customer_id} | more
        answer = self.call("POST", "/v1/flow/distribute", body, scope="distribute")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def link(self, coupon: dict[str, Any], customer_id: str) -> str:
        """The path of the customer's page."""
        return f"/r/{self.distribute(coupon, customer_id)['redeem_token']}"

    def tap(self, link: str, use: int = 1) -> httpx.Response:
        return self.client.post(f"{link}/redeem", data={"use": str(use)}, headers={"accept": "application/json"})

    def till(self, coupon: dict[str, Any], customer_id: str, **more: Any) -> httpx.Response:
        headers = {"idempotency-key": more.pop("idempotency_key")} if "idempotency_key" in more else {}
        body = {"coupon_id": coupon["coupon_id"], "customer_id": customer_id} | more
        return self.call("POST", "/v1/redemptions", body, "redeem", **headers)


@pytest.fixture
def gateway(table: Table, load_function: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> Gateway:
    monkeypatch.setenv("IMAGES_BUCKET", "images")
    monkeypatch.setenv("MAX_SHARDS", "16")
    monkeypatch.setenv("PUBLIC_BASE_URL", "https://coupons.example")
    return Gateway(load_function)


@pytest.fixture
def organisation(gateway: Gateway) -> Iterator[Callable[[str], Api]]:
    """`organisation("acme")`: a new organisation with a key of each scope."""
    client = httpx.Client(transport=gateway, base_url="https://coupons.example")

    def make(organisation_id: str) -> Api:
        operator = gateway.function("OperatorFunction").handler
        operator({"action": "create_organisation", "organisation_id": organisation_id, "name": organisation_id}, None)
        keys = {
            scope: operator({"action": "create_key", "organisation_id": organisation_id, "scopes": [scope]}, None)["key"]
            for scope in ("admin", "distribute", "redeem")
        }
        return Api(gateway, client, organisation_id, keys)

    with client:
        yield make


@pytest.fixture
def api(organisation: Callable[[str], Api]) -> Api:
    return organisation("acme")
