"""The main job over HTTP: create, distribute, open, redeem, record; each refusal with its reason, and back again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.contract.service import Service, eventually
from tests.support.stacks import StackProcess

YESTERDAY, TOMORROW = {"ends_at": "2026-02-01"}, {"starts_at": "2998-01-01"}


def test_of_four_customers_three_redeem_and_the_fourth_hears_it_everywhere(service: Service):
    coupon = service.create(max_redemptions=3, max_redemptions_per_customer=1)
    links = [service.link(coupon, f"customer-{n}") for n in range(4)]
    assert [service.page_state(link) for link in links * 2] == ["available"] * 8

    assert [service.tap(link).status_code for link in links[:3]] == [200, 200, 200]
    refused = service.tap(links[3])

    assert (refused.status_code, refused.json()["code"]) == (409, "coupon_max_uses_reached")
    assert service.page_state(links[3]) == "sold_out"
    assert (
        eventually(lambda: service.distribute(coupon, "customer-3")["outcome"], "coupon_max_uses_reached")
        == "coupon_max_uses_reached"
    )
    assert service.till(coupon, "customer-9").json()["code"] == "coupon_max_uses_reached"


def test_a_form_leads_back_to_the_page_which_says_why_not(service: Service):
    coupon = service.create(max_redemptions=1)
    first, second = service.link(coupon, "ann"), service.link(coupon, "bob")

    accepted = service.client.post(f"{first}/redeem", data={"use": "1"})
    refused = service.client.post(f"{second}/redeem", data={"use": "1"})

    for answer, link, state in ((accepted, first, "redeemed"), (refused, second, "sold_out")):
        assert answer.status_code == 303
        assert str(httpx.URL(link).join(answer.headers["location"])) == link
        assert service.page_state(link) == state


def test_a_second_try_shows_the_same_redemption(service: Service):
    coupon = service.create(max_redemptions_per_customer=1)
    link = service.link(coupon, "ann")

    first, second = service.tap(link).json(), service.tap(link).json()

    assert first | {"repeated": True} == second
    assert service.distribute(coupon, "ann")["outcome"] == "customer_max_uses_reached"
    assert service.till(coupon, "ann").json()["code"] == "customer_max_uses_reached"


def test_records_have_all_that_a_marketer_asks_for(service: Service):
    coupon = service.create()
    redeemed = service.tap(service.link(coupon, "ann")).json()
    service.distribute(coupon, "bob")

    ann, bob = service.records(coupon)

    assert {"redemption_id", "customer_id", "inbox_id", "status", "redeemed_at"} <= ann.keys()
    assert (ann["redemption_id"], ann["redeemed_at"]) == (redeemed["redemption_id"], redeemed["redeemed_at"])
    assert (ann["customer_id"], ann["inbox_id"], ann["status"]) == ("ann", "line-1", "redeemed")
    assert (bob["customer_id"], bob["status"], bob["redeemed_at"]) == ("bob", "distributed", None)


@pytest.mark.parametrize(
    ("change", "back", "code", "state", "outcome"),
    [
        ({"active": False}, {"active": True}, "coupon_disabled", "disabled", "error"),
        (YESTERDAY, {"ends_at": "2999-12-31"}, "coupon_expired", "expired", "coupon_expired"),
        (TOMORROW, {"starts_at": "2026-01-01"}, "coupon_not_started", "upcoming", "distributed"),
    ],
    ids=["disabled", "expired", "rescheduled"],
)
def test_a_change_is_refused_with_its_own_reason_and_can_be_taken_back(
    service: Service, change: dict[str, object], back: dict[str, object], code: str, state: str, outcome: str
):
    coupon = service.create()
    link = service.link(coupon, "ann")

    service.change(coupon, **change)

    assert service.tap(link).json()["code"] == code
    assert service.till(coupon, "bob").json()["code"] == code
    assert service.page_state(link) == state
    assert eventually(lambda: service.distribute(coupon, "carl")["outcome"], outcome) == outcome

    service.change(coupon, **back)

    assert eventually(lambda: service.page_state(link), "available") == "available"
    assert service.tap(link).status_code == 200


def test_200_customers_at_once_on_a_limit_of_50_are_exactly_50(service: Service):
    coupon = service.create(max_redemptions=50, max_redemptions_per_customer=1)
    with ThreadPoolExecutor(50) as crowd:
        links = list(crowd.map(lambda n: service.link(coupon, f"customer-{n}"), range(200)))
        answers = list(crowd.map(service.tap, links))
    # Who was told to try again, does.
    for link, answer in zip(links, answers, strict=True):
        if answer.status_code == 503:
            answers.append(service.tap(link))

    codes = Counter(answer.json().get("code", "redeemed") for answer in answers if answer.status_code != 503)

    assert codes == {"redeemed": 50, "coupon_max_uses_reached": 150}
    assert service.call("GET", f"/v1/coupons/{coupon['coupon_id']}").json()["times_redeemed"] == 50
    assert sum(record["status"] == "redeemed" for record in service.records(coupon)) == 50


def test_after_a_restart_everything_is_still_there(new_stack: Callable[..., StackProcess]):
    running = new_stack().start()
    with httpx.Client(timeout=60, trust_env=False) as client:
        service = Service(running.demo, client)
        coupon = service.create(max_redemptions=5)
        link = service.link(coupon, "ann")
        before = service.tap(link).json()
        records = service.records(coupon)

        running.stop()
        running.start()

        assert running.demo == service.demo
        assert service.records(coupon) == records
        assert service.tap(link).json() == before | {"repeated": True}
        assert service.page_state(link) == "redeemed"
