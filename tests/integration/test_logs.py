"""R14: logs never contain a value from a request or response, even on errors.

Each route gets canaries in all its input. New routes are covered automatically.
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
from tests.support.api import Api

ASKED = [route for route in ROUTES if "console" not in route and not route.endswith(" /")]
HEADERS = {
    "idempotency-key": "canaryattempt",
    "user-agent": "canaryagent",
    "cookie": "look_again=canarycookie",
    "referer": "https://canaryreferer.example/",
    "x-forwarded-for": "canaryaddress",
}


@pytest.fixture
def log_lines() -> Iterator[Callable[[], str]]:
    """`log_lines()`: every log line so far, including those of libraries, as CloudWatch gets it."""
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
    """The organisation's ids and texts; none may appear in a log."""
    return fuzzing.ids(api) | example_requests.EXAMPLES


def canaries(api: Api, secrets: dict[str, Any]) -> set[str]:
    ids = {secrets[name] for name in ("coupon_id", "block_id", "image_id", "token")}
    keys = {part for key in api.keys.values() for part in (key, key.rpartition("_")[2])}
    return {"canary", api.organisation_id.lower(), *ids, *keys}


def found(lines: str, api: Api, secrets: dict[str, Any]) -> set[str]:
    return {canary for canary in canaries(api, secrets) if canary in lines.lower()}


def ask(
    api: Api,
    route: str,
    secrets: dict[str, Any],
    *,
    id_: str | None = None,
    headers: Any = None,
    **body: Any,
) -> httpx.Response:
    """Send a request with canaries in all input, or with this id, these headers, this body."""
    in_path = dict.fromkeys(example_requests.IN_PATH.values(), id_) if id_ else secrets
    asked = example_requests.build_request(route, in_path, secrets)
    # PATCH needs the version of the coupon; of pages and blocks any version is right.
    seen = '"1"' if route.startswith("PATCH") else "*"
    sent = HEADERS | api.bearer(ROUTES[route] or "admin") | {"if-match": seen} | (headers or {})
    return api.client.request(
        asked.method,
        asked.path,
        params=asked.query,
        json=body.get("body", asked.body),
        headers=sent,
    )


def right(api: Api, route: str, secrets: dict[str, Any]) -> list[httpx.Response]:
    return [ask(api, route, secrets)]


def wrong(api: Api, route: str, secrets: dict[str, Any]) -> list[httpx.Response]:
    key = api.keys["admin"].rpartition("_")[0] + "_" + "canary0" * 6
    return [
        ask(api, route, secrets, id_="canary0canary"),
        ask(api, route, secrets, id_="%F0%9F%90%A6canary"),
        ask(
            api,
            route,
            secrets,
            body={
                "canary": "canary",
                "name": ["canary"],
                "customer_id": {"canary": 1},
                "use": "canary",
            },
        ),
        ask(api, route, secrets, body=["canary"]),
        ask(api, route, secrets, headers={"authorization": f"Bearer {key}"}),
        ask(api, route, secrets, headers={"authorization": "Bearer canary"}),
        ask(api, route, secrets, headers={"origin": "https://canary.example"}),
    ]


@pytest.mark.parametrize("route", ASKED)
def test_no_request_value_is_logged(
    api: Api, secrets: dict[str, Any], log_lines: Callable[[], str], route: str
):
    answers = right(api, route, secrets)
    assert answers[0].status_code < 400, answers[0].text
    answers += wrong(api, route, secrets)
    lines = log_lines()
    assert found(lines, api, secrets) == set()
    assert lines.count('"answered"') >= len(answers), "each request has its line"


def leak(*_: Any) -> Any:
    """Raise an error with request data in its message, arguments and cause."""
    try:
        raise KeyError("canarycustomer@example.com")
    except KeyError as error:
        raise RuntimeError("canarycode", {"canary": "canary"}) from error


@pytest.mark.parametrize("route", ASKED)
def test_failing_handler_logs_no_request_value(
    api: Api,
    secrets: dict[str, Any],
    log_lines: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    route: str,
):
    edge = find_http_app(api, route)
    monkeypatch.setitem(edge.routes, route, Route(leak, ROUTES[route], uses_link=False))
    assert ask(api, route, secrets).status_code == 500
    lines = log_lines()
    assert '"failed"' in lines and "leak" in lines, "the log names the failing function"
    assert found(lines, api, secrets) == set()


@pytest.mark.parametrize("route", [route for route in ASKED if ROUTES[route] or "{token}" in route])
def test_table_error_logs_no_request_value(
    api: Api,
    secrets: dict[str, Any],
    log_lines: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    route: str,
):
    def refuses(client: Any, operation: str, parameters: Any) -> Any:
        message = f"canary {json.dumps(parameters, default=str)}"
        error: Any = {
            "Error": {"Code": "ValidationException", "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": 400},
        }
        raise ClientError(error, operation)

    api.gateway.restart()
    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", refuses)
    assert ask(api, route, secrets).status_code == 500
    lines = log_lines()
    assert "ValidationException" in lines
    assert found(lines, api, secrets) == set()


def test_direct_invocation_logs_no_request_value(
    api: Api, secrets: dict[str, Any], log_lines: Callable[[], str], monkeypatch: pytest.MonkeyPatch
):
    fields = {
        "organisation_id": api.organisation_id,
        "coupon_id": secrets["coupon_id"],
        "customer_id": example_requests.EXAMPLES["customer_id"],
    }
    api.gateway.invoke("DistributeFunction", fields)
    api.gateway.invoke("DistributeFunction", {"canary": "canary"})
    api.key("admin")
    api.operate("canary")
    monkeypatch.setattr(
        api.gateway.function("DistributeFunction").services.distribution, "_distributed", leak
    )
    assert api.gateway.invoke("DistributeFunction", fields)["code"] == "internal_error"
    batch = fields | {"customers": [{"customer_id": "canary"}]}
    assert api.gateway.invoke("DistributeFunction", batch)["results"][0]["code"] == "internal_error"
    monkeypatch.setattr(
        api.gateway.function("OperatorFunction").services.organisation_service, "keys", leak
    )
    assert api.operate("list_keys")["code"] == "internal_error"
    lines = log_lines()
    assert lines.count('"failed"') >= 3
    assert found(lines, api, secrets) == set()


@pytest.mark.parametrize(
    "careless",
    [
        lambda: observability.logger.exception("failed"),
        lambda: logging.warning("%s", example_requests.EXAMPLES),
    ],
)
def test_control_careless_log_line_is_noticed(
    api: Api,
    secrets: dict[str, Any],
    log_lines: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    careless: Callable[[], None],
):
    route = "POST /v1/redemptions"
    monkeypatch.setitem(
        find_http_app(api, route).routes, route, Route(leak, "redeem", uses_link=False)
    )
    monkeypatch.setattr(observability, "log_exception", lambda _: careless())
    assert ask(api, route, secrets).status_code == 500
    assert found(log_lines(), api, secrets)


def find_http_app(api: Api, route: str) -> HttpApp:
    """The HttpApp of the function that serves the route."""
    method, path = route.split(" ", 1)
    _, name = api.gateway.event(
        httpx.Request(method, "https://coupons.example" + path.replace("{", "").replace("}", ""))
    )
    module = api.gateway.function(name)
    app: HttpApp = module.app
    return app
