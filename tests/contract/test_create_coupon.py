"""Create a coupon: each field, required and optional, and the three notes below them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.api import Api, eventually
from tests.support.samples import COUPON

ALREADY_OVER = {"starts_at": "2020-01-01", "ends_at": "2020-12-31"}
NOT_STARTED = {"starts_at": "2998-01-01"}


def test_code_is_generated_when_left_out(api: Api):
    first, second = (api.coupon()["code"] for _ in range(2))

    assert re.fullmatch(r"[A-Za-z0-9_-]{3,40}", first)
    assert first != second


def test_custom_code_is_kept_and_belongs_to_one_coupon(new_api: Callable[[], Api]):
    api = new_api()
    coupon = api.coupon(code="Summer-25")
    assert coupon["code"] == "Summer-25"

    taken = api.call("POST", "/v1/coupons", COUPON | {"code": "SUMMER25"})
    assert (taken.status_code, taken.json()["code"]) == (409, "code_taken")
    assert api.call("DELETE", f"/v1/coupons/{coupon['coupon_id']}").status_code == 204
    assert api.coupon(code="SUMMER25")["code"] == "SUMMER25"


def test_code_redeems_at_the_till(new_api: Callable[[], Api]):
    api = new_api()
    api.coupon(code="TILL-CODE")

    body = {"code": "till-code", "customer_id": "ann"}
    assert api.call("POST", "/v1/redemptions", body, "redeem").json()["status"] == "redeemed"


def test_name_is_shown_to_marketer_flow_and_customer(api: Api):
    coupon = api.coupon(name="Zwei für eins & mehr")
    sent = api.distribute(coupon, "ann")

    assert api.read(coupon)["name"] == sent["coupon_name"] == "Zwei für eins & mehr"
    assert "Zwei für eins &amp; mehr" in api.open(sent["redeem_url"]).text


def test_active_period_is_read_in_the_coupons_timezone(api: Api):
    coupon = api.coupon(starts_at="2026-06-01", ends_at="2026-06-30", timezone="Europe/Berlin")

    assert coupon["starts_at"] == "2026-05-31T22:00:00.000Z"
    assert coupon["ends_at"] == "2026-06-30T22:00:00.000Z"


@pytest.mark.parametrize("missing", ["name", "starts_at", "ends_at"])
def test_required_field_is_required(api: Api, missing: str):
    body = {field: value for field, value in COUPON.items() if field != missing}

    answer = api.call("POST", "/v1/coupons", body)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [error["field"] for error in answer.json()["errors"]] == [missing]


def test_overall_limit_is_checked_during_redemption(api: Api):
    coupon = api.coupon(max_redemptions=2)
    links = [api.redeem_url(coupon, f"customer-{n}") for n in range(3)]

    assert [api.tap(link).status_code for link in links] == [200, 200, 409]
    assert api.tap(links[2]).json()["code"] == "coupon_max_uses_reached"
    read = api.read(coupon)
    assert (read["times_redeemed"], read["remaining"], read["status"]) == (2, 0, "sold_out")


def test_customer_limit_is_checked_during_redemption(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=2)

    assert [api.till(coupon, "ann").status_code for _ in range(3)] == [200, 200, 409]
    assert api.till(coupon, "ann").json()["code"] == "customer_max_uses_reached"
    assert api.till(coupon, "bob").status_code == 200


def test_coupon_without_limits_has_none(api: Api):
    coupon = api.coupon()

    assert (coupon["max_redemptions"], coupon["max_redemptions_per_customer"]) == (None, None)
    assert [api.till(coupon, "ann").status_code for _ in range(3)] == [200, 200, 200]


def test_coupon_is_active_unless_created_otherwise(api: Api):
    assert api.coupon()["active"] is True
    disabled = api.coupon(active=False)
    assert (disabled["active"], disabled["status"]) == (False, "disabled")
    assert api.change(disabled, active=True)["status"] == "active"


@pytest.mark.parametrize(
    ("period", "code"), [(ALREADY_OVER, "coupon_expired"), (NOT_STARTED, "coupon_not_started")]
)
def test_coupon_outside_its_period_is_not_redeemed(api: Api, period: dict[str, str], code: str):
    coupon = api.coupon()
    link = api.redeem_url(coupon, "ann")
    api.change(coupon, **period)

    for refused in (api.tap(link), api.till(coupon, "ann")):
        assert (refused.status_code, refused.json()["code"]) == (409, code)
    assert api.read(coupon)["times_redeemed"] == 0


def test_disabled_coupon_is_not_distributed_nor_redeemed(api: Api):
    coupon = api.coupon()
    link = api.redeem_url(coupon, "ann")
    api.change(coupon, active=False)

    def outcome_and_reason() -> tuple[str, str]:
        sent = api.distribute(coupon, "bob")
        return sent["outcome"], sent["reason"]

    for refused in (api.tap(link), api.till(coupon, "ann")):
        assert (refused.status_code, refused.json()["code"]) == (409, "coupon_disabled")
    assert eventually(outcome_and_reason, ("error", "coupon_disabled")) == (
        "error",
        "coupon_disabled",
    )
    assert eventually(lambda: api.page_state(link), "disabled") == "disabled"


def test_coupons_are_listed_newest_first_and_found(new_api: Callable[[], Api]):
    api = new_api()
    first, second = api.coupon(name="Winter"), api.coupon(name="Summer", active=False)

    def names(query: str = "") -> list[Any]:
        return [coupon["name"] for coupon in api.get(f"/v1/coupons{query}")["items"]]

    assert names() == ["Summer", "Winter"]
    assert names("?status=disabled") == ["Summer"]
    assert names("?q=wint") == ["Winter"]
    page = api.get("/v1/coupons?limit=1")
    assert page["items"] == [api.read(second)]
    older = api.get(f"/v1/coupons?limit=1&cursor={page['next_cursor']}")
    assert older["items"] == [api.read(first)]


def test_lost_update_is_refused(api: Api):
    coupon = api.coupon()
    api.change(coupon, name="First")

    late = api.call(
        "PATCH",
        f"/v1/coupons/{coupon['coupon_id']}",
        {"version": coupon["version"], "name": "Second"},
    )

    assert (late.status_code, late.json()["code"]) == (412, "version_conflict")
    assert api.read(coupon)["name"] == "First"
