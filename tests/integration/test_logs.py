"""R14: nothing that a client sends or is sent is ever written down, whatever goes wrong.

Every route is asked with canaries in all that it takes, so a new route is covered by itself.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import botocore.client
import httpx
import pytest
from botocore.exceptions import ClientError

from couponflow import observability
from couponflow.web.http.app import HttpApp, Route
from couponflow.web.http.routes import ROUTES
from tests.integration import example_requests, fuzzing
from tests.integration.conftest import Api

ASKED = [route for route in ROUTES if "console" not in route and route != "GET /"]
HEADERS = {
    "idempotency-key": "canaryattempt",
    "user-agent": "canaryagent",
    "cookie": "look_again=canarycookie",
    "referer": "https://canaryreferer.example/",
    "x-forwarded-for": "canaryaddress",
}


@pytest.fixture
def written() -> Iterator[Callable[[], str]]:
    """`written()`: every line so far, of ours and of all libraries, as CloudWatch gets it."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(observability.logger.registered_formatter)
    loggers = [logging.getLogger(), logging.getLogger(observability.logger.name)]
    for logger in loggers:
        logger.addHandler(handler)
    yield lines.getvalue
    for logger in loggers:
        logger.removeHandler(handler)


@pytest.fixture
def secrets(api: Api, bucket: None) -> dict[str, Any]:
    """What there is of the organisation: none of it may be read in a log."""
    return fuzzing.ids(api) | example_requests.SAID


def canaries(api: Api, secrets: dict[str, Any]) -> set[str]:
    ids = {secrets[name] for name in ("coupon_id", "block_id", "image_id", "token")}
    keys = {part for key in api.keys.values() for part in (key, key.rpartition("_")[2])}
    return {"canary", api.organisation_id.lower(), *ids, *keys}


def found(lines: str, api: Api, secrets: dict[str, Any]) -> set[str]:
    return {canary for canary in canaries(api, secrets) if canary in lines.lower()}


def ask(
    api: Api, route: str, secrets: dict[str, Any], *, id_: str | None = None, headers: Any = None, **body: Any
) -> httpx.Response:
    """All that the route takes, as far as there is a canary for it; instead the id, the headers and the body that are given."""
    asked = example_requests.request_of(route, dict.fromkeys(example_requests.IN_PATH.values(), id_) if id_ else secrets, secrets)
    sent = HEADERS | api.bearer(ROUTES[route] or "admin") | {"if-match": '"1"'} | (headers or {})
    return api.client.request(asked.method, asked.path, params=asked.query, json=body.get("body", asked.body), headers=sent)


def right(api: Api, route: str, secrets: dict[str, Any]) -> list[httpx.Response]:
    return [ask(api, route, secrets)]


def wrong(api: Api, route: str, secrets: dict[str, Any]) -> list[httpx.Response]:
    key = api.keys["admin"].rpartition("_")[0] + "_" + "canary0" * 6
    return [
        ask(api, route, secrets, id_="canary0canary"),
        ask(api, route, secrets, id_="%F0%9F%90%A6canary"),
        ask(api, route, secrets, body={"canary": "canary", "name": ["canary"], "customer_id": {"canary": 1}, "use": "canary"}),
        ask(api, route, secrets, body=["canary"]),
        ask(api, route, secrets, headers={"authorization": f"Bearer {key}"}),
        ask(api, route, secrets, headers={"authorization": "Bearer canary"}),
        ask(api, route, secrets, headers={"origin": "https://canary.example"}),
    ]


@pytest.mark.parametrize("route", ASKED)
def test_nothing_that_was_sent_is_written_down(api: Api, secrets: dict[str, Any], written: Callable[[], str], route: str):
    answers = right(api, route, secrets)
    assert answers[0].status_code < 400, answers[0].text
    answers += wrong(api, route, secrets)
    lines = written()
    assert found(lines, api, secrets) == set()
    assert lines.count('"answered"') >= len(answers), "each request has its line"


def blurts(*_: Any) -> Any:
    """As careless code does: what it was about stands in the message, in the arguments and in what caused it."""
    try:
        raise KeyError("canarycustomer@example.com")
    except KeyError as error:
        raise RuntimeError("canarycode", {"canary": "canary"}) from error


@pytest.mark.parametrize("route", ASKED)
def test_nor_by_a_handler_that_fails(
    api: Api, secrets: dict[str, Any], written: Callable[[], str], monkeypatch: pytest.MonkeyPatch, route: str
):
    edge = edge_of(api, route)
    monkeypatch.setitem(edge.routes, route, Route(blurts, ROUTES[route], uses_link=False))
    assert ask(api, route, secrets).status_code == 500
    lines = written()
    assert '"failed"' in lines and "blurts" in lines, "where it failed is known"
    assert found(lines, api, secrets) == set()


@pytest.mark.parametrize("route", [route for route in ASKED if ROUTES[route] or "{token}" in route])
def test_nor_when_the_table_refuses(
    api: Api, secrets: dict[str, Any], written: Callable[[], str], monkeypatch: pytest.MonkeyPatch, route: str
):
    def refuses(client: Any, operation: str, parameters: Any) -> Any:
        message = f"canary {json.dumps(parameters, default=str)}"
        error: Any = {"Error": {"Code": "ValidationException", "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
        raise ClientError(error, operation)

    api.gateway.start_anew()
    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", refuses)
    assert ask(api, route, secrets).status_code == 500
    lines = written()
    assert "ValidationException" in lines
    assert found(lines, api, secrets) == set()


def test_nor_by_direct_invocations(
    api: Api, secrets: dict[str, Any], written: Callable[[], str], monkeypatch: pytest.MonkeyPatch
):
    fields = {
        "organisation_id": api.organisation_id,
        "coupon_id": secrets["coupon_id"],
        "customer_id": example_requests.SAID["customer_id"],
    }
    api.gateway.invoke("DistributeFunction", fields)
    api.gateway.invoke("DistributeFunction", {"canary": "canary"})
    api.key("admin")
    api.operate("canary")
    monkeypatch.setattr(api.gateway.function("DistributeFunction").services.distribution, "_distributed", blurts)
    assert api.gateway.invoke("DistributeFunction", fields)["code"] == "internal_error"
    batch = fields | {"customers": [{"customer_id": "canary"}]}
    assert api.gateway.invoke("DistributeFunction", batch)["results"][0]["code"] == "internal_error"
    monkeypatch.setattr(api.gateway.function("OperatorFunction").services.organisation_service, "keys", blurts)
    assert api.operate("list_keys")["code"] == "internal_error"
    lines = written()
    assert lines.count('"failed"') >= 3
    assert found(lines, api, secrets) == set()


@pytest.mark.parametrize(
    "careless", [lambda: observability.logger.exception("failed"), lambda: logging.warning("%s", example_requests.SAID)]
)
def test_a_careless_line_would_show(
    api: Api, secrets: dict[str, Any], written: Callable[[], str], monkeypatch: pytest.MonkeyPatch, careless: Callable[[], None]
):
    route = "POST /v1/redemptions"
    monkeypatch.setitem(edge_of(api, route).routes, route, Route(blurts, "redeem", uses_link=False))
    monkeypatch.setattr(observability, "log_exception", lambda _: careless())
    assert ask(api, route, secrets).status_code == 500
    assert found(written(), api, secrets)


def edge_of(api: Api, route: str) -> HttpApp:
    """Of the function that answers the route."""
    method, path = route.split(" ", 1)
    _, name = api.gateway.event(httpx.Request(method, "https://coupons.example" + path.replace("{", "").replace("}", "")))
    module = api.gateway.function(name)
    edge: HttpApp = getattr(module, "app", None) or module.edge
    return edge
