"""Rotated links: old ones stop at once, new ones lead to the same uses, nothing is lost."""

from __future__ import annotations

import pytest

from couponflow.services import coupons
from tests.support.api import Api


def test_old_link_dies_and_the_next_distribution_keeps_the_uses(api: Api):
    coupon = api.coupon(max_redemptions=5, max_redemptions_per_customer=2)
    old = api.link(coupon, "ann")
    assert api.tap(old).status_code == 200
    api.distribute(coupon, "ann")
    before = api.read(coupon)["times_redeemed"]
    answer = api.operate("rotate_links", coupon_id=coupon["coupon_id"])
    assert (answer["coupons"], answer["next_cursor"]) == (1, None)

    # The environment has the old secret in its cache; the tap is refused all the same.
    assert api.tap(old, use=2).status_code == 404
    api.gateway.restart()
    assert api.open(old).status_code == 404
    new = api.link(coupon, "ann")
    assert new != old
    assert api.open(new).status_code == 200
    assert api.tap(new, use=2).status_code == 200
    assert api.read(coupon)["times_redeemed"] == before + 1 == 2
    assert api.distribute(coupon, "ann")["outcome"] == "customer_max_uses_reached"


def test_repetition_keeps_newer_links(api: Api):
    coupon = api.coupon()
    first = api.operate("rotate_links", coupon_id=coupon["coupon_id"])
    api.gateway.restart()
    link = api.link(coupon, "ann")
    again = api.operate(
        "rotate_links", coupon_id=coupon["coupon_id"], older_than=first["older_than"]
    )
    assert again == first
    api.gateway.restart()
    assert api.open(link).status_code == 200
    assert api.link(coupon, "ann") == link


def test_all_coupons_of_one_organisation_rotate(organisation, monkeypatch: pytest.MonkeyPatch):
    ours, theirs = organisation("ours"), organisation("theirs")
    made = [ours.coupon() for _ in range(3)]
    links = [ours.link(coupon, "ann") for coupon in made]
    kept = theirs.link(theirs.coupon(), "ann")
    monkeypatch.setattr(coupons, "SEARCHED_AT_ONCE", 2)
    first = ours.operate("rotate_links")
    assert first["coupons"] == 2 and first["next_cursor"]
    rest = ours.operate("rotate_links", cursor=first["next_cursor"], older_than=first["older_than"])
    assert (rest["coupons"], rest["next_cursor"]) == (1, None)
    ours.gateway.restart()
    assert [ours.open(link).status_code for link in links] == [404, 404, 404]
    assert theirs.open(kept).status_code == 200


def test_coupon_of_another_organisation_keeps_its_links(organisation):
    ours, theirs = organisation("ours"), organisation("theirs")
    coupon = theirs.coupon()
    answer = ours.operate("rotate_links", coupon_id=coupon["coupon_id"])
    assert answer["code"] == "coupon_not_found"
