"""Sessions: sign-in, expiry, sign-out, and what remains afterwards."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect


def sign_in(page, key):
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("button", name="Sign in").click()


def test_key_signs_in_this_tab_only(open_console, bakery):
    page = open_console("/coupons?status=active", is_signed_in=False)
    sign_in(page, f"  {bakery.keys['admin']} ")
    expect(page.get_by_role("heading", name="Coupons", level=1)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Coupons", level=1)).to_be_visible()
    assert page.url.endswith("/console/coupons?status=active")
    assert page.evaluate("Object.values(localStorage).concat(document.cookie).join('')") == ""
    another = page.context.new_page()
    another.goto(page.url)
    expect(another.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("", "Paste your key here."),
        ("hello", "A key looks like cf_…_…"),
        ("cf_unknown_" + "x" * 40, "This key is not valid, or not any more."),
        ("distribute", "Managing coupons takes a key with the admin scope."),
    ],
)
def test_refused_key_is_explained(open_console, bakery, key, words):
    page = open_console(is_signed_in=False)
    sign_in(page, bakery.keys.get(key, key))
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.get_by_label("Key", exact=True)).to_be_focused()
    assert page.evaluate("sessionStorage.length") == 0


def test_sign_out_deletes_the_key_and_unsaved_input(open_console, bakery):
    page = open_console("/coupons", is_signed_in=False)
    sign_in(page, bakery.keys["admin"])
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_expired_session_asks_for_a_key_and_keeps_input(open_console, bakery):
    page = open_console("/coupons/new")
    page.get_by_label("Name").fill("Written before it ended")
    without_key = re.compile(r"/v1/coupons$")
    # The request has no key, so the service itself refuses it.
    page.route(
        without_key,
        lambda route: route.continue_(
            headers={**route.request.headers, "authorization": "Bearer cf_gone_" + "0" * 40}
        ),
    )
    page.get_by_role("button", name="Create coupon").click()
    again = page.get_by_role("dialog", name="Sign in again")
    expect(again).to_contain_text("What you typed is still there")
    page.keyboard.press("Escape")
    expect(again).to_be_visible()
    page.unroute(without_key)
    sign_in(again, bakery.keys["admin"])
    expect(page.get_by_role("heading", name="Written before it ended", level=1)).to_be_visible()


def test_expired_session_is_asked_above_an_open_dialog(open_console, bakery):
    coupon = bakery.coupon(name="Dialog open")
    page = open_console(f"/coupons/{coupon['coupon_id']}/records")
    page.get_by_role("button", name="Link for a customer").click()
    page.route(
        "**/v1/flow/distribute",
        lambda route: route.continue_(
            headers={**route.request.headers, "authorization": "Bearer x"}
        ),
    )
    page.get_by_label("Customer ID", exact=True).fill("patient")
    page.get_by_role("button", name="Get link").click()
    again = page.get_by_role("dialog", name="Sign in again")
    page.unroute("**/v1/flow/distribute")
    sign_in(again, bakery.keys["admin"])
    expect(page.get_by_role("button", name="Copy link")).to_be_visible()


def test_disabled_addon_is_explained(open_console, empty_bakery):
    empty_bakery.operate("switch_addon", enabled=False)
    page = open_console(is_signed_in=False)
    sign_in(page, empty_bakery.keys["admin"])
    expect(page.get_by_role("alert")).to_contain_text("The coupon add-on is not switched on")
