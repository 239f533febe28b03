"""Bad input gets the contract's error, and nothing is written: on every target, through whatever is
in front of the functions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.api import Api
from tests.support.samples import COUPON
from tests.support.targets import Target

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
ADMIN_BODIES = [
    ("POST", "/v1/coupons", COUPON | {"name": ""}, "name"),
    ("POST", "/v1/coupons", COUPON | {"name": "x" * 101}, "name"),
    ("POST", "/v1/coupons", COUPON | {"code": "a b"}, "code"),
    ("POST", "/v1/coupons", COUPON | {"starts_at": "2026-02-30"}, "starts_at"),
    ("POST", "/v1/coupons", COUPON | {"ends_at": "2025-01-01"}, "ends_at"),
    ("POST", "/v1/coupons", COUPON | {"timezone": "Mars/Base"}, "timezone"),
    ("POST", "/v1/coupons", COUPON | {"max_redemptions": 0}, "max_redemptions"),
    (
        "POST",
        "/v1/coupons",
        COUPON | {"max_redemptions_per_customer": 101},
        "max_redemptions_per_customer",
    ),
    ("POST", "/v1/coupons", COUPON | {"active": "yes"}, "active"),
    ("POST", "/v1/coupons", COUPON | {"colour": "red"}, "colour"),
    ("PATCH", "/v1/coupons/{coupon_id}", {"version": 1, "name": " "}, "name"),
    ("PATCH", "/v1/coupons/{coupon_id}", {"version": "1", "name": "x"}, "version"),
    ("PUT", "/v1/coupons/{coupon_id}/redeem-page", {"code_display": "code39"}, "code_display"),
    ("PUT", "/v1/coupons/{coupon_id}/redeem-page", {"background_color": "red"}, "background_color"),
    ("PUT", "/v1/coupons/{coupon_id}/redeem-page", {"terms": "x" * 10_001}, "terms"),
    ("PUT", "/v1/coupons/{coupon_id}/redeem-page", {"brand_icon": "0000000000000"}, "brand_icon"),
    ("POST", "/v1/flow/blocks", {"coupon_id": "0000000000000", "message": "x"}, "coupon_id"),
    ("POST", "/v1/images", {"kind": "favicon", "content_type": "image/png", "size": 10}, "kind"),
    (
        "POST",
        "/v1/images",
        {"kind": "brand_icon", "content_type": "image/gif", "size": 10},
        "content_type",
    ),
]
RAW_BODIES = [
    (b"", JSON, 400, "invalid_json"),
    (b"{", JSON, 400, "invalid_json"),
    (b'{"name": NaN}', JSON, 400, "invalid_json"),
    (b'{"name": "x", "name": "y"}', JSON, 400, "invalid_json"),
    (b"[]", JSON, 422, "validation_failed"),
    (b"<name/>", "application/xml", 415, "unsupported_media_type"),
    (b'{"name": "' + b"x" * 65_536 + b'"}', JSON, 413, "body_too_large"),
]
TILL_BODIES = [
    ({"customer_id": ""}, "customer_id"),
    ({"customer_id": "{{id}}"}, "customer_id"),
    ({"customer_id": "x" * 201}, "customer_id"),
    ({"customer_id": "ann", "inbox_id": "x" * 201}, "inbox_id"),
]
QUERIES = [
    ("/v1/coupons?limit=101", 422, "validation_failed"),
    ("/v1/coupons?status=used", 422, "validation_failed"),
    ("/v1/coupons?cursor=x", 400, "invalid_cursor"),
    ("/v1/coupons/{coupon_id}/redemptions?from=soon", 422, "validation_failed"),
    ("/v1/coupons/0000000000000", 404, "coupon_not_found"),
    ("/v1/nowhere", 404, "not_found"),
]


@pytest.fixture(scope="module")
def coupon(api: Api) -> dict[str, Any]:
    return api.coupon(max_redemptions=100)


@pytest.fixture(autouse=True)
def nothing_is_written(target: Target, coupon: dict[str, Any]) -> Iterator[None]:
    before = target.stored()
    yield
    assert target.stored() == before


def check(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    problem = dict(answer.json())
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code), (
        problem
    )
    assert "Traceback" not in answer.text
    return problem


def test_wrong_field_is_named(api: Api, coupon: dict[str, Any]):
    for method, path, body, field in ADMIN_BODIES:
        answer = api.call(method, path.format(**coupon), body)
        if field == "coupon_id":
            assert answer.status_code in (404, 422), answer.text
        else:
            problem = check(answer, 422, "validation_failed")
            assert [error["field"] for error in problem["errors"]] == [field], problem


def test_body_that_is_no_json_object_is_refused(api: Api, coupon: dict[str, Any]):
    for method, path in (("POST", "/v1/coupons"), ("PATCH", "/v1/coupons/{coupon_id}")):
        for content, content_type, status, code in RAW_BODIES:
            check(api.send(method, path.format(**coupon), content, content_type), status, code)


def test_till_with_a_wrong_field_redeems_nothing(api: Api, coupon: dict[str, Any]):
    for body, field in TILL_BODIES:
        answer = api.call(
            "POST", "/v1/redemptions", {"coupon_id": coupon["coupon_id"]} | body, "redeem"
        )
        assert field in [
            error["field"] for error in check(answer, 422, "validation_failed")["errors"]
        ]


def test_flow_gets_an_outcome_for_what_it_cannot_mean(api: Api, coupon: dict[str, Any]):
    for content, content_type in ((b"{", JSON), (b"[]", JSON), (b"<x/>", "application/xml")):
        answer = api.send("POST", "/v1/flow/distribute", content, content_type, "distribute")
        assert (answer.status_code, answer.json()["outcome"]) == (400, "error")
        assert answer.json()["reason"] == "invalid_request"


def test_query_that_makes_no_sense_is_refused(api: Api, coupon: dict[str, Any]):
    for path, status, code in QUERIES:
        check(api.call("GET", path.format(**coupon)), status, code)


def test_key_of_another_scope_or_none_is_refused(api: Api, coupon: dict[str, Any]):
    check(api.call("POST", "/v1/coupons", COUPON, "redeem"), 403, "scope_missing")
    check(
        api.call("POST", "/v1/coupons", COUPON, authorization="Bearer cf_x_y"),
        401,
        "unauthenticated",
    )
    check(api.client.post("/v1/coupons", json=COUPON), 401, "unauthenticated")


def test_method_that_a_path_does_not_take_is_refused(api: Api):
    check(api.call("PATCH", "/v1/coupons", {}), 405, "method_not_allowed")


def test_link_that_was_never_made_redeems_nothing(api: Api):
    answer = api.tap(f"/r/{'0' * 26}")

    assert answer.status_code == 404 and answer.json()["code"] in ("not_found", "coupon_not_found")
