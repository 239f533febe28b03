"""R7: whatever is sent, the answer is one that the OpenAPI document names, never a 5xx, and nothing invalid is accepted."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import GenerationMode

from couponflow.web import openapi, routes
from tests.integration.conftest import Api
from tests.wsgi import Application

# The console is files, and previews answer with a page: both have tests of their own.
FUZZED = [route for route in routes.ROUTES if "console" not in route and route not in ("GET /", "GET /v1/openapi.json")]
EXAMPLES, FEWEST = 105, 78
# Whatever stands in a query is text, and this address takes any text.
NOTHING_IS_INVALID = {"GET /v1/flow/distribute"}
# What fits the schema may still break a rule between fields, or name an image, a version, a place that there is not.
RULES = {"checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", 400, 403, 404, 409, 412, 422, 428]}}}


@pytest.fixture(scope="module")
def bucket(s3_local: str):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_S3", s3_local)
        yield


def known_ids(api: Api, route: str) -> dict[str, list[str]]:
    """One of each kind that exists, or existed, and one that never did."""
    coupon = api.coupon()
    if route.startswith("DELETE"):
        coupon = api.coupon()
    made = api.call("POST", "/v1/flow/blocks", {"coupon_id": coupon["coupon_id"]}).json()
    image = api.call("POST", "/v1/images", {"kind": "brand_icon", "content_type": "image/png", "size": 9}).json()
    token = api.link(coupon, "ann").removeprefix("/r/")
    unknown = "0" * 13
    return {
        "coupon_id": [coupon["coupon_id"], unknown],
        "block_id": [made["block_id"], unknown],
        "image_id": [image["image_id"], unknown],
        "token": [token, token[:-1] + ("0" if token[-1] != "0" else "1")],
        "name": ["0" * 64 + ".webp", "x"],
    }


def document_of(route: str, ids: dict[str, list[str]]) -> dict[str, Any]:
    """The document of that one route, with ids that exist."""
    method, path = route.split(" ", 1)
    document = copy.deepcopy(openapi.document())
    operation = document["paths"][path][method.lower()]
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            parameter["schema"] = {"enum": ids[parameter["name"]]}
    document["paths"] = {path: {method.lower(): operation}}
    return json.loads(json.dumps(document))  # type: ignore[no-any-return]


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("route", FUZZED)
def test_every_answer_is_documented_and_nothing_invalid_is_accepted(api: Api, route: str):
    schema = schemathesis.openapi.from_dict(
        document_of(route, known_ids(api, route)), config=schemathesis.Config.from_dict(RULES)
    )
    schema.app = Application(api.gateway)
    method, path = route.split(" ", 1)
    operation, named, tried = schema[path][method], names_in_query(route), 0
    cases = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if route not in NOTHING_IS_INVALID:
        cases |= operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def holds(case: schemathesis.Case[Any]):
        nonlocal tried
        assume(set(case.query or {}) <= named)  # names that nobody documented are ignored: with them nothing is invalid
        case.call_and_validate(headers={"Authorization": api.bearer()["authorization"]})
        tried += 1

    holds()
    # A route without parameters is exhausted sooner.
    assert tried >= FEWEST or not (named or operation.body or operation.path_parameters), tried


def names_in_query(route: str) -> set[str]:
    method, path = route.split(" ", 1)
    parameters = openapi.document()["paths"][path][method.lower()].get("parameters", [])
    return {parameter["name"] for parameter in parameters if parameter["in"] == "query"}


def test_that_makes_two_thousand_cases():
    assert len(FUZZED) * FEWEST >= 2_000
