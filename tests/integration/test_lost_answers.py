"""Writes whose response is lost: the caller gets the result, and no write happens twice."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from couponflow.domain.errors import CouponflowError
from couponflow.web.page import translations
from tests.support.api import Api
from tests.support.engines import on_both_engines

pytestmark = on_both_engines

WRITES = ("transact_write_items", "put_item", "update_item")
LoseResponse = Callable[[str, int], None]


@pytest.fixture
def lose_response(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoseResponse]:
    """`lose_response("RedeemFunction", 2)`: lose the response of its second write from now on."""

    def lose(function: str, nth: int) -> None:
        client = api.gateway.function(function).services.table._client
        count = [0]

        def wrapped(real: Callable[..., Any]) -> Callable[..., Any]:
            def call(**request: Any) -> Any:
                answer = real(**request)
                count[0] += 1
                if count[0] == nth:
                    raise ReadTimeoutError(endpoint_url="lost")
                return answer

            return call

        for name in WRITES:
            monkeypatch.setattr(client, name, wrapped(getattr(client, name)))

    yield lose
    api.gateway.restart()  # fresh clients, which lose nothing


def check(
    api: Api,
    coupon: dict[str, Any],
    shards: Callable[[dict[str, Any]], list[dict[str, Any]]],
    limit: int,
) -> None:
    seen, stored = api.read(coupon), shards(coupon)
    assert (
        seen["max_redemptions"]
        == limit
        == sum(shard["used"] + shard["remaining"] for shard in stored)
    )
    assert seen["remaining"] == sum(shard["remaining"] for shard in stored)
    assert {int(shard["version"]) for shard in stored} == {seen["version"]}


@pytest.mark.parametrize(
    ("before", "after", "steps"),
    [(10, 4, 1), (100, 45, 6), (64, 51, 4), (10, 14, 1), (40, 45, 2), (40, 200, 3)],
)
def test_limit_changes_once_if_any_response_is_lost(
    api: Api, shards, lose_response: LoseResponse, before, after, steps
):
    for nth in range(1, steps + 2):  # skips the write of the key's last use
        coupon = api.coupon(max_redemptions=before)
        lose_response("CouponsFunction", nth)
        changed = api.patch(coupon, max_redemptions=after, active=False)
        assert (changed.status_code, changed.json().get("max_redemptions")) == (200, after), (
            nth,
            changed.text,
        )
        check(api, coupon, shards, after)
        assert api.read(coupon)["active"] is False
        api.gateway.restart()


def test_coupon_is_created_once_with_or_without_a_code(api: Api, lose_response: LoseResponse):
    lose_response("CouponsFunction", 1)
    coupon = api.coupon(code="ONCE")
    assert [item["code"] for item in api.call("GET", "/v1/coupons").json()["items"]] == ["ONCE"]
    assert api.read(coupon) == coupon


@pytest.mark.parametrize("nth", [1, 2])
def test_change_and_archiving_happen_once(api: Api, lose_response: LoseResponse, nth):
    coupon = api.coupon(max_redemptions=10)
    lose_response("CouponsFunction", nth)
    changed = api.patch(coupon, name="other")
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    api.gateway.restart()
    lose_response("CouponsFunction", nth)
    assert api.call("DELETE", f"/v1/coupons/{coupon['coupon_id']}").status_code == 204
    assert (api.read(coupon)["status"], api.read(coupon)["version"]) == ("archived", 3)


@pytest.mark.parametrize("limit", [1, 3, None])
def test_use_is_redeemed_once_by_link_and_at_the_till(api: Api, lose_response: LoseResponse, limit):
    coupon = api.coupon(max_redemptions=40, max_redemptions_per_customer=limit)
    link = api.link(coupon, "ann")
    lose_response("RedeemFunction", 1)
    assert api.tap(link).json()["status"] == "redeemed"
    for count in (2, 3, 4):
        api.gateway.restart()
        lose_response("RedeemFunction", 1)
        assert api.till(coupon, f"bob-{count}").json()["repeated"] is False
        assert api.read(coupon)["times_redeemed"] == count
    if limit != 1:
        api.gateway.restart()
        lose_response("RedeemFunction", 1)
        assert api.till(coupon, "ann", idempotency_key="again").status_code == 200
        assert api.till(coupon, "ann", idempotency_key="again").json()["repeated"] is True
        assert api.read(coupon)["times_redeemed"] == len(api.records(coupon)) == 5


def test_coupon_is_distributed_once(api: Api, lose_response: LoseResponse):
    coupon = api.coupon()
    api.link(coupon, "eve")
    lose_response("DistributeFunction", 1)
    assert api.distribute(coupon, "ann")["outcome"] == "distributed"
    assert len(api.records(coupon, customer_id="ann")) == 1


def test_redeemer_of_the_last_unit_is_not_refused_as_sold_out(
    api: Api, lose_response: LoseResponse
):
    coupon = api.coupon(max_redemptions=1)
    link = api.link(coupon, "ann")
    lose_response("RedeemFunction", 1)
    assert api.tap(link).status_code == 200
    api.gateway.restart()
    assert api.tap(link).json()["repeated"] is True
    assert api.till(coupon, "bob").json()["code"] == "coupon_max_uses_reached"
    assert api.tap(link).json()["repeated"] is True


def test_use_without_an_answer_has_an_unknown_outcome(api: Api, monkeypatch: pytest.MonkeyPatch):
    coupon = api.coupon()
    link = api.link(coupon, "ann")
    services = api.gateway.function("RedeemFunction").services
    monkeypatch.setattr(services.shard_redeemer, "_pause", lambda seconds: None)

    def time_out(**request: Any) -> None:
        raise ReadTimeoutError(endpoint_url="lost")

    with monkeypatch.context() as patch:
        patch.setattr(services.table._client, "transact_write_items", time_out)
        for answer in (api.tap(link), api.till(coupon, "bob")):
            assert (answer.status_code, answer.json()["code"]) == (503, "outcome_unknown")
            assert int(answer.headers["retry-after"]) > 0
        form = api.client.post(f"{link}/redeem", data={"use": "1"})
        assert form.status_code == 503
        assert 'data-state="unknown_outcome"' in form.text
        assert translations.of("en").unknown_why in form.text
    assert api.tap(link).json()["repeated"] is False
    assert not issubclass(ReadTimeoutError, CouponflowError)
