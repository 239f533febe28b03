"""Accessibility of every screen by axe: light and dark, desktop and phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.console.conftest import DESKTOP

NARROW = {"width": 320, "height": 640}
LOOKS = [("light", DESKTOP), ("dark", DESKTOP), ("dark", NARROW), ("light", NARROW)]


def assert_accessible(page):
    page.wait_for_load_state("networkidle")
    for scheme, viewport in LOOKS:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size(viewport)
        page.evaluate(
            "new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))"
        )
        assert violations(page) == [], (scheme, viewport)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), (
            f"{viewport} overflows"
        )


@pytest.fixture(scope="module")
def coupons(bakery):
    """One coupon per status; one of them has records of both kinds."""
    made = {
        "active": bakery.coupon(
            name="Of everything a very long name that has to go somewhere", max_redemptions=3
        ),
        "scheduled": bakery.coupon(name="Next year", starts_at="2098-01-01"),
        "expired": bakery.coupon(name="Last year", starts_at="2020-01-01", ends_at="2020-12-31"),
        "disabled": bakery.coupon(name="Off", active=False),
        "sold_out": bakery.coupon(name="Gone", max_redemptions=1),
        "archived": bakery.coupon(name="Old"),
    }
    bakery.redeem_url(made["active"])
    for name in ("active", "sold_out"):
        bakery.call(
            "POST",
            "/v1/redemptions",
            {"coupon_id": made[name]["coupon_id"], "customer_id": "c", "inbox_id": "i"},
            scope="redeem",
        )
    bakery.call("DELETE", f"/v1/coupons/{made['archived']['coupon_id']}")
    return made


@pytest.fixture(scope="module")
def block(bakery, coupons):
    content = {
        "coupon_id": coupons["active"]["coupon_id"],
        "channel": "whatsapp",
        "message": "Hello {{customer_name|you}}, have {{coupon_name}}",
        "button_title": "Have it",
        "image_url": "https://shop.example/a.png",
        "fallback_flows": {"coupon_expired": "too-late"},
    }
    return bakery.call("POST", "/v1/flow/blocks", content).json()["block_id"]


SCREENS = {
    "coupons": ("/coupons", "Coupons"),
    "nothing found": ("/coupons?q=nothing-has-this-name", "No coupon fits"),
    "archived ones": ("/coupons?status=archived", "Coupons"),
    "new coupon": ("/coupons/new", "Create coupon"),
    "redeem page": ("/coupons/{active}/redeem-page", "Look"),
    "records": ("/coupons/{active}/records", "Of everything"),
    "no records": ("/coupons/{scheduled}/records", "Nothing handed out yet"),
    "details": ("/coupons/{active}", "Basics"),
    "archived coupon": ("/coupons/{archived}", "Old"),
    "unknown coupon": ("/coupons/nope", "Not found"),
    "flow blocks": ("/flow-blocks", "Flow blocks"),
    "new flow block": ("/flow-blocks/new", "New Distribute Coupon block"),
    "flow block": ("/flow-blocks/{block}", "Request for your flow builder"),
    "unknown address": ("/nowhere", "There is nothing at this address"),
}


@pytest.mark.parametrize("screen", SCREENS)
def test_every_screen_is_accessible(open_console, coupons, block, screen):
    path, heading = SCREENS[screen]
    ids = {name: coupon["coupon_id"] for name, coupon in coupons.items()}
    page = open_console(path.format(**ids, block=block))
    page.get_by_role("heading", name=heading).first.wait_for()
    assert_accessible(page)


def test_sign_in_screen_is_accessible(open_console):
    page = open_console(is_signed_in=False)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Paste your key here.")).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("path", ["/coupons", "/flow-blocks"])
def test_empty_screens_are_accessible(open_console, empty_bakery, path):
    page = open_console(path, merchant=empty_bakery)
    page.get_by_role("heading", name=re.compile("Your first")).wait_for()
    assert_accessible(page)


def test_request_outcome_of_a_block_is_accessible(open_console, block):
    page = open_console(f"/flow-blocks/{block}")
    page.get_by_role("button", name="Test the request").click()
    expect(page.locator(".outcome")).to_contain_text("distributed")
    page.get_by_text("What comes back").click()
    assert_accessible(page)


def test_dialog_of_an_expired_session_is_accessible(open_console, coupons):
    page = open_console("/coupons/new")
    page.route(
        "**/v1/coupons", lambda route: route.fulfill(status=401, json={"code": "unauthenticated"})
    )
    page.get_by_label("Name").fill("Somebody's work")
    page.get_by_role("button", name="Create coupon").click()
    again = page.get_by_role("dialog", name="Sign in again")
    again.get_by_role("button", name="Sign in").click()
    expect(again.get_by_text("Paste your key here.")).to_be_visible()
    assert_accessible(page)


def test_menu_is_accessible(open_console, coupons):
    page = open_console(f"/coupons/{coupons['active']['coupon_id']}/records")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem").first.wait_for()
    assert violations(page) == []


def test_confirmation_dialog_is_accessible(open_console, coupons):
    page = open_console(f"/coupons/{coupons['active']['coupon_id']}/records")
    page.get_by_role("button", name="Link for a customer").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Get link").click()
    expect(page.get_by_text("Enter the customer's id.")).to_be_visible()
    assert_accessible(page)
    dialog.get_by_label("Customer ID").fill("axe")
    dialog.get_by_role("button", name="Get link").click()
    page.get_by_role("button", name="Copy link").wait_for()
    assert_accessible(page)


def test_form_with_errors_is_accessible(open_console):
    page = open_console("/coupons/new")
    page.get_by_role("radio", name="Choose my own").check()
    page.get_by_label("Redemptions per customer").fill("0")
    page.get_by_role("button", name="Create coupon").click()
    expect(page.locator("[aria-invalid=true]")).to_have_count(3)
    assert_accessible(page)


def test_heading_of_a_new_screen_gets_the_focus(open_console, coupons):
    page = open_console("/coupons")
    page.get_by_role("link", name="View Off").click()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page).to_have_title("Redeem page: Off · Couponflow")
    page.get_by_role("link", name="Details").click()
    expect(page).to_have_title("Details: Off · Couponflow")


def test_control_accessibility_check_notices_a_fault(open_console):
    page = open_console("/coupons")
    page.get_by_role("searchbox").evaluate(
        "(element) => { element.removeAttribute('aria-label'); element.placeholder = '' }"
    )
    assert any("label" in found for found in violations(page))
