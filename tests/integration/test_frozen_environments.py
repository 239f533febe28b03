"""Each documented bound also holds in an environment that is frozen between requests.

The monotonic clock of these tests does not advance. Only the wall clock moves, by exactly the
documented bound.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from couponflow.cache import CACHE_CLOCK
from tests.support.api import Api

# README: flows and pages follow a change within two seconds, a revoked key is refused within ten.
FOLLOW, REVOKED = 2.0, 10.0
Freeze = Callable[[float], None]


@pytest.fixture
def freeze(api: Api, monkeypatch: pytest.MonkeyPatch) -> Freeze:
    """`freeze(2)`: freeze every environment for two seconds."""
    wall = [time.time()]
    monkeypatch.setattr(CACHE_CLOCK, "wall", lambda: wall[0])
    monkeypatch.setattr(CACHE_CLOCK, "monotonic", lambda: 1.0)
    api.gateway.restart()

    def pass_by(seconds: float) -> None:
        wall[0] += seconds

    return pass_by


def test_revoked_key_is_refused_after_ten_seconds(api: Api, freeze: Freeze):
    coupon, link_key = api.coupon(), api.key("distribute")

    def status() -> int:
        body = {"coupon_id": coupon["coupon_id"], "customer_id": "ann"}
        headers = {"authorization": f"Bearer {link_key['key']}"}
        return api.client.post("/v1/flow/distribute", json=body, headers=headers).status_code

    assert status() == 200
    api.operate("revoke_key", key_id=link_key["key_id"])
    assert status() == 200, "the key is cached, so the freeze is what this test is about"
    freeze(REVOKED)
    assert status() == 401


def test_disabled_coupon_is_not_distributed_after_two_seconds(api: Api, freeze: Freeze):
    coupon = api.coupon()
    link = api.link(coupon, "ann")
    assert api.page_state(link) == "available"
    api.patch(coupon, active=False)
    assert api.distribute(coupon, "bob")["outcome"] == "distributed"
    freeze(FOLLOW)
    assert api.distribute(coupon, "cat")["reason"] == "coupon_disabled"
    assert api.page_state(link) == "disabled"


def test_raised_coupon_is_offered_again_after_two_seconds(api: Api, freeze: Freeze):
    coupon = api.coupon(max_redemptions=1)
    link = api.link(coupon, "ann")
    assert api.till(coupon, "bob").status_code == 200
    assert api.till(coupon, "cat").json()["code"] == "coupon_max_uses_reached"
    freeze(FOLLOW)
    assert api.distribute(coupon, "dan")["outcome"] == "coupon_max_uses_reached"
    assert api.page_state(link) == "sold_out"
    api.patch(coupon, max_redemptions=5)
    assert api.distribute(coupon, "dan")["outcome"] == "coupon_max_uses_reached"
    freeze(FOLLOW)
    assert api.distribute(coupon, "dan")["outcome"] == "distributed"
    assert api.page_state(link) == "available"
    assert api.till(coupon, "cat").status_code == 200


def test_changed_block_is_followed_after_two_seconds(api: Api, freeze: Freeze):
    coupon = api.coupon()
    content = {"coupon_id": coupon["coupon_id"], "message": "Old"}
    block = api.call("POST", "/v1/flow/blocks", content).json()["block_id"]

    def message() -> str:
        body = {"block_id": block, "customer_id": "ann"}
        return str(api.call("POST", "/v1/flow/distribute", body, "distribute").json()["message"])

    assert "Old" in message()
    api.call("PUT", f"/v1/flow/blocks/{block}", content | {"message": "New"})
    assert "Old" in message()
    freeze(FOLLOW)
    assert "New" in message()
    api.call("DELETE", f"/v1/flow/blocks/{block}")
    freeze(FOLLOW)
    body = {"block_id": block, "customer_id": "ann"}
    assert (
        api.call("POST", "/v1/flow/distribute", body, "distribute").json()["reason"]
        == "block_not_found"
    )


def test_organisation_without_addon_is_refused_after_two_seconds(api: Api, freeze: Freeze):
    coupon = api.coupon()
    link = api.link(coupon, "ann")
    assert api.page_state(link) == "available"
    api.operate("switch_addon", enabled=False)
    assert api.distribute(coupon, "bob")["outcome"] == "distributed"
    freeze(FOLLOW)
    assert api.distribute(coupon, "cat")["reason"] == "addon_disabled"
    assert api.page_state(link) == "not_found"
    assert api.call("GET", "/v1/coupons").status_code == 403


def test_code_leads_to_the_new_coupon_after_two_seconds(api: Api, freeze: Freeze):
    old = api.coupon(code="SUMMER")
    body = {"code": "SUMMER", "customer_id": "ann"}
    assert api.call("POST", "/v1/redemptions", body, "redeem").status_code == 200
    assert api.call("DELETE", f"/v1/coupons/{old['coupon_id']}").status_code == 204
    new = api.coupon(code="SUMMER")
    freeze(FOLLOW)
    assert api.call("POST", "/v1/redemptions", body, "redeem").status_code == 200
    assert api.read(new)["times_redeemed"] == 1


def test_clock_that_is_set_back_empties_the_caches(api: Api, freeze: Freeze):
    coupon = api.coupon()
    api.distribute(coupon, "ann")
    api.patch(coupon, active=False)
    freeze(-3_600)
    assert api.distribute(coupon, "bob")["reason"] == "coupon_disabled"
