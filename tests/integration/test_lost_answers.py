"""Writes that were made but whose answer was lost: whoever asked gets what was made, and nothing happens twice."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from couponflow.domain.errors import CouponflowError
from tests.integration.conftest import Api
from tests.support.engines import on_both_engines

pytestmark = on_both_engines

WRITES = ("transact_write_items", "put_item", "update_item")
Losing = Callable[[str, int], None]


@pytest.fixture
def losing(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[Losing]:
    """`losing("RedeemFunction", 2)`: of the function's writes from now on the second is made, but never answered."""

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
    api.gateway.start_anew()  # whose clients lose nothing


def check(api: Api, coupon: dict[str, Any], shards: Callable[[dict[str, Any]], list[dict[str, Any]]], limit: int) -> None:
    seen, stored = api.read(coupon), shards(coupon)
    assert seen["max_redemptions"] == limit == sum(shard["used"] + shard["remaining"] for shard in stored)
    assert seen["remaining"] == sum(shard["remaining"] for shard in stored)
    assert {int(shard["version"]) for shard in stored} == {seen["version"]}


@pytest.mark.parametrize(
    ("before", "after", "steps"), [(10, 4, 1), (100, 45, 6), (64, 51, 4), (10, 14, 1), (40, 45, 2), (40, 200, 3)]
)
def test_a_limit_is_changed_once_whichever_answer_is_lost(api: Api, shards, losing: Losing, before, after, steps):
    for nth in range(1, steps + 2):  # what is written of the key comes in between
        coupon = api.coupon(max_redemptions=before)
        losing("CouponsFunction", nth)
        changed = api.patch(coupon, max_redemptions=after, active=False)
        assert (changed.status_code, changed.json().get("max_redemptions")) == (200, after), (nth, changed.text)
        check(api, coupon, shards, after)
        assert not any(shard["active"] for shard in shards(coupon))
        api.gateway.start_anew()


def test_a_coupon_is_created_once_also_with_a_code_of_its_own(api: Api, losing: Losing):
    losing("CouponsFunction", 1)
    coupon = api.coupon(code="ONCE")
    assert [item["code"] for item in api.call("GET", "/v1/coupons").json()["items"]] == ["ONCE"]
    assert api.read(coupon) == coupon


@pytest.mark.parametrize("nth", [1, 2])
def test_a_change_and_an_ending_are_made_once(api: Api, losing: Losing, nth):
    coupon = api.coupon(max_redemptions=10)
    losing("CouponsFunction", nth)
    changed = api.patch(coupon, name="other")
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    api.gateway.start_anew()
    losing("CouponsFunction", nth)
    assert api.call("DELETE", f"/v1/coupons/{coupon['coupon_id']}").status_code == 204
    assert (api.read(coupon)["status"], api.read(coupon)["version"]) == ("archived", 3)


@pytest.mark.parametrize("limit", [1, 3, None])
def test_a_use_is_made_once_by_link_and_at_the_till(api: Api, losing: Losing, limit):
    coupon = api.coupon(max_redemptions=40, max_redemptions_per_customer=limit)
    link = api.link(coupon, "ann")
    losing("RedeemFunction", 1)
    assert api.tap(link).json()["status"] == "redeemed"
    for count in (2, 3, 4):
        api.gateway.start_anew()
        losing("RedeemFunction", 1)
        assert api.till(coupon, f"bob-{count}").json()["repeated"] is False
        assert api.read(coupon)["times_redeemed"] == count
    if limit != 1:
        api.gateway.start_anew()
        losing("RedeemFunction", 1)
        assert api.till(coupon, "ann", idempotency_key="again").status_code == 200
        assert api.till(coupon, "ann", idempotency_key="again").json()["repeated"] is True
        assert api.read(coupon)["times_redeemed"] == len(api.records(coupon)) == 5


def test_a_coupon_is_given_out_once(api: Api, losing: Losing):
    coupon = api.coupon()
    api.link(coupon, "eve")
    losing("DistributeFunction", 1)
    assert api.distribute(coupon, "ann")["outcome"] == "distributed"
    assert len(api.records(coupon, customer_id="ann")) == 1


def test_the_last_use_is_not_called_sold_out_to_the_one_who_made_it(api: Api, losing: Losing):
    coupon = api.coupon(max_redemptions=1)
    link = api.link(coupon, "ann")
    losing("RedeemFunction", 1)
    assert api.tap(link).status_code == 200
    api.gateway.start_anew()
    assert api.tap(link).json()["repeated"] is True
    assert api.till(coupon, "bob").json()["code"] == "coupon_max_uses_reached"
    assert api.tap(link).json()["repeated"] is True


def test_what_nobody_answers_is_503_to_be_asked_again(api: Api, monkeypatch: pytest.MonkeyPatch):
    coupon = api.coupon()
    link = api.link(coupon, "ann")
    services = api.gateway.function("RedeemFunction").services
    monkeypatch.setattr(services.shard_redeemer, "_pause", lambda seconds: None)

    def silent(**request: Any) -> None:
        raise ReadTimeoutError(endpoint_url="lost")

    with monkeypatch.context() as patch:
        patch.setattr(services.table._client, "transact_write_items", silent)
        for answer in (api.tap(link), api.till(coupon, "bob")):
            assert (answer.status_code, answer.json()["code"]) == (503, "try_again")
            assert int(answer.headers["retry-after"]) > 0
        form = api.client.post(f"{link}/redeem", data={"use": "1"})
        assert form.status_code == 503
        assert 'data-state="unknown_outcome"' in form.text
    assert api.tap(link).json()["repeated"] is False
    assert not issubclass(ReadTimeoutError, CouponflowError)
