"""Payload format 2.0 of HTTP APIs: requests to events, results to responses."""

import base64
import json
from typing import Any

import pytest

from local.http_events import HttpRequest, event_of, response_of
from local.sam_template import Route


def event(**given: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "method": "POST",
        "path": "/r/a%20b",
        "query": "",
        "headers": [("Host", "shop.example.com:3000")],
        "body": b"",
        "source_ip": "127.0.0.1",
        "protocol": "HTTP/1.1",
    }
    return event_of(
        HttpRequest(**fields | given), Route("POST", "/r/{token}", "F"), {"token": "a b"}
    )


def test_path_is_decoded_but_the_query_is_not():
    made = event(query="q=a%20b&q=c&empty=")
    assert made["rawPath"] == made["requestContext"]["http"]["path"] == "/r/a b"
    assert made["rawQueryString"] == "q=a%20b&q=c&empty="
    assert made["queryStringParameters"] == {"q": "a b,c", "empty": ""}
    assert made["pathParameters"] == {"token": "a b"}


def test_header_names_are_lower_case_and_repetitions_joined():
    made = event(headers=[("X-Tag", "one"), ("x-tag", "two"), ("Host", "h")])
    assert made["headers"]["x-tag"] == "one,two"


def test_cookies_are_a_separate_list():
    made = event(headers=[("Cookie", "a=1; b=2"), ("Host", "h")])
    assert made["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in made["headers"]


def test_absent_parts_are_omitted():
    assert not {"cookies", "queryStringParameters", "body"} & event().keys()


def test_request_context_has_route_method_and_address():
    context = event(headers=[("User-Agent", "till/1"), ("Host", "shop.example.com:3000")])[
        "requestContext"
    ]
    assert context["http"] == {
        "method": "POST",
        "path": "/r/a b",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "till/1",
    }
    assert context["routeKey"] == "POST /r/{token}"
    assert (context["domainName"], context["domainPrefix"]) == ("shop.example.com", "shop")
    assert context["stage"] == "$default"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/problem+json",
        "text/csv",
        "Application/XML; charset=utf-8",
        "",
    ],
)
def test_text_json_and_xml_bodies_are_not_encoded(content_type):
    made = event(headers=[("Content-Type", content_type)], body="ünï".encode())
    assert (made["body"], made["isBase64Encoded"]) == ("ünï", False)


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "image/png"],
)
def test_form_and_binary_bodies_are_base64(content_type):
    made = event(headers=[("Content-Type", content_type)], body=b"use=1")
    assert (made["body"], made["isBase64Encoded"]) == (base64.b64encode(b"use=1").decode(), True)


def test_json_body_that_is_not_utf8_reaches_the_function():
    made = event(headers=[("Content-Type", "application/json")], body=b'"\xff"')
    assert base64.b64decode(made["body"]) == b'"\xff"'
    assert made["isBase64Encoded"]


def test_result_without_a_status_code_is_the_body():
    response = response_of(b'{"redeemed": true}')
    assert (response.status, response.body) == (200, b'{"redeemed": true}')
    assert dict(response.headers) == {"content-type": "application/json"}
    assert response_of(b'"Hello"').body == b"Hello"


def test_result_with_a_status_code_defines_the_response():
    answer = {
        "statusCode": 303,
        "headers": {
            "location": "/r/x",
            "x-number": 7,
            "content-type": "text/html",
            "connection": "close",
        },
        "cookies": ["a=1; Path=/", "b=2"],
        "body": base64.b64encode(b"\xff").decode(),
        "isBase64Encoded": True,
    }
    response = response_of(json.dumps(answer).encode())
    assert (response.status, response.body) == (303, b"\xff")
    assert list(response.headers) == [
        ("location", "/r/x"),
        ("x-number", "7"),
        ("content-type", "text/html"),
        ("set-cookie", "a=1; Path=/"),
        ("set-cookie", "b=2"),
    ]


def test_response_without_a_content_type_is_plain_text():
    assert dict(response_of(b'{"statusCode": 200, "body": "x"}').headers) == {
        "content-type": "text/plain;charset=UTF-8"
    }


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": 200, "body": 7},
        {"statusCode": "many"},
        {"statusCode": 999},
        {"statusCode": 200, "body": "not base64!", "isBase64Encoded": True},
        {"statusCode": 200, "headers": {"x": "one\r\ntwo: 2"}},
        {"statusCode": 200, "headers": ["x"]},
    ],
)
def test_result_that_api_gateway_refuses_is_an_error(answer):
    with pytest.raises((ValueError, TypeError, AttributeError)):
        response_of(json.dumps(answer).encode())
