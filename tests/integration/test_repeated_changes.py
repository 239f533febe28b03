"""A change whose every answer is lost is repeated as it was: the outcome is that of one request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from couponflow.services import coupons
from tests.support.api import Api

WRITES = ("transact_write_items", "put_item", "update_item")
BreakOff = Callable[[str, int], None]
BESIDE = ("KEY#", "COUNTER#", "JOURNAL#")


@pytest.fixture
def break_off(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[BreakOff]:
    """`break_off("CouponsFunction", 2)`: the second write is made, its answer is lost, and so is
    every later call.
    """
    monkeypatch.setattr(coupons, "SECONDS_FOR_A_CHANGE", 0)

    def begin(function: str, nth: int) -> None:
        services = api.gateway.function(function).services
        monkeypatch.setattr(services.table, "_pause", lambda seconds: None)
        client, count = services.table._client, [0]

        def wrapped(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
            def call(**request: Any) -> Any:
                if count[0] >= nth:
                    raise ReadTimeoutError(endpoint_url="lost")
                answer = real(**request)
                if name in WRITES and not any(mark in str(request) for mark in BESIDE):
                    count[0] += 1
                if count[0] >= nth:
                    raise ReadTimeoutError(endpoint_url="lost")
                return answer

            return call

        for name in (*WRITES, "get_item", "query", "batch_get_item"):
            monkeypatch.setattr(client, name, wrapped(name, getattr(client, name)))

    yield begin
    api.gateway.restart()


def state_of(api: Api, coupon: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in api.read(coupon).items()
        if name in ("name", "active", "max_redemptions")
    }


@pytest.mark.parametrize(
    ("before", "changes"),
    [
        (10, {"name": "Other"}),
        (40, {"max_redemptions": 200, "name": "Raised"}),
        (40, {"max_redemptions": None}),
        (64, {"max_redemptions": 51, "active": False}),
    ],
    ids=["name", "raised", "no limit", "lowered"],
)
def test_repeated_change_ends_where_one_request_does(
    api: Api, shards, break_off: BreakOff, before, changes
):
    for nth in range(1, 30):
        coupon = api.coupon(max_redemptions=before)
        path, body = f"/v1/coupons/{coupon['coupon_id']}", {"version": 1} | changes
        break_off("CouponsFunction", nth)
        first = api.call("PATCH", path, body)
        api.gateway.restart()
        if first.status_code == 200:
            break
        assert (first.status_code, first.json()["code"]) == (503, "outcome_unknown"), nth
        assert api.call("PATCH", path, body | {"name": "Someone else"}).status_code == 412, (
            "another change is no repetition"
        )
        again = api.call("PATCH", path, body)
        assert again.status_code == 200, (nth, again.text)
        once = coupon | changes
        assert state_of(api, coupon) == {
            name: once[name] for name in ("name", "active", "max_redemptions")
        }
        stored = shards(coupon)
        units = sum(shard["used"] + shard["remaining"] for shard in stored)
        assert changes.get("max_redemptions", before) in (units, None)
        assert {int(shard["version"]) for shard in stored} == {again.json()["version"]}
        assert api.call("PATCH", path, body).json()["version"] == again.json()["version"], (
            "a third one changes nothing"
        )
    assert nth > 1, "a change was broken off at all"


def test_change_after_another_one_is_no_repetition(api: Api):
    coupon = api.coupon()
    path = f"/v1/coupons/{coupon['coupon_id']}"
    assert api.call("PATCH", path, {"version": 1, "name": "Mine"}).status_code == 200
    assert api.call("PATCH", path, {"version": 1, "name": "Mine"}).status_code == 200
    assert api.call("PATCH", path, {"version": 2, "name": "Theirs"}).status_code == 200
    refused = api.call("PATCH", path, {"version": 1, "name": "Mine"})
    assert (refused.status_code, refused.json()["code"]) == (412, "version_conflict")
    assert api.read(coupon)["name"] == "Theirs"
