"""HttpApp: request bodies, errors as problems, no internal detail in a response."""

import base64
import json
from typing import Any

import pytest

from couponflow.domain.errors import CouponDisabled
from couponflow.store.dynamodb import ContentionError, UnknownResultError
from couponflow.web.http.app import HttpApp
from couponflow.web.http.request import LARGEST_BODY
from couponflow.web.http.responses import json_response
from tests.unit.test_api_keys import KEY, KEY_TEXT, authenticator_and_store


def event(
    body: str | bytes = "", content_type: str = "application/json", **headers: str
) -> dict[str, Any]:
    is_binary = isinstance(body, bytes)
    return {
        "routeKey": "POST /it",
        "rawPath": "/it",
        "headers": {"content-type": content_type, **headers},
        "requestContext": {"domainName": "api.example", "http": {"sourceIp": "203.0.113.7"}},
        "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": is_binary,
    }


def call(handle, came=None, scope=None) -> tuple[int, Any]:
    edge = HttpApp(authenticator_and_store()[0], scopes={"POST /it": scope})
    edge.route("POST /it")(handle)
    answered = edge.handler(came or event(), None)
    return answered["statusCode"], json.loads(answered["body"])


def echo(request):
    return json_response({"json": request.json})


def test_json_body_is_read_from_text_or_bytes():
    assert call(echo, event('{"a": "ü"}')) == (200, {"json": {"a": "ü"}})
    assert call(echo, event('{"a": "ü"}'.encode())) == (200, {"json": {"a": "ü"}})
    assert call(echo, event("1", "Application/JSON; charset=utf-8")) == (200, {"json": 1})


@pytest.mark.parametrize(
    "body",
    ["", " ", "{", "{'a': 1}", '{"a": 1,}', "nul", '{"a": NaN}', "Infinity", "-Infinity", "1e999",
    '"\\ud800"', '{"\\udc00": 1}',
     "[" * 50_000, '{"a":' * 10_000, "9" * 5_000, b"\xff\xfe", b'"\xed\xa0\x80"', '{"a": 1} x',
     '\ufeff{"a": 1}',
     '{"a": 1, "a": 2}', '[{"b": {"a": 1, "a": 1}}]'],
)  # fmt: skip
def test_malformed_json_is_refused(body):
    status, problem = call(echo, event(body))
    assert (status, problem["code"]) == (400, "invalid_json")


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "text/json"],
)
def test_json_without_its_content_type_is_refused(content_type):
    status, problem = call(echo, event("{}", content_type))
    assert (status, problem["code"]) == (415, "unsupported_media_type")


def test_body_of_more_than_64_kib_is_refused():
    largest = json.dumps("ü" * ((LARGEST_BODY - 2) // 2), ensure_ascii=False)
    assert len(largest.encode()) == LARGEST_BODY == 65_536
    assert call(echo, event(largest))[0] == 200
    assert call(echo, event(largest + " "))[1]["code"] == "body_too_large"
    assert call(echo, event((largest + " ").encode()))[0] == 413
    assert (
        call(lambda request: json_response(request.form), event(b"use=1&x=" + b"y" * LARGEST_BODY))[
            0
        ]
        == 413
    )


def test_form_has_the_first_value_of_each_field():
    def form(request):
        return json_response(request.form)

    kind = "application/x-www-form-urlencoded"
    assert call(form, event(b"use=2&use=3&empty=&%FF=x", kind)) == (
        200,
        {"use": "2", "empty": "", "\ufffd": "x"},
    )
    assert (
        call(form, event(b"&".join(b"a=1" for _ in range(101)), kind))[1]["code"]
        == "validation_failed"
    )
    assert call(form, event(b"use=2", "text/plain"))[1]["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        (CouponDisabled(), 409, "coupon_disabled"),
        (ContentionError(), 503, "try_again"),
        (UnknownResultError(), 503, "try_again"),
        (ValueError("secret 42"), 500, "internal_error"),
        (RecursionError("secret 42"), 500, "internal_error"),
    ],
)
def test_every_exception_becomes_a_problem(raised, status, code):
    def fail(request):
        raise raised

    got, problem = call(fail)
    assert (got, problem["code"]) == (status, code)
    assert "42" not in json.dumps(problem)


def test_route_with_a_scope_requires_a_key_of_that_scope():
    def whose(request):
        return json_response(request.organisation_id)

    assert call(whose, scope="redeem")[0] == 401
    assert call(whose, event(authorization=f"Bearer {KEY_TEXT}"), "admin")[0] == 403
    assert call(whose, event(authorization=f"Bearer {KEY_TEXT}"), "redeem") == (
        200,
        KEY.organisation_id,
    )


def test_key_is_checked_before_the_body():
    assert call(echo, event("{"), "redeem")[1]["code"] == "unauthenticated"


def test_route_without_a_listed_scope_cannot_be_registered():
    with pytest.raises(KeyError):
        HttpApp(authenticator_and_store()[0]).route("POST /it")


def test_unregistered_route_is_not_found():
    assert (
        json.loads(HttpApp(authenticator_and_store()[0]).handler(event(), None)["body"])["code"]
        == "not_found"
    )


def test_responses_must_not_be_cached():
    headers = HttpApp(authenticator_and_store()[0]).handler(event(), None)["headers"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_base_url_is_the_configured_or_the_apis_own():
    def base(request):
        return json_response(request.base_url)

    for configured, begins in [
        ("https://coupons.example", "https://coupons.example"),
        ("", "https://api.example"),
    ]:
        edge = HttpApp(authenticator_and_store()[0], configured, scopes={"POST /it": None})
        edge.route("POST /it")(base)
        assert json.loads(edge.handler(event(), None)["body"]) == begins
