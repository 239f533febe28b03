"""The running service as its clients use it: the console, a flow, a customer's phone, a till."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

T = TypeVar("T")

# Pages and flows follow a change within two seconds; a busy machine may add some.
SECONDS_TO_FOLLOW = 10


@dataclass(frozen=True)
class Service:
    demo: dict[str, Any]
    client: httpx.Client

    def call(self, method: str, path: str, body: object = None, scope: str = "admin", **headers: str) -> httpx.Response:
        key = {"authorization": f"Bearer {self.demo[f'{scope}_key']}"}
        return self.client.request(method, self.demo["base_url"] + path, json=body, headers=key | headers)

    def create(self, **changes: Any) -> dict[str, Any]:
        body = {"name": "Free espresso", "starts_at": "2026-01-01", "ends_at": "2999-12-31"} | changes
        answer = self.call("POST", "/v1/coupons", body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def change(self, coupon: dict[str, Any], **changes: Any) -> dict[str, Any]:
        path = f"/v1/coupons/{coupon['coupon_id']}"
        answer = self.call("PATCH", path, changes | {"version": self.call("GET", path).json()["version"]})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def distribute(self, coupon: dict[str, Any], customer_id: str) -> dict[str, Any]:
        body = {"coupon_id": coupon["coupon_id"], "customer_id": customer_id, "inbox_id": "line-1"}
        return dict(self.call("POST", "/v1/flow/distribute", body, "distribute").json())

    def link(self, coupon: dict[str, Any], customer_id: str) -> str:
        return str(self.distribute(coupon, customer_id)["redeem_url"])

    def tap(self, link: str) -> httpx.Response:
        """The page's own request, which takes JSON."""
        return self.client.post(f"{link}/redeem", data={"use": "1"}, headers={"accept": "application/json"})

    def till(self, coupon: dict[str, Any], customer_id: str) -> httpx.Response:
        body = {"coupon_id": coupon["coupon_id"], "customer_id": customer_id}
        return self.call("POST", "/v1/redemptions", body, "redeem")

    def records(self, coupon: dict[str, Any]) -> list[dict[str, Any]]:
        return list(self.call("GET", f"/v1/coupons/{coupon['coupon_id']}/redemptions?limit=100").json()["items"])

    def page_state(self, link: str) -> str:
        return self.client.get(link).text.split('data-state="', 1)[1].split('"', 1)[0]


def eventually(ask: Callable[[], T], wanted: T) -> T:
    """The last answer: `wanted` as soon as it comes, within the time that the contract leaves for it."""
    ends_at = time.monotonic() + SECONDS_TO_FOLLOW
    while (answer := ask()) != wanted and time.monotonic() < ends_at:
        time.sleep(0.1)
    return answer
