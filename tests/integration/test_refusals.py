"""Refusals: the same code at every entry point, at once, until the coupon opens again."""

from typing import Any

import pytest

from tests.support.api import Api

PAST, FUTURE = "2020-01-01", "2999-01-01"
OPEN: dict[str, Any] = {"active": True, "starts_at": "2026-01-01", "ends_at": "2999-12-31"}
STATES: dict[str, tuple[dict[str, Any], str]] = {
    "disabled": ({"active": False}, "coupon_disabled"),
    "expired": ({"starts_at": PAST, "ends_at": "2020-01-31"}, "coupon_expired"),
    "upcoming": ({"starts_at": FUTURE}, "coupon_not_started"),
}


@pytest.mark.parametrize(
    ("state", "changes", "reason"), [(state, *rest) for state, rest in STATES.items()]
)
def test_closed_coupon_is_refused_by_every_entry_point(api: Api, state, changes, reason):
    coupon = api.coupon(max_redemptions=10, max_redemptions_per_customer=2)
    link = api.link(coupon, "ann")

    api.change(coupon, **changes)

    assert api.page_state(link) == state
    for refused in (api.tap(link), api.till(coupon, "ann"), api.till(coupon, "bob"), api.tap(link)):
        assert (refused.status_code, refused.json()["code"]) == (409, reason)
    distributed = api.distribute(coupon, "cat")
    if state == "upcoming":  # is distributed, because its page shows the start
        assert (distributed["outcome"], distributed["reason"]) == ("distributed", "ok")
    else:
        outcome = reason if reason == "coupon_expired" else "error"
        assert (distributed["outcome"], distributed["reason"], distributed["redeem_url"]) == (
            outcome,
            reason,
            "",
        )
    assert api.read(coupon)["times_redeemed"] == 0

    api.change(coupon, **OPEN)

    assert api.page_state(link) == "available"
    assert api.distribute(coupon, "ann")["reason"] == "already_distributed"
    assert api.tap(link).status_code == api.till(coupon, "bob").status_code == 200


@pytest.mark.parametrize("changes", [changes for changes, _ in STATES.values()])
def test_completed_change_overrides_cached_terms(api: Api, changes):
    coupon = api.coupon(max_redemptions=100)
    link = api.link(coupon, "ann")
    api.till(coupon, "eve")  # the redeem function caches the coupon as open

    assert api.patch(coupon, **changes).status_code == 200

    assert api.tap(link).status_code == api.till(coupon, "bob").status_code == 409
    assert api.read(coupon)["times_redeemed"] == 1


def test_lower_customer_limit_counts_at_once_despite_the_cache(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=3)
    link = api.link(coupon, "ann")
    api.tap(link)
    assert api.patch(coupon, max_redemptions_per_customer=1).status_code == 200
    assert api.tap(link, use=2).json()["code"] == "customer_max_uses_reached"
    assert api.till(coupon, "ann").json()["code"] == "customer_max_uses_reached"


def test_higher_customer_limit_counts_at_once(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=1)
    link = api.link(coupon, "ann")
    api.tap(link)
    assert api.patch(coupon, max_redemptions_per_customer=2).status_code == 200
    assert api.tap(link, use=2).status_code == 200


def test_reopened_coupon_redeems_at_once_despite_the_cache(api: Api):
    for changes, _ in STATES.values():
        coupon = api.coupon(**OPEN | changes)
        assert api.till(coupon, "ann").status_code == 409
        assert api.patch(coupon, **OPEN).status_code == 200
        assert api.till(coupon, "ann").status_code == 200


def test_first_refusal_in_contract_order_is_returned(api: Api):
    coupon = api.coupon(max_redemptions=1, max_redemptions_per_customer=1)
    ann, bob = api.link(coupon, "ann"), api.link(coupon, "bob")
    api.tap(ann)
    steps: list[tuple[dict[str, Any], dict[str, str]]] = [
        ({}, {"ann": "customer_max_uses_reached", "bob": "coupon_max_uses_reached"}),
        ({"starts_at": FUTURE}, {"ann": "coupon_not_started", "bob": "coupon_not_started"}),
        (
            {"starts_at": PAST, "ends_at": "2020-02-01"},
            {"ann": "coupon_expired", "bob": "coupon_expired"},
        ),
        ({"active": False}, {"ann": "coupon_disabled", "bob": "coupon_disabled"}),
    ]
    for changes, reasons in steps:
        api.change(coupon, **changes)
        for customer, reason in reasons.items():
            assert api.till(coupon, customer).json()["code"] == reason
            if reason != "coupon_not_started":
                assert api.distribute(coupon, customer)["reason"] == reason
        assert api.tap(bob).json()["code"] == reasons["bob"]
        # A redemption remains valid after any change of the coupon.
        assert api.tap(ann).json()["repeated"] is True
        assert api.page_state(ann) == "redeemed"


def test_archived_coupon_is_not_found_by_every_entry_point(api: Api):
    coupon = api.coupon()
    ann, bob = api.link(coupon, "ann"), api.link(coupon, "bob")
    api.tap(ann)
    api.call("DELETE", f"/v1/coupons/{coupon['coupon_id']}")
    assert api.tap(bob).json()["code"] == "coupon_not_found"
    assert api.till(coupon, "cat").json()["code"] == "coupon_not_found"
    api.gateway.restart()
    for link in (ann, bob):
        assert api.client.get(link).status_code == api.tap(link).status_code == 404
        assert api.page_state(link) == "not_found"
    assert api.till(coupon, "cat").status_code == 404
    assert api.distribute(coupon, "ann")["reason"] == "coupon_not_found"
    assert api.read(coupon)["times_redeemed"] == 1


def test_refused_form_is_redirected_to_a_page_with_the_reason(api: Api):
    coupon = api.coupon()
    link = api.link(coupon, "ann")
    assert api.page_state(link) == "available"  # cached
    api.patch(coupon, active=False)
    with_form = api.client.post(f"{link}/redeem", data={"use": "1"})
    assert (with_form.status_code, with_form.headers["location"]) == (303, link)
    assert api.page_state(link) == "disabled"
