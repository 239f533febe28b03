"""Redemption at a till, with or without distribution; a repeated attempt is the same redemption
permanently.
"""

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.engines import on_both_engines

pytestmark = on_both_engines


def redeemed(api: Api, coupon: dict[str, Any], customer: object, **more: Any) -> dict[str, Any]:
    answer = api.till(coupon, customer, **more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def code_of(answer: Any) -> str:
    return str(answer.json()["code"])


def test_till_redeems_by_id_or_by_any_spelling_of_the_code(api: Api):
    coupon = api.coupon(code="SAVE-10")
    answers = [redeemed(api, coupon, "ann")]
    for code in ("SAVE-10", "save1o"):
        answer = api.call(
            "POST", "/v1/redemptions", {"code": code, "customer_id": f"by {code}"}, "redeem"
        )
        answers.append(answer.json())
    assert [set(answer) for answer in answers] == [
        {"redemption_id", "status", "redeemed_at", "repeated"}
    ] * 3
    assert [(answer["status"], answer["repeated"]) for answer in answers] == [
        ("redeemed", False)
    ] * 3
    assert len({answer["redemption_id"] for answer in answers}) == 3
    assert api.read(coupon)["times_redeemed"] == 3


@pytest.mark.parametrize(
    "body",
    [
        {"code": "NOSUCH"},
        {"coupon_id": "c0vp0n0000001"},
        {"coupon_id": "x"},
        {"coupon_id": "COUPON#x"},
    ],
)
def test_unknown_coupon_is_not_found_at_the_till(api: Api, body):
    answer = api.call("POST", "/v1/redemptions", body | {"customer_id": "ann"}, "redeem")
    assert (answer.status_code, code_of(answer)) == (404, "coupon_not_found")


def test_till_redeems_the_distributed_use_first(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=1)
    given = api.distribute(coupon, "ann", inbox_id="line")
    assert redeemed(api, coupon, "ann", inbox_id="pos")["redemption_id"] == given["redemption_id"]
    assert api.page_state(f"/r/{given['redeem_token']}") == "redeemed"
    assert [record["inbox_id"] for record in api.records(coupon)] == ["line"]


@pytest.mark.parametrize(
    ("flow", "till"), [("  12345 ", 12345), (12345, "12345"), ("Zo\u00eb", "Zoe\u0308"), ("7", 7.0)]
)
def test_flow_and_till_recognise_a_customer_in_any_spelling(api: Api, flow, till):
    coupon = api.coupon(max_redemptions_per_customer=1)
    link = f"/r/{api.distribute(coupon, flow)['redeem_token']}"
    redeemed(api, coupon, till)
    assert api.page_state(link) == "redeemed"
    assert code_of(api.till(coupon, flow)) == "customer_max_uses_reached"


@pytest.mark.parametrize("limit", [1, 3, None])
def test_repeated_attempt_returns_the_same_redemption(api: Api, limit):
    coupon = api.coupon(max_redemptions_per_customer=limit, max_redemptions=10)
    uses = [redeemed(api, coupon, "ann", idempotency_key=f"receipt-{n}") for n in range(limit or 4)]
    assert [use["repeated"] for use in uses] == [False] * len(uses)
    assert len({use["redemption_id"] for use in uses}) == len(uses)
    for number, use in enumerate(uses):
        api.gateway.restart()
        again = redeemed(api, coupon, "ann", idempotency_key=f"receipt-{number}")
        assert again == use | {"repeated": True}
    assert api.read(coupon)["times_redeemed"] == len(uses)


@pytest.mark.parametrize(
    "changes",
    [
        {"active": False},
        {"starts_at": "2020-01-01", "ends_at": "2020-02-01"},
        {"starts_at": "2999-01-01"},
        {"max_redemptions_per_customer": 1},
        {"max_redemptions_per_customer": 9},
        {"max_redemptions_per_customer": None},
        {"max_redemptions": 3},
        {"max_redemptions": None},
    ],
)
@pytest.mark.parametrize("limit", [3, None])
def test_repeated_attempt_returns_the_same_after_any_change(api: Api, limit, changes):
    coupon = api.coupon(max_redemptions_per_customer=limit, max_redemptions=100)
    uses = [redeemed(api, coupon, "ann", idempotency_key=f"receipt-{n}") for n in range(3)]
    api.change(coupon, **changes)
    for number, use in enumerate(uses):
        assert redeemed(api, coupon, "ann", idempotency_key=f"receipt-{number}") == use | {
            "repeated": True
        }
    assert api.read(coupon)["times_redeemed"] == 3


def test_idempotency_key_is_per_coupon_and_customer(api: Api):
    one, two = api.coupon(), api.coupon()
    uses = [
        redeemed(api, coupon, who, idempotency_key="same")
        for coupon in (one, two)
        for who in ("ann", "bob")
    ]
    assert not any(use["repeated"] for use in uses)
    assert len({use["redemption_id"] for use in uses}) == 4


def test_calls_without_idempotency_key_are_separate_attempts(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=3)
    uses = [redeemed(api, coupon, "ann") for _ in range(3)]
    assert len({use["redemption_id"] for use in uses}) == 3
    assert code_of(api.till(coupon, "ann")) == "customer_max_uses_reached"
    assert code_of(api.till(coupon, "ann", idempotency_key="new")) == "customer_max_uses_reached"


def test_customer_without_a_limit_redeems_until_sold_out(api: Api):
    coupon = api.coupon(max_redemptions=6)
    for _ in range(6):
        assert redeemed(api, coupon, "ann")["repeated"] is False
    assert code_of(api.till(coupon, "ann")) == "coupon_max_uses_reached"
    assert len(api.records(coupon, customer_id="ann")) == len(api.records(coupon)) == 6


@pytest.mark.parametrize("forgets", [True, False])
def test_later_customer_limit_counts_earlier_uses(api: Api, forgets):
    coupon = api.coupon()
    link = api.link(coupon, "ann")
    for _ in range(2):
        redeemed(api, coupon, "ann")
    api.distribute(coupon, "ann")  # an open use besides the redeemed ones
    redeemed(api, coupon, "bob")
    assert api.patch(coupon, max_redemptions_per_customer=2).status_code == 200
    if forgets:
        api.gateway.restart()
    for refused in (
        api.till(coupon, "ann"),
        api.tap(link, use=2),
        api.till(coupon, "ann", idempotency_key="x"),
    ):
        assert code_of(refused) == "customer_max_uses_reached"
    assert redeemed(api, coupon, "bob")["repeated"] is False
    assert code_of(api.till(coupon, "bob")) == "customer_max_uses_reached"
    assert api.read(coupon)["times_redeemed"] == 4


def test_limit_set_on_reopening_counts_earlier_uses(api: Api):
    coupon = api.coupon()
    for _ in range(3):
        redeemed(api, coupon, "ann")
    api.change(coupon, active=False)
    assert (
        code_of(api.till(coupon, "ann")) == "coupon_disabled"
    )  # the cache now has: disabled, without a limit
    api.patch(coupon, active=True, max_redemptions_per_customer=3)
    assert code_of(api.till(coupon, "ann")) == "customer_max_uses_reached"
    assert api.read(coupon)["times_redeemed"] == 3


def test_uses_by_link_and_at_the_till_share_the_limit(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=3)
    link = api.link(coupon, "ann")
    redeemed(api, coupon, "ann")
    assert api.tap(link, use=2).status_code == 200
    redeemed(api, coupon, "ann")
    assert code_of(api.tap(link, use=4)) == "customer_max_uses_reached"
    assert code_of(api.till(coupon, "ann")) == "customer_max_uses_reached"
    assert len(api.records(coupon)) == 3


def test_customer_limit_counts_each_customer_separately(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=1, max_redemptions=50)
    for number in range(20):
        redeemed(api, coupon, f"customer-{number}")
    assert api.read(coupon)["status"] == "active"
    assert code_of(api.till(coupon, "customer-0")) == "customer_max_uses_reached"
