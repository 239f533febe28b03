"""A complete campaign in the console: create, design, distribute, redeem, review, close."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.console.marketer import picture, retry, tab_to, type_into

STATES = [
    "available",
    "confirm",
    "redeemed",
    "upcoming",
    "expired",
    "sold_out",
    "disabled",
    "unknown_outcome",
    "not_found",
]


def preview_of(page):
    return page.frame_locator(".screens iframe[data-shown=true]").locator("html")


def test_campaign_from_creation_to_closing(open_console, empty_bakery, phone):
    page = open_console(merchant=empty_bakery, permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("heading", name="Your first coupon").wait_for()
    page.locator(".state").get_by_role("link", name="Create coupon").click()

    page.get_by_label("Name").fill("Croissant week")
    page.get_by_role("radio", name="Choose my own").check()
    page.get_by_label("Your code").fill("BUTTER")
    expect(page.get_by_text("Free", exact=True)).to_be_visible()
    page.get_by_label("Overall redemption limit").fill("25")
    page.get_by_role("button", name="Create coupon").click()

    expect(page.get_by_role("heading", name="Croissant week", level=1)).to_be_focused()
    expect(preview_of(page)).to_have_attribute("data-state", "available")
    for state in STATES:
        page.get_by_label("State of the page").select_option(state)
        expect(preview_of(page)).to_have_attribute("data-state", state)
    page.get_by_label("State of the page").select_option("available")

    for field, file in (
        ("brand_icon", picture(300, 300)),
        ("campaign_image", picture(1200, 630, "JPEG", "#1b4332")),
    ):
        page.locator(f"input[type=file][data-kind={field}]").set_input_files(file)
        expect(
            page.locator(f".drop[data-kind={field}]").get_by_role("button", name="Replace")
        ).to_be_visible()
    expect(preview_of(page).locator("img")).to_have_count(2)
    page.get_by_label("Button label").fill("Give me butter")
    expect(preview_of(page).get_by_role("button", name="Give me butter").first).to_be_visible()
    page.get_by_label("Terms and conditions").fill("One each.")
    page.get_by_role("button", name="Save Redeem Page").click()
    expect(page.get_by_text("Redeem page saved")).to_be_visible()

    page.get_by_role("button", name="Link for a customer").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Customer ID").fill("customer 7")
    dialog.get_by_role("button", name="Get link").click()
    dialog.get_by_role("button", name="Copy link").click()
    expect(dialog.get_by_text("Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    dialog.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Link for a customer")).to_be_focused()

    customer = phone().new_page()
    customer.goto(link)
    expect(customer.locator("img")).to_have_count(2)
    customer.get_by_role("button", name="Give me butter").first.click()
    customer.locator("form[data-action=redeem] [type=submit]").click()
    expect(customer.locator("html")).to_have_attribute("data-state", "redeemed")

    page.get_by_role("link", name="Redemption records").click()
    row = page.get_by_role("row").filter(has_text="customer 7")
    expect(row).to_contain_text("Redeemed")
    expect(page.get_by_label("Usage")).to_contain_text("24")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Disable").click()
    page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    expect(page.locator(".coupon-line .badge")).to_have_text("Disabled")
    page.get_by_role("button", name="Link for a customer").click()
    dialog.get_by_label("Customer ID").fill("too late")
    dialog.get_by_role("button", name="Get link").click()
    expect(dialog.get_by_role("alert")).to_contain_text("disabled")


def test_campaign_by_keyboard_alone(open_console, empty_bakery):
    page = open_console(merchant=empty_bakery)
    press = page.keyboard.press
    tab_to(page, page.locator(".state").get_by_role("link", name="Create coupon"))
    press("Enter")
    type_into(page, page.get_by_label("Name"), "Baguette by hand")
    tab_to(page, page.get_by_role("radio", name="Generate"))
    press("ArrowRight")
    type_into(page, page.get_by_label("Your code"), "BAGUETTE")
    type_into(page, page.get_by_label("Overall redemption limit"), "5")
    tab_to(page, page.get_by_role("switch", name="Active"))
    tab_to(page, page.get_by_role("button", name="Create coupon"))
    press("Enter")

    expect(page.get_by_role("heading", name="Baguette by hand", level=1)).to_be_focused()
    tab_to(page, page.get_by_role("radio", name="Text"))
    press("ArrowRight")
    expect(page.get_by_role("radio", name="QR code")).to_be_checked()
    tab_to(page, page.get_by_role("button", name="Save Redeem Page"))
    press("Enter")
    expect(page.get_by_text("Redeem page saved")).to_be_visible()
    tab_to(page, page.get_by_label("State of the page"))
    page.keyboard.type("Red")
    expect(preview_of(page)).to_have_attribute("data-state", "redeemed")

    page.reload()
    tab_to(page, page.get_by_role("button", name="Link for a customer"))
    press("Enter")
    dialog = page.get_by_role("dialog")
    type_into(page, dialog.get_by_label("Customer ID"), "keyboard")
    press("Enter")
    expect(dialog.get_by_role("link", name="Open")).to_be_visible()
    press("Escape")
    tab_to(page, page.get_by_role("link", name="Redemption records"))
    press("Enter")
    expect(page.get_by_role("row").filter(has_text="keyboard")).to_contain_text("Distributed")

    tab_to(page, page.get_by_role("button", name="More actions"))
    press("ArrowDown")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    press("Escape")
    expect(page.get_by_role("button", name="More actions")).to_be_focused()
    press("Enter")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    press("End")
    press("Enter")
    expect(page.get_by_role("dialog").get_by_role("button", name="Cancel")).to_be_focused()
    tab_to(page, page.get_by_role("button", name="Archive coupon"))
    press("Enter")
    expect(page.locator(".coupon-line .badge")).to_have_text("Archived")


@pytest.mark.parametrize("how", ["disabled", "archived"])
def test_coupon_disabled_in_the_console_closes_its_links(open_console, bakery, phone, how):
    coupon = bakery.coupon(name=f"Soon {how}")
    link = bakery.redeem_url(coupon)
    page = open_console(f"/coupons?q=Soon+{how}")
    page.get_by_role("button", name=f"More actions for Soon {how}").click()
    page.get_by_role("menuitem", name="Disable" if how == "disabled" else "Archive").click()
    page.get_by_role("dialog").get_by_role(
        "button", name="Disable" if how == "disabled" else "Archive coupon"
    ).click()
    expect(page.get_by_text(f"Soon {how} is {how}")).to_be_visible()
    customer = phone().new_page()
    expected = "disabled" if how == "disabled" else "not_found"

    def reload_page() -> None:
        customer.goto(link)
        assert customer.locator("html").get_attribute("data-state") == expected

    retry(customer, reload_page)  # contract: pages follow a change within two seconds
