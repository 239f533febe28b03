"""Valid and invalid requests, generated from the OpenAPI document; every response is checked
against it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from typing import Any, NamedTuple

import boto3
import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.core.failures import Failure, FailureGroup

from couponflow.web.http.routes import ROUTES
from couponflow.web.openapi import document as openapi
from tests.support.api import Api
from tests.support.hostile_images import picture
from tests.support.wsgi import Application

CASES = 50
# Query values are text, and this route accepts any text.
NEVER_WRONG = {"GET /v1/flow/distribute"}
FAILURES = (Failure, FailureGroup)
CONFIG = {
    # test_keys.py covers keys. A request without a key never reaches the validation.
    "generation": {"with-security-parameters": False, "allow-extra-parameters": False},
    # A request that fits the schema may break a rule between fields or name an unknown id or
    # version.
    "checks": {
        "positive_data_acceptance": {
            "expected-statuses": ["2xx", "3xx", 400, 403, 404, 409, 412, 422, 428]
        },
        # 413: a text that is too long may also make the body too large.
        "negative_data_rejection": {"expected-statuses": [400, 403, 404, 409, 413, 415, 422, 428]},
    },
}
UNKNOWN = "0" * 13


class Answers(NamedTuple):
    """Number of responses per status."""

    right: Counter[int]
    wrong: Counter[int]


def run(
    api: Api,
    route: str,
    service: httpx.BaseTransport,
    cases: int = CASES,
    fields: Collection[str] = (),
) -> Answers:
    """Send up to CASES valid and `cases` invalid requests, the same in every run.

    Bodies have only `fields`, or all of the route. Raises one of FAILURES.
    """
    known = ids(api)
    right = _sent(
        api, route, service, _right(route, known), GenerationMode.POSITIVE, min(cases, CASES)
    )
    if route in NEVER_WRONG:
        return Answers(right, Counter())
    return Answers(
        right,
        _sent(api, route, service, _wrong(route, known, fields), GenerationMode.NEGATIVE, cases),
    )


def takes_input(route: str) -> bool:
    """Whether the route has a body or query parameters."""
    operation = _operation(openapi.document(), route)
    return "requestBody" in operation or any(
        each["in"] == "query" for each in operation.get("parameters", [])
    )


def ids(api: Api) -> dict[str, Any]:
    """Create one object of each kind; return their ids."""
    coupon = api.coupon()
    block = api.call("POST", "/v1/flow/blocks", {"coupon_id": coupon["coupon_id"]}).json()
    image = api.call(
        "POST",
        "/v1/images",
        {"kind": "brand_icon", "content_type": "image/png", "size": len(picture())},
    ).json()
    boto3.client("s3").put_object(
        Bucket="images", Key=image["upload"]["fields"]["key"], Body=picture()
    )
    shown = api.call("POST", f"/v1/images/{image['image_id']}/complete").json()
    return {
        "coupon_id": coupon["coupon_id"],
        "code": coupon["code"],
        "block_id": block["block_id"],
        "image_id": image["image_id"],
        "brand_icon": image["image_id"],
        "token": api.link(coupon, "ann").removeprefix("/r/"),
        "file": shown["url"].rpartition("/")[2],
    }


def _sent(
    api: Api,
    route: str,
    service: httpx.BaseTransport,
    document: dict[str, Any],
    mode: GenerationMode,
    cases: int,
) -> Counter[int]:
    schema = schemathesis.openapi.from_dict(document, config=schemathesis.Config.from_dict(CONFIG))
    schema.app = Application(service)
    ((path, methods),) = document["paths"].items()
    (method,) = methods
    headers = {"Authorization": api.bearer(ROUTES[route] or "admin")["authorization"]}
    answered = Counter[int]()

    @settings(
        max_examples=cases,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method.upper()].as_strategy(generation_mode=mode))
    def holds(case: schemathesis.Case[Any]) -> None:
        answered[case.call_and_validate(headers=headers).status_code] += 1

    holds()
    return answered


def _right(route: str, known: dict[str, Any]) -> dict[str, Any]:
    """The document of one route, restricted to existing ids and valid times."""
    document = _document_of(route)
    operation = _operation(document, route)
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            parameter["schema"] = {
                "enum": [known[_IN_PATH.get(parameter["name"], parameter["name"])], UNKNOWN]
            }
    _settle(operation, {name: [value] for name, value in known.items()} | _TIMES | {"version": [1]})
    return document


def _wrong(route: str, known: dict[str, Any], fields: Collection[str]) -> dict[str, Any]:
    """The document of one route; its path is valid if the route has other input."""
    if not takes_input(route):
        return _right(route, known)
    document = _document_of(route)
    operation = _operation(document, route)
    _settle(operation, _TIMES)
    if fields:
        _restrict(operation, fields)
    operation["parameters"] = [
        each for each in operation.get("parameters", []) if each["in"] != "path"
    ]
    method, path = route.split(" ", 1)
    for name, id_ in known.items():
        path = path.replace("{" + name + "}", id_)
    return document | {"paths": {path: {method.lower(): operation}}}


_IN_PATH = {"name": "file"}
_TIMES: dict[str, list[Any]] = {
    "starts_at": ["2026-01-01", "2026-01-01T08:00:00+08:00", "2026-01-01T08:00"],
    "ends_at": ["2999-12-31", "2999-12-31T23:00:00Z"],
    "timezone": ["UTC", "Asia/Hong_Kong"],
}


def _settle(operation: dict[str, Any], fields: dict[str, list[Any]]) -> None:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        properties = content["schema"]["properties"]
        properties |= {name: {"enum": fields[name]} for name in properties.keys() & fields.keys()}


def _restrict(operation: dict[str, Any], fields: Collection[str]) -> None:
    for content in operation["requestBody"]["content"].values():
        properties = content["schema"]["properties"]
        content["schema"]["properties"] = {name: properties[name] for name in fields}


def _document_of(route: str) -> dict[str, Any]:
    method, path = route.split(" ", 1)
    document: dict[str, Any] = json.loads(json.dumps(openapi.document()))
    return document | {"paths": {path: {method.lower(): document["paths"][path][method.lower()]}}}


def _operation(document: dict[str, Any], route: str) -> dict[str, Any]:
    method, path = route.split(" ", 1)
    operation: dict[str, Any] = document["paths"][path][method.lower()]
    return operation
