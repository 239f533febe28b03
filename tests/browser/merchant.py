"""The service over HTTP, as the tools of a merchant use it."""

from __future__ import annotations

import itertools
from typing import Any, Self

import httpx


class Merchant:
    def __init__(self, demo: dict[str, Any]) -> None:
        self.demo = demo
        self._client = httpx.Client(base_url=demo["base_url"], timeout=30)
        self._customers = itertools.count()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def call(
        self, method: str, path: str, body: object = None, scope: str = "admin"
    ) -> httpx.Response:
        key = self.demo[f"{scope}_key"]
        return self._client.request(
            method, path, json=body, headers={"authorization": f"Bearer {key}"}
        ).raise_for_status()

    def coupon(self, page: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        """Create a coupon that is valid now, once per customer, except for `changes`."""
        body = {
            "name": "Free coffee",
            "starts_at": "2026-01-01",
            "ends_at": "2099-12-31",
            "max_redemptions_per_customer": 1,
        }
        coupon = dict(self.call("POST", "/v1/coupons", body | changes).json())
        if page is not None:
            self.call("PUT", f"/v1/coupons/{coupon['coupon_id']}/redeem-page", page)
        return coupon

    def change(self, coupon: dict[str, Any], **changes: Any) -> None:
        path = f"/v1/coupons/{coupon['coupon_id']}"
        self.call("PATCH", path, {"version": self.call("GET", path).json()["version"]} | changes)

    def link(self, coupon: dict[str, Any]) -> str:
        """Distribute the coupon to a new customer; return the link."""
        body = {
            "coupon_id": coupon["coupon_id"],
            "customer_id": f"customer-{next(self._customers)}",
        }
        return str(
            self.call("POST", "/v1/flow/distribute", body, scope="distribute").json()["redeem_url"]
        )

    def redeemed(self, coupon: dict[str, Any]) -> int:
        """Number of redeemed records of the coupon."""
        found = self.call(
            "GET", f"/v1/coupons/{coupon['coupon_id']}/redemptions?status=redeemed&limit=100"
        )
        return len(found.json()["items"])
