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
    app = HttpApp(authenticator_and_store()[0], scopes={"POST /it": scope})
    app.route("POST /it")(handle)
    answered = app.handler(came or event(), None)
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


FORM = "application/x-www-form-urlencoded"


def form(request):
    return json_response(request.form)


def query(request):
    return json_response(request.query)


def test_form_has_each_field_once():
    assert call(form, event(b"use=2&empty=&%C3%A9=%2B+x", FORM)) == (
        200,
        {"use": "2", "empty": "", "\u00e9": "+ x"},
    )
    many = b"&".join(b"a%d=1" % number for number in range(101))
    assert call(form, event(many, FORM))[1]["code"] == "validation_failed"
    refused = call(form, event(b"use=2", "text/plain"))[1]
    assert refused["code"] == "unsupported_media_type"
    assert FORM in refused["detail"]
    assert "application/json" in refused["detail"]


@pytest.mark.parametrize(
    "mark", [b"\xef\xbb\xbf", "\ufeff", b"%EF%BB%BF", b"\xef\xbb\xbf" * 2], ids=repr
)
def test_byte_order_mark_loses_no_field(mark):
    sent = mark + (b"use=2" if isinstance(mark, bytes) else "use=2")
    assert call(form, event(sent, FORM)) == (200, {"use": "2"})


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xef\xbb\xbf" * 2])
def test_json_is_read_after_a_byte_order_mark(mark):
    assert call(echo, event(mark + '{"a": "\u00fc"}'.encode())) == (200, {"json": {"a": "\u00fc"}})
    assert call(echo, event(mark.decode() + "1")) == (200, {"json": 1})


NOT_UTF8 = ["a=Jos%E9", "a=%ff", "%E9=1", "a=1&b=%C3", "a=%ED%A0%80", "a=%C0%AF", "a=%F8%88%80%80"]


@pytest.mark.parametrize("text", NOT_UTF8)
def test_form_or_query_that_is_not_utf8_is_refused(text):
    as_form = call(form, event(text.encode(), FORM))
    as_query = call(query, event() | {"rawQueryString": text})
    for status, problem in (as_form, as_query):
        assert (status, problem["code"]) == (400, "invalid_request")
        assert "UTF-8" in problem["errors"][0]["message"]


@pytest.mark.parametrize("body", [b"a=Jos\xe9", b"\xff\xfea\x00=\x001\x00", b"a=1\x80"])
def test_form_of_other_bytes_is_refused(body):
    status, problem = call(form, event(body, f"{FORM}; charset=iso-8859-1"))
    assert (status, problem["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("text", ["a=1&a=2", "a=1&b=2&a=1", "a&a", "a=1&%61=2", "%EF%BB%BFa=1&a=2"])
def test_repeated_field_is_refused_by_name(text):
    for status, problem in (
        call(form, event(text.encode(), FORM)),
        call(query, event() | {"rawQueryString": text}),
    ):
        assert (status, problem["code"]) == (400, "invalid_request")
        assert problem["errors"] == [{"field": "a", "message": "comes more than once"}]


def test_query_is_decoded_from_what_was_sent():
    came = event() | {"rawQueryString": "a=%2B1+%C3%A9&b=", "queryStringParameters": {"a": "x"}}
    assert call(query, came) == (200, {"a": "+1 \u00e9", "b": ""})
    assert call(query, event() | {"queryStringParameters": {"a": "+1 \u00e9&"}}) == (
        200,
        {"a": "+1 \u00e9&"},
    )


def test_unread_query_refuses_nothing():
    assert call(echo, event("1") | {"rawQueryString": "fbclid=%E9&a=1&a=2"}) == (200, {"json": 1})


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
        app = HttpApp(authenticator_and_store()[0], configured, scopes={"POST /it": None})
        app.route("POST /it")(base)
        assert json.loads(app.handler(event(), None)["body"]) == begins
