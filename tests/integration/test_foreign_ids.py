"""R8: at every route, an id of another organisation gets the response for an unknown id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from couponflow.web.http.authentication import Authenticator
from couponflow.web.http.routes import ROUTES
from couponflow.web.openapi import document
from tests.integration import example_requests, fuzzing
from tests.integration.conftest import Stored
from tests.support.api import Api

UNKNOWN = {"code": "NOBODYS", "coupon_code": "NOBODYS"}
NAMES = ["coupon_id", "block_id", "image_id", "brand_icon", "campaign_image", "code", "coupon_code"]
GUARDED = [route for route, scope in ROUTES.items() if scope]


def names_in(route: str) -> list[str]:
    """The id parameters of the route in path, query or body, from the OpenAPI document."""
    method, path = route.split(" ", 1)
    operation = document.document()["paths"][path][method.lower()]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    taken = {each["name"] for each in operation.get("parameters", [])} | content.get(
        "schema", {}
    ).get("properties", {}).keys()
    return [name for name in NAMES if name in taken]


# A new coupon's code is free to choose; another organisation's code does not block it.
CASES = [
    (route, name)
    for route in GUARDED
    for name in names_in(route)
    if (route, name) != ("POST /v1/coupons", "code")
]


@pytest.fixture
def theirs(organisation: Callable[[str], Api], bucket: None) -> tuple[Api, dict[str, Any]]:
    """Another organisation and the ids of its objects."""
    other = organisation("theirs")
    ids = fuzzing.ids(other)
    return other, ids | {"coupon_code": ids["code"], "campaign_image": ids["image_id"]}


def response_to(
    api: Api, route: str, ours: dict[str, Any], **named: str
) -> tuple[int, bytes, dict[str, str]]:
    """The complete response to a valid request with `named` ids."""
    values = {
        field: value for field, value in example_requests.EXAMPLES.items() if field not in NAMES
    } | named
    request = example_requests.build_request(route, ours | named, values)
    headers = api.bearer(ROUTES[route] or "admin") | {"if-match": '"1"'}
    body = request.body if request.body or request.method in ("GET", "DELETE") else {}
    answer = api.client.request(
        request.method, request.path, params=request.query, json=body, headers=headers
    )
    return answer.status_code, answer.content, dict(answer.headers)


def check(api: Api, theirs: dict[str, Any], stored: Stored, route: str, name: str) -> None:
    ours = fuzzing.ids(api)
    before = stored()
    foreign = response_to(api, route, ours, **{name: theirs[name]})
    assert foreign == response_to(api, route, ours, **{name: UNKNOWN.get(name, fuzzing.UNKNOWN)})
    assert (
        foreign[0] in (404, 422)
        or b'"outcome":"error"' in foreign[1]
        or b'"actions":[' in foreign[1]
    ), foreign
    assert stored() == before


@pytest.mark.parametrize(("route", "name"), CASES)
def test_foreign_id_gets_the_exact_response_for_an_unknown_id(
    api: Api, theirs, stored: Stored, route: str, name: str
):
    check(api, theirs[1], stored, route, name)


@pytest.mark.parametrize("route", GUARDED)
def test_no_response_contains_data_of_another_organisation(api: Api, theirs, route: str):
    other, ids = theirs  # an image file is named by its content hash, so it is not secret
    other.till(other.coupon(), "theircustomer", inbox_id="theirinbox")
    ours = fuzzing.ids(api)
    _, content, headers = response_to(
        api, route, ours, **{name: ours[name] for name in names_in(route)[:1] if name in ours}
    )
    text = content.decode(errors="replace") + repr(headers)
    assert not [
        value
        for value in {*ids.values(), "theirs-", "theircustomer", "theirinbox"} - {ids["file"]}
        if str(value) in text
    ]


@pytest.mark.parametrize(("route", "name"), CASES)
def test_control_caller_of_another_organisation_is_noticed(
    api: Api, theirs, stored: Stored, monkeypatch: pytest.MonkeyPatch, route: str, name: str
):
    other, ids = theirs
    fuzzing.ids(api)
    admit = Authenticator.authenticate

    def authenticate_as_other(gatekeeper: Authenticator, authorization: str, scope: str) -> Any:
        return replace(
            admit(gatekeeper, authorization, scope), organisation_id=other.organisation_id
        )

    monkeypatch.setattr(Authenticator, "authenticate", authenticate_as_other)
    with pytest.raises(AssertionError):
        check(api, ids, stored, route, name)
