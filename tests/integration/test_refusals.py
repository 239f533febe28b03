"""Why a coupon is refused: the same word at every door, at once, and back again."""

from typing import Any

import pytest

from tests.integration.conftest import Api

PAST, FUTURE = "2020-01-01", "2999-01-01"
OPEN: dict[str, Any] = {"active": True, "starts_at": "2026-01-01", "ends_at": "2999-12-31"}
STATES: dict[str, tuple[dict[str, Any], str]] = {
    "disabled": ({"active": False}, "coupon_disabled"),
    "expired": ({"starts_at": PAST, "ends_at": "2020-01-31"}, "coupon_expired"),
    "upcoming": ({"starts_at": FUTURE}, "coupon_not_started"),
}


@pytest.mark.parametrize(("state", "changes", "reason"), [(state, *rest) for state, rest in STATES.items()])
def test_a_closed_coupon_is_refused_with_its_own_reason_at_each_door_and_opens_again(api: Api, state, changes, reason):
    coupon = api.coupon(max_redemptions=10, max_redemptions_per_customer=2)
    link = api.link(coupon, "ann")

    api.change(coupon, **changes)

    assert api.page_state(link) == state
    for refused in (api.tap(link), api.till(coupon, "ann"), api.till(coupon, "bob"), api.tap(link)):
        assert (refused.status_code, refused.json()["code"]) == (409, reason)
    distributed = api.distribute(coupon, "cat")
    if state == "upcoming":  # may be given out: its page says when it starts
        assert (distributed["outcome"], distributed["reason"]) == ("distributed", "ok")
    else:
        outcome = reason if reason == "coupon_expired" else "error"
        assert (distributed["outcome"], distributed["reason"], distributed["redeem_url"]) == (outcome, reason, "")
    assert api.read(coupon)["times_redeemed"] == 0

    api.change(coupon, **OPEN)

    assert api.page_state(link) == "available"
    assert api.distribute(coupon, "ann")["reason"] == "already_distributed"
    assert api.tap(link).status_code == api.till(coupon, "bob").status_code == 200


@pytest.mark.parametrize("changes", [changes for changes, _ in STATES.values()])
def test_when_a_change_is_answered_nobody_redeems_by_what_is_remembered(api: Api, changes):
    coupon = api.coupon(max_redemptions=100)
    link = api.link(coupon, "ann")
    api.till(coupon, "eve")  # the redeem function remembers the coupon as open

    assert api.patch(coupon, **changes).status_code == 200

    assert api.tap(link).status_code == api.till(coupon, "bob").status_code == 409
    assert api.read(coupon)["times_redeemed"] == 1


def test_a_lower_limit_for_customers_counts_at_once_though_the_old_one_is_remembered(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=3)
    link = api.link(coupon, "ann")
    api.tap(link)
    assert api.patch(coupon, max_redemptions_per_customer=1).status_code == 200
    assert api.tap(link, use=2).json()["code"] == "customer_max_uses_reached"
    assert api.till(coupon, "ann").json()["code"] == "customer_max_uses_reached"


def test_a_higher_limit_for_customers_counts_at_once(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=1)
    link = api.link(coupon, "ann")
    api.tap(link)
    assert api.patch(coupon, max_redemptions_per_customer=2).status_code == 200
    assert api.tap(link, use=2).status_code == 200


def test_an_opened_coupon_redeems_at_once_though_it_is_remembered_as_closed(api: Api):
    for changes, _ in STATES.values():
        coupon = api.coupon(**OPEN | changes)
        assert api.till(coupon, "ann").status_code == 409
        assert api.patch(coupon, **OPEN).status_code == 200
        assert api.till(coupon, "ann").status_code == 200


def test_of_several_refusals_the_first_in_the_contracts_order_is_said(api: Api):
    coupon = api.coupon(max_redemptions=1, max_redemptions_per_customer=1)
    ann, bob = api.link(coupon, "ann"), api.link(coupon, "bob")
    api.tap(ann)
    steps: list[tuple[dict[str, Any], dict[str, str]]] = [
        ({}, {"ann": "customer_max_uses_reached", "bob": "coupon_max_uses_reached"}),
        ({"starts_at": FUTURE}, {"ann": "coupon_not_started", "bob": "coupon_not_started"}),
        ({"starts_at": PAST, "ends_at": "2020-02-01"}, {"ann": "coupon_expired", "bob": "coupon_expired"}),
        ({"active": False}, {"ann": "coupon_disabled", "bob": "coupon_disabled"}),
    ]
    for changes, reasons in steps:
        api.change(coupon, **changes)
        for customer, reason in reasons.items():
            assert api.till(coupon, customer).json()["code"] == reason
            if reason != "coupon_not_started":
                assert api.distribute(coupon, customer)["reason"] == reason
        assert api.tap(bob).json()["code"] == reasons["bob"]
        # What is redeemed stays so, whatever happens to the coupon.
        assert api.tap(ann).json()["repeated"] is True
        assert api.page_state(ann) == "redeemed"


def test_an_archived_coupon_is_not_found_at_any_door_at_once(api: Api):
    coupon = api.coupon()
    ann, bob = api.link(coupon, "ann"), api.link(coupon, "bob")
    api.tap(ann)
    api.call("DELETE", f"/v1/coupons/{coupon['coupon_id']}")
    assert api.tap(bob).json()["code"] == "coupon_not_found"
    assert api.till(coupon, "cat").json()["code"] == "coupon_not_found"
    api.gateway.start_anew()
    for link in (ann, bob):
        assert api.client.get(link).status_code == api.tap(link).status_code == 404
        assert api.page_state(link) == "not_found"
    assert api.till(coupon, "cat").status_code == 404
    assert api.distribute(coupon, "ann")["reason"] == "coupon_not_found"
    assert api.read(coupon)["times_redeemed"] == 1


def test_a_form_is_led_back_to_the_page_which_says_why_at_once(api: Api):
    coupon = api.coupon()
    link = api.link(coupon, "ann")
    assert api.page_state(link) == "available"  # remembered
    api.patch(coupon, active=False)
    with_form = api.client.post(f"{link}/redeem", data={"use": "1"})
    assert (with_form.status_code, with_form.headers["location"]) == (303, link)
    assert api.page_state(link) == "disabled"
