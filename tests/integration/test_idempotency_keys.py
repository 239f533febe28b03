"""Requests that create take an Idempotency-Key: lost answers and repetitions leave one thing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from couponflow.store import idempotency
from tests.integration.conftest import Stored
from tests.integration.test_repeated_changes import BreakOff
from tests.integration.test_repeated_changes import break_off as break_off
from tests.support.api import Api

COUPON = {
    "name": "Ten off",
    "starts_at": "2026-01-01",
    "ends_at": "2999-12-31",
    "max_redemptions": 20,
}
IMAGE = {"kind": "brand_icon", "content_type": "image/png", "size": 9}
KEY = {"idempotency-key": "form-1"}
Bodies = dict[str, dict[str, Any]]
FUNCTIONS = {
    "/v1/coupons": "CouponsFunction",
    "/v1/flow/blocks": "CouponsFunction",
    "/v1/images": "ImagesFunction",
}
PREFIXES = {"/v1/coupons": "COUPON#", "/v1/flow/blocks": "BLOCK#", "/v1/images": "IMAGE#"}


@pytest.fixture
def bodies(api: Api) -> Bodies:
    return {
        "/v1/coupons": COUPON,
        "/v1/flow/blocks": {"coupon_id": api.coupon()["coupon_id"]},
        "/v1/images": IMAGE,
    }


@pytest.fixture
def made(api: Api, stored: Stored, bodies: Bodies) -> Callable[[str], int]:
    """`made("/v1/coupons")`: how many there are of the organisation, without those that the test
    began with.
    """

    def count(path: str) -> int:
        own = [
            item
            for item in stored()
            if api.organisation_id in (item.get("organisation_id"), item["pk"].split("#")[1])
        ]
        return sum(item["pk"].startswith(PREFIXES[path]) for item in own)

    before = {path: count(path) for path in FUNCTIONS}
    return lambda path: count(path) - before[path]


def answer_without_upload(answer: Any) -> Any:
    """An upload is signed again each time: the image is the same."""
    return {name: value for name, value in answer.json().items() if name != "upload"}


@pytest.mark.parametrize("path", FUNCTIONS)
def test_lost_creation_is_repeated_once(
    api: Api, break_off: BreakOff, bodies: Bodies, made, path: str
):
    break_off(FUNCTIONS[path], 1)
    first = api.call("POST", path, bodies[path], **KEY)
    assert (first.status_code, first.json()["code"]) == (503, "outcome_unknown")
    api.gateway.restart()
    again = [api.call("POST", path, bodies[path], **KEY) for _ in range(2)]
    assert [answer.status_code for answer in again] == [201, 201]
    assert answer_without_upload(again[0]) == answer_without_upload(again[1])
    assert made(path) == 1


@pytest.mark.parametrize("path", ["/v1/coupons", "/v1/flow/blocks"])
def test_control_creation_without_a_key_is_repeated_twice(
    api: Api, break_off: BreakOff, bodies: Bodies, made, path: str
):
    break_off(FUNCTIONS[path], 1)
    first = api.call("POST", path, bodies[path])
    assert (first.status_code, first.json()["code"]) == (503, "outcome_unknown")
    assert f"GET {path}" in first.json()["detail"]
    api.gateway.restart()
    assert api.call("POST", path, bodies[path]).status_code == 201
    assert made(path) == 2


@pytest.mark.parametrize("path", FUNCTIONS)
def test_key_of_another_body_is_refused(api: Api, bodies: Bodies, made, path: str):
    assert api.call("POST", path, bodies[path], **KEY).status_code == 201
    other = bodies[path] | (
        {"size": 8}
        if path == "/v1/images"
        else {"name": "B"}
        if path == "/v1/coupons"
        else {"message": "B"}
    )
    refused = api.call("POST", path, other, **KEY)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    too_long = api.call("POST", path, bodies[path], **{"idempotency-key": "x" * 256})
    assert (too_long.status_code, too_long.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert made(path) == 1


def test_keys_belong_to_one_organisation(organisation: Callable[[str], Api]):
    ids = {
        one.call("POST", "/v1/coupons", COUPON, **KEY).json()["coupon_id"]
        for one in map(organisation, ("one", "two"))
    }
    assert len(ids) == 2


def test_first_answer_is_repeated_after_a_change(api: Api):
    first = api.call("POST", "/v1/coupons", COUPON, **KEY)
    api.patch(first.json(), name="Other", active=False)
    again = api.call("POST", "/v1/coupons", COUPON, **KEY)
    assert (again.json(), again.headers["etag"]) == (first.json(), first.headers["etag"])


def test_key_holds_for_24_hours(api: Api, table: Any):
    first = api.call("POST", "/v1/coupons", COUPON, **KEY).json()
    key = idempotency.IdempotencyKey.of(
        api.organisation_id, "form-1", "POST /v1/coupons", COUPON, datetime.now(UTC)
    )
    assert key is not None
    place = idempotency._place(key)
    kept = float(table.get_item(Key=place)["Item"]["expires_at"]) - datetime.now(UTC).timestamp()
    assert timedelta(hours=23, minutes=59) < timedelta(seconds=kept) <= timedelta(hours=24)
    now = {":now": int(datetime.now(UTC).timestamp())}
    table.update_item(
        Key=place, UpdateExpression="SET expires_at = :now", ExpressionAttributeValues=now
    )
    assert api.call("POST", "/v1/coupons", COUPON, **KEY).json()["coupon_id"] != first["coupon_id"]


def test_simultaneous_repetitions_create_one(api: Api, made):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.call("POST", "/v1/coupons", COUPON, **KEY), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["coupon_id"] for answer in answers}) == made("/v1/coupons") == 1
