"""A till repeats a request by code after its coupon was archived, or after the code went to another
coupon: it gets its own redemption, and no other coupon is used.
"""

from typing import Any

import httpx
import pytest

from tests.support.api import Api
from tests.support.engines import on_both_engines

pytestmark = on_both_engines


def redeem(api: Api, customer: object = "ann", code: str = "TEN", **headers: str) -> httpx.Response:
    body = {"code": code, "customer_id": customer}
    return api.call("POST", "/v1/redemptions", body, "redeem", **headers)


def archive(api: Api, coupon: dict[str, Any]) -> None:
    assert api.call("DELETE", f"/v1/coupons/{coupon['coupon_id']}").status_code == 204


def repeated(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    return dict(response.json()) | {"repeated": True}


RECEIPT = {"idempotency-key": "receipt-1"}


@pytest.mark.parametrize("limit", [1, 3, None])
@pytest.mark.parametrize("forgets", [True, False])
def test_repetition_after_archiving_returns_the_redemption(api: Api, limit, forgets):
    coupon = api.coupon(code="TEN", max_redemptions_per_customer=limit)
    if limit != 1:
        assert redeem(api).status_code == 200
    first = redeem(api, **RECEIPT)
    archive(api, coupon)
    if forgets:
        api.gateway.restart()
    assert redeem(api, **RECEIPT).json() == repeated(first)
    assert redeem(api, code="t-en", **RECEIPT).json() == repeated(first)
    by_id = api.till(coupon, "ann", idempotency_key="receipt-1")
    assert by_id.json() == repeated(first)


@pytest.mark.parametrize("limit", [1, 3, None])
@pytest.mark.parametrize("forgets", [True, False])
def test_repetition_uses_no_other_coupon_with_the_code(api: Api, limit, forgets):
    first = {}
    coupons = []
    for number in range(3):
        coupons.append(api.coupon(code="TEN", max_redemptions_per_customer=limit))
        if forgets:
            api.gateway.restart()
        first[number] = api.till(coupons[-1], "ann", idempotency_key=f"receipt-{number}")
        if number < 2:
            archive(api, coupons[-1])
    for number, made in first.items():
        answer = redeem(api, **{"idempotency-key": f"receipt-{number}"})
        assert answer.json() == repeated(made)
    assert [api.read(coupon)["times_redeemed"] for coupon in coupons] == [1, 1, 1]


def test_code_in_use_again_takes_new_requests(api: Api):
    archived = api.coupon(code="TEN")
    assert redeem(api, **RECEIPT).status_code == 200
    archive(api, archived)
    coupon = api.coupon(code="TEN")
    api.gateway.restart()
    for headers in ({}, {"idempotency-key": "receipt-2"}):
        answer = redeem(api, **headers)
        assert (answer.status_code, answer.json()["repeated"]) == (200, False)
    other = redeem(api, "bob", **RECEIPT)
    assert (other.status_code, other.json()["repeated"]) == (200, False)
    assert api.read(coupon)["times_redeemed"] == 3
    assert api.read(archived)["times_redeemed"] == 1


def test_same_key_by_id_of_the_other_coupon_is_a_request_of_its_own(api: Api):
    archived = api.coupon(code="TEN")
    assert redeem(api, **RECEIPT).status_code == 200
    archive(api, archived)
    coupon = api.coupon(code="TEN")
    answer = api.till(coupon, "ann", idempotency_key="receipt-1")
    assert (answer.status_code, answer.json()["repeated"]) == (200, False)


@pytest.mark.parametrize("headers", [{}, RECEIPT])
def test_archived_code_without_an_earlier_request_is_not_found(api: Api, headers):
    archive(api, api.coupon(code="TEN"))
    api.gateway.restart()
    answer = redeem(api, **headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "coupon_not_found")


def test_earlier_coupon_of_another_organisation_is_not_found(api: Api, organisation):
    archived = api.coupon(code="TEN")
    assert redeem(api, **RECEIPT).status_code == 200
    archive(api, archived)
    answer = redeem(organisation("other"), **RECEIPT)
    assert (answer.status_code, answer.json()["code"]) == (404, "coupon_not_found")


def test_repetition_is_refused_while_the_add_on_is_off(api: Api):
    archived = api.coupon(code="TEN")
    assert redeem(api, **RECEIPT).status_code == 200
    archive(api, archived)
    api.operate("switch_addon", enabled=False)
    api.gateway.restart()
    assert redeem(api, **RECEIPT).json()["code"] == "addon_disabled"
