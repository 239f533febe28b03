"""R7: every response to a fuzzed request is documented; none is a 5xx; invalid requests are
refused.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Collection
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from couponflow.domain import codes
from couponflow.web.http import routes, validation
from tests.integration import fuzzing
from tests.integration.fuzzing import Answers
from tests.support.api import Api

# The console serves static files; test_console_handler.py covers it. `opened` answers every link
# alike, so no request of it is wrong; test_hostile_http.py covers it.
FUZZED = [
    route
    for route in routes.ROUTES
    if "console" not in route and not route.endswith((" /", " /v1/openapi.json", "/opened"))
]
WITH_INPUT = [route for route in FUZZED if fuzzing.takes_input(route)]
CAN_BE_WRONG = [route for route in WITH_INPUT if route not in fuzzing.NEVER_WRONG]
FAILURES = fuzzing.FAILURES


# Another seed gives other ids, so other requests.
SEED = os.environ.get("FUZZ_SEED", "0")


@pytest.fixture
def repeatable_ids(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same ids and codes in every run of the test, so that a failure can be repeated."""
    source = random.Random(f"{SEED} {request.node.name}")
    monkeypatch.setattr(codes, "secrets", SimpleNamespace(token_bytes=source.randbytes))


@pytest.fixture
def fuzz(repeatable_ids: None, api: Api, bucket: None) -> Callable[..., Answers]:
    """`fuzz(route, mutant)`: responses to valid and invalid requests. Raises one of FAILURES."""

    def run(
        route: str,
        mutant: Callable[[httpx.BaseTransport], httpx.BaseTransport] | None = None,
        cases: int = fuzzing.CASES,
        fields: Collection[str] = (),
    ) -> Answers:
        service = mutant(api.gateway) if mutant else api.gateway
        return fuzzing.run(api, route, service, cases, fields)

    return run


@pytest.mark.parametrize("route", FUZZED)
def test_every_response_is_documented_and_bad_input_refused(
    fuzz: Callable[..., Answers], route: str
):
    right, wrong = fuzz(route)
    assert right.total() + wrong.total() >= fewest(route)
    assert any(status < 400 for status in right), f"no valid request succeeded: {right}"
    if route in CAN_BE_WRONG:
        refused = sum(wrong[status] for status in (400, 413, 415, 422))
        assert refused >= wrong.total() * 3 / 4, f"too few invalid requests were refused: {wrong}"


def test_at_least_2000_cases_are_tried():
    assert sum(map(fewest, FUZZED)) >= 2_000


def fewest(route: str) -> int:
    """The least number of requests. A route whose input is one id has two valid requests."""
    return fuzzing.CASES * 2 if route in CAN_BE_WRONG else fuzzing.CASES


class Mutant(httpx.BaseTransport):
    """The service with one fault."""

    def __init__(self, gateway: httpx.BaseTransport) -> None:
        self.gateway = gateway
        self.good: httpx.Response | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.spoil(self.gateway.handle_request(request))

    def spoil(self, answer: httpx.Response) -> httpx.Response:
        raise NotImplementedError


class FailsInsteadOfNotFound(Mutant):
    def spoil(self, answer: httpx.Response) -> httpx.Response:
        answer.status_code = 500 if answer.status_code == 404 else answer.status_code
        return answer


class ReturnsUndocumentedStatus(Mutant):
    def spoil(self, answer: httpx.Response) -> httpx.Response:
        answer.status_code = 202 if answer.status_code < 400 else answer.status_code
        return answer


class ReturnsInvalidBody(Mutant):
    def spoil(self, answer: httpx.Response) -> httpx.Response:
        return (
            httpx.Response(200, json=answer.json() | {"next_cursor": 0})
            if answer.is_success
            else answer
        )


class AcceptsInvalidInput(Mutant):
    def spoil(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code < 400:
            self.good = answer
        return self.good if self.good and answer.status_code in (400, 415, 422) else answer


@pytest.mark.parametrize(
    "route", ["GET /v1/coupons/{coupon_id}", "PUT /v1/flow/blocks/{block_id}", "GET /r/{token}"]
)
def test_control_failing_handler_is_noticed(fuzz: Callable[..., Answers], route: str):
    with pytest.raises(FAILURES, match="Server error|not_a_server_error|5xx|500"):
        fuzz(route, FailsInsteadOfNotFound)


@pytest.mark.parametrize(
    "route", ["POST /v1/coupons", "GET /images/{name}", "POST /r/{token}/redeem"]
)
def test_control_undocumented_status_is_noticed(fuzz: Callable[..., Answers], route: str):
    with pytest.raises(FAILURES, match="ndocumented"):
        fuzz(route, ReturnsUndocumentedStatus)


def test_control_invalid_response_body_is_noticed(fuzz: Callable[..., Answers]):
    with pytest.raises(FAILURES, match="schema"):
        fuzz("GET /v1/coupons", ReturnsInvalidBody)


@pytest.mark.parametrize("route", CAN_BE_WRONG)
def test_control_accepted_invalid_input_is_noticed(fuzz: Callable[..., Answers], route: str):
    with pytest.raises(FAILURES, match="Schema-violating request accepted"):
        fuzz(route, AcceptsInvalidInput)


def test_control_unchecked_name_is_noticed(
    fuzz: Callable[..., Answers], monkeypatch: pytest.MonkeyPatch
):
    parse = validation.parse

    def careless(schema: Any, value: Any, **context: Any) -> Any:
        named = (
            value | {"name": str(value["name"])[:100] or "?"}
            if isinstance(value, dict) and "name" in value
            else value
        )
        return parse(schema, named, **context)

    monkeypatch.setattr(validation, "parse", careless)
    # Of all fields, too few requests would have a wrong name and nothing else that is wrong.
    with pytest.raises(FAILURES, match="Schema-violating request accepted"):
        fuzz("POST /v1/coupons", cases=6 * fuzzing.CASES, fields=("name", "starts_at", "ends_at"))
