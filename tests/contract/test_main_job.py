"""The main job over HTTP: create, distribute, open, redeem, record; refusals and their reversal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.api import Api, eventually
from tests.support.stacks import StackProcess
from tests.support.transports import http_client

YESTERDAY, TOMORROW = {"ends_at": "2026-02-01"}, {"starts_at": "2998-01-01"}


def test_fourth_customer_of_three_units_is_refused_everywhere(api: Api):
    coupon = api.coupon(max_redemptions=3, max_redemptions_per_customer=1)
    links = [api.redeem_url(coupon, f"customer-{n}") for n in range(4)]
    assert [api.page_state(link) for link in links * 2] == ["available"] * 8

    assert [api.tap(link).status_code for link in links[:3]] == [200, 200, 200]
    refused = api.tap(links[3])

    assert (refused.status_code, refused.json()["code"]) == (409, "coupon_max_uses_reached")
    assert api.page_state(links[3]) == "sold_out"
    assert (
        eventually(
            lambda: api.distribute(coupon, "customer-3")["outcome"], "coupon_max_uses_reached"
        )
        == "coupon_max_uses_reached"
    )
    assert api.till(coupon, "customer-9").json()["code"] == "coupon_max_uses_reached"


def test_refused_form_is_redirected_to_a_page_with_the_reason(api: Api):
    coupon = api.coupon(max_redemptions=1)
    first, second = api.redeem_url(coupon, "ann"), api.redeem_url(coupon, "bob")

    accepted = api.client.post(f"{first}/redeem", data={"use": "1"})
    refused = api.client.post(f"{second}/redeem", data={"use": "1"})

    for answer, link, state in ((accepted, first, "redeemed"), (refused, second, "sold_out")):
        assert answer.status_code == 303
        assert str(httpx.URL(link).join(answer.headers["location"])) == link
        assert api.page_state(link) == state


def test_second_tap_returns_the_same_redemption(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=1)
    link = api.redeem_url(coupon, "ann")

    first, second = api.tap(link).json(), api.tap(link).json()

    assert first | {"repeated": True} == second
    assert api.distribute(coupon, "ann")["outcome"] == "customer_max_uses_reached"
    assert api.till(coupon, "ann").json()["code"] == "customer_max_uses_reached"


@pytest.mark.parametrize(
    ("change", "back", "code", "state", "outcome"),
    [
        ({"active": False}, {"active": True}, "coupon_disabled", "disabled", "error"),
        (YESTERDAY, {"ends_at": "2999-12-31"}, "coupon_expired", "expired", "coupon_expired"),
        (TOMORROW, {"starts_at": "2026-01-01"}, "coupon_not_started", "upcoming", "distributed"),
    ],
    ids=["disabled", "expired", "rescheduled"],
)
def test_closed_coupon_is_refused_with_its_reason_until_reopened(
    api: Api,
    change: dict[str, object],
    back: dict[str, object],
    code: str,
    state: str,
    outcome: str,
):
    coupon = api.coupon()
    link = api.redeem_url(coupon, "ann")

    api.change(coupon, **change)

    assert api.tap(link).json()["code"] == code
    assert api.till(coupon, "bob").json()["code"] == code
    assert api.page_state(link) == state
    assert eventually(lambda: api.distribute(coupon, "carl")["outcome"], outcome) == outcome

    api.change(coupon, **back)

    assert eventually(lambda: api.page_state(link), "available") == "available"
    assert api.tap(link).status_code == 200


@pytest.mark.load
def test_200_concurrent_customers_redeem_exactly_50_units(api: Api):
    coupon = api.coupon(max_redemptions=50, max_redemptions_per_customer=1)
    with ThreadPoolExecutor(50) as crowd:
        links = list(crowd.map(lambda n: api.redeem_url(coupon, f"customer-{n}"), range(200)))
        answers = list(crowd.map(api.tap, links))
    # Customers repeat a tap that got a 503.
    for link, answer in zip(links, answers, strict=True):
        if answer.status_code == 503:
            answers.append(api.tap(link))

    codes = Counter(
        answer.json().get("code", "redeemed") for answer in answers if answer.status_code != 503
    )

    assert codes == {"redeemed": 50, "coupon_max_uses_reached": 150}
    assert api.read(coupon)["times_redeemed"] == 50
    assert sum(record["status"] == "redeemed" for record in api.records(coupon, limit="100")) == 50


def test_restart_keeps_all_data(new_stack: Callable[..., StackProcess]):
    running = new_stack().start()
    with http_client(base_url=running.base_url) as client:
        api = Api.of_demo(running.demo, client)
        coupon = api.coupon(max_redemptions=5)
        link = api.redeem_url(coupon, "ann")
        before = api.tap(link).json()
        records = api.records(coupon)

        running.stop()
        running.start()

        assert running.demo["base_url"] == api.base_url
        assert api.records(coupon) == records
        assert api.tap(link).json() == before | {"repeated": True}
        assert api.page_state(link) == "redeemed"
