"""R8: whatever names something of another organisation, at whatever route, is answered as if there were no such thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from couponflow.web.http.authentication import Authenticator
from couponflow.web.http.routes import ROUTES
from couponflow.web.openapi import document
from tests.integration import example_requests, fuzzing
from tests.integration.conftest import Api, Stored

UNKNOWN = {"code": "NOBODYS", "coupon_code": "NOBODYS"}
NAMES = ["coupon_id", "block_id", "image_id", "brand_icon", "campaign_image", "code", "coupon_code"]
GUARDED = [route for route, scope in ROUTES.items() if scope]


def names_in(route: str) -> list[str]:
    """What the route takes that names a thing, by the OpenAPI document, in path, query or body."""
    method, path = route.split(" ", 1)
    operation = document.document()["paths"][path][method.lower()]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    taken = {each["name"] for each in operation.get("parameters", [])} | content.get("schema", {}).get("properties", {}).keys()
    return [name for name in NAMES if name in taken]


# A new coupon's code is a name that is given, and another organisation's does not stand in its way.
CASES = [(route, name) for route in GUARDED for name in names_in(route) if (route, name) != ("POST /v1/coupons", "code")]


@pytest.fixture
def theirs(organisation: Callable[[str], Api], bucket: None) -> tuple[Api, dict[str, Any]]:
    """Another organisation, and what it has."""
    other = organisation("theirs")
    ids = fuzzing.ids(other)
    return other, ids | {"coupon_code": ids["code"], "campaign_image": ids["image_id"]}


def asked(api: Api, route: str, ours: dict[str, Any], **named: str) -> tuple[int, bytes, dict[str, str]]:
    """The whole answer to a right request, but for what it names."""
    values = {field: value for field, value in example_requests.SAID.items() if field not in NAMES} | named
    request = example_requests.request_of(route, ours | named, values)
    headers = api.bearer(ROUTES[route] or "admin") | {"if-match": '"1"'}
    body = request.body if request.body or request.method in ("GET", "DELETE") else {}
    answer = api.client.request(request.method, request.path, params=request.query, json=body, headers=headers)
    return answer.status_code, answer.content, dict(answer.headers)


def check(api: Api, theirs: dict[str, Any], stored: Stored, route: str, name: str) -> None:
    ours = fuzzing.ids(api)
    before = stored()
    foreign = asked(api, route, ours, **{name: theirs[name]})
    assert foreign == asked(api, route, ours, **{name: UNKNOWN.get(name, fuzzing.UNKNOWN)})
    assert foreign[0] in (404, 422) or b'"outcome":"error"' in foreign[1] or b'"actions":[' in foreign[1], foreign
    assert stored() == before


@pytest.mark.parametrize(("route", "name"), CASES)
def test_it_is_answered_as_unknown_to_the_byte(api: Api, theirs, stored: Stored, route: str, name: str):
    check(api, theirs[1], stored, route, name)


@pytest.mark.parametrize("route", GUARDED)
def test_nothing_of_theirs_is_in_any_answer(api: Api, theirs, route: str):
    other, ids = theirs  # the file of an image is named by what is in it, the same for all who have it
    other.till(other.coupon(), "theircustomer", inbox_id="theirinbox")
    ours = fuzzing.ids(api)
    _, content, headers = asked(api, route, ours, **{name: ours[name] for name in names_in(route)[:1] if name in ours})
    told = content.decode(errors="replace") + repr(headers)
    assert not [
        value for value in {*ids.values(), "theirs-", "theircustomer", "theirinbox"} - {ids["file"]} if str(value) in told
    ]


@pytest.mark.parametrize(("route", "name"), CASES)
def test_a_caller_taken_for_another_organisation_would_show(
    api: Api, theirs, stored: Stored, monkeypatch: pytest.MonkeyPatch, route: str, name: str
):
    other, ids = theirs
    fuzzing.ids(api)
    admit = Authenticator.authenticate

    def taken_for_them(gatekeeper: Authenticator, authorization: str, scope: str) -> Any:
        return replace(admit(gatekeeper, authorization, scope), organisation_id=other.organisation_id)

    monkeypatch.setattr(Authenticator, "authenticate", taken_for_them)
    with pytest.raises(AssertionError):
        check(api, ids, stored, route, name)
