"""Forms: checks while typing, refusals of the service, concurrent changes, and unsaved input."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect


def fill_new(page, name):
    page.get_by_label("Name").fill(name)


def test_code_is_checked_while_typing(open_console, bakery):
    bakery.coupon(name="First", code="LOLLI-POP")
    page = open_console("/coupons/new")
    page.get_by_role("radio", name="Choose my own").check()
    code = page.get_by_label("Your code")
    code.fill("a b")
    expect(page.get_by_text("letters, digits, hyphens and underscores only")).to_be_visible()
    code.fill("ab")
    expect(page.get_by_text("at least 3 characters")).to_be_visible()
    # Equal codes: case, hyphens and look-alikes are ignored.
    code.fill("1011ipop")
    expect(page.get_by_text("Another coupon has this code")).to_be_visible()
    code.fill("LOLLY-POP")
    expect(page.get_by_text("Free", exact=True)).to_be_visible()


def test_code_taken_concurrently_is_reported_at_its_field(open_console, bakery):
    page = open_console("/coupons/new")
    fill_new(page, "Second with the code")
    page.get_by_role("radio", name="Choose my own").check()
    page.get_by_label("Your code").fill("SAMECODE")
    expect(page.get_by_text("Free", exact=True)).to_be_visible()
    bakery.coupon(name="First with the code", code="same-code")
    page.get_by_role("button", name="Create coupon").click()
    expect(page.get_by_label("Your code")).to_be_focused()
    expect(page.get_by_label("Your code")).to_have_accessible_description(
        "8 / 40 characters Another coupon already has this code, or one that reads the same."
    )


def test_errors_appear_at_their_fields_and_first_gets_focus(open_console):
    page = open_console("/coupons/new")
    page.get_by_label("Ends").fill("2020-01-01")
    page.get_by_label("Overall redemption limit").fill("many")
    page.get_by_label("Redemptions per customer").fill("101")
    page.get_by_role("button", name="Create coupon").click()
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.get_by_label("Name")).to_have_accessible_description(
        "Shown in lists and, as a title, to customers Give the coupon a name."
    )
    for label, words in (
        ("Ends", "The end must come after the start."),
        ("Overall redemption limit", "from 1 to 1,000,000,000"),
        ("Redemptions per customer", "from 1 to 100"),
    ):
        field = page.locator(".field").filter(has=page.get_by_label(label))
        expect(field).to_contain_text(words)
        expect(page.get_by_label(label)).to_have_attribute("aria-invalid", "true")


def test_errors_of_the_service_appear_at_their_fields(open_console, bakery):
    page = open_console("/coupons/new")
    fill_new(page, "Refused")

    def refuse(route):
        errors = [
            {"field": "timezone", "message": "must be an IANA time zone"},
            {"field": "surprise", "message": "is odd"},
        ]
        route.fulfill(
            status=422,
            content_type="application/problem+json",
            json={"code": "validation_failed", "errors": errors},
        )

    page.route("**/v1/coupons", refuse)
    page.get_by_role("button", name="Create coupon").click()
    expect(page.get_by_label("Time zone")).to_have_accessible_description(
        "Days begin and end at midnight there, daylight saving included must be an IANA time zone"
    )
    expect(page.get_by_role("alert")).to_contain_text("surprise: is odd")


@pytest.mark.parametrize("zone", ["Asia/Hong_Kong", "America/New_York", "Pacific/Apia", "UTC"])
def test_whole_days_start_and_end_in_the_coupons_zone(open_console, bakery, zone):
    page = open_console("/coupons/new")
    fill_new(page, f"Days in {zone}")
    page.get_by_label("Time zone").select_option(zone)
    page.get_by_label("Starts").fill("2027-03-14")
    page.get_by_label("Ends").fill("2027-03-14")
    page.get_by_role("button", name="Create coupon").click()
    page.get_by_role("heading", name=f"Days in {zone}").wait_for()
    coupon = bakery.call("GET", "/v1/coupons?limit=1").json()["items"][0]
    midnights = {
        "Asia/Hong_Kong": ("2027-03-13T16:00:00.000Z", "2027-03-14T16:00:00.000Z"),
        "America/New_York": (
            "2027-03-14T05:00:00.000Z",
            "2027-03-15T04:00:00.000Z",
        ),  # the day that daylight saving begins
        "Pacific/Apia": ("2027-03-13T11:00:00.000Z", "2027-03-14T11:00:00.000Z"),
        "UTC": ("2027-03-14T00:00:00.000Z", "2027-03-15T00:00:00.000Z"),
    }
    assert (coupon["starts_at"], coupon["ends_at"]) == midnights[zone]
    page.get_by_role("link", name="Details").click()
    expect(page.get_by_label("Starts")).to_have_value("2027-03-14")
    expect(page.get_by_label("Ends")).to_have_value("2027-03-14")
    expect(page.get_by_role("button", name="Save changes")).to_be_disabled()


def test_times_of_day_are_in_the_coupons_zone(open_console, bakery):
    page = open_console("/coupons/new", timezone_id="America/Los_Angeles")
    fill_new(page, "Happy hour")
    page.get_by_role("switch", name="Whole days").uncheck()
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_label("Starts", exact=True).fill("2027-07-01")
    page.get_by_label("Starts: time").fill("17:30")
    page.get_by_label("Ends", exact=True).fill("2027-07-01")
    page.get_by_label("Ends: time").fill("19:00")
    page.get_by_role("button", name="Create coupon").click()
    page.get_by_role("heading", name="Happy hour").wait_for()
    coupon = bakery.call("GET", "/v1/coupons?limit=1").json()["items"][0]
    assert (coupon["starts_at"], coupon["ends_at"]) == (
        "2027-07-01T15:30:00.000Z",
        "2027-07-01T17:00:00.000Z",
    )
    page.get_by_role("link", name="Coupons").first.click()
    expect(page.get_by_role("row").filter(has_text="Happy hour")).to_contain_text("17:30 –")


def test_copy_has_every_field_except_the_code(open_console, bakery):
    coupon = bakery.coupon(
        name="Original", code="ORIGINAL", max_redemptions=77, timezone="Asia/Tokyo"
    )
    page = open_console(f"/coupons/new?from={coupon['coupon_id']}")
    expect(page.get_by_label("Name")).to_have_value("Original (copy)")
    expect(page.get_by_label("Overall redemption limit")).to_have_value("77")
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    expect(page.get_by_role("radio", name="Generate")).to_be_checked()
    page.get_by_role("button", name="Create coupon").click()
    page.get_by_role("heading", name="Original (copy)", level=1).wait_for()
    copy = bakery.call("GET", "/v1/coupons?limit=1").json()["items"][0]
    assert copy["code"] != "ORIGINAL" and copy["max_redemptions"] == 77


def test_concurrent_change_is_shown_and_own_is_saved_over_it(open_console, bakery):
    coupon = bakery.coupon(name="Ours", max_redemptions=10)
    page = open_console(f"/coupons/{coupon['coupon_id']}")
    page.get_by_label("Name").fill("Mine")
    bakery.change(coupon, max_redemptions=99)
    page.get_by_role("button", name="Save changes").click()
    conflict = page.get_by_role("alert")
    expect(conflict).to_contain_text("Someone changed this coupon")
    expect(conflict).to_contain_text("Overall limit: 10 is now 99")
    assert bakery.call("GET", f"/v1/coupons/{coupon['coupon_id']}").json()["name"] == "Ours"
    page.get_by_role("button", name="Put my changes on top").click()
    expect(page.get_by_label("Overall redemption limit")).to_have_value("99")
    expect(page.get_by_label("Name")).to_have_value("Mine")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    kept = bakery.call("GET", f"/v1/coupons/{coupon['coupon_id']}").json()
    assert (kept["name"], kept["max_redemptions"]) == ("Mine", 99)


def test_concurrent_change_can_replace_the_own(open_console, bakery):
    coupon = bakery.coupon(name="Ours")
    page = open_console(f"/coupons/{coupon['coupon_id']}")
    page.get_by_label("Name").fill("Mine")
    bakery.change(coupon, name="Theirs")
    page.get_by_role("button", name="Save changes").click()
    page.get_by_role("button", name="Take theirs, drop mine").click()
    expect(page.get_by_label("Name")).to_have_value("Theirs")
    expect(page.get_by_role("button", name="Save changes")).to_be_disabled()


def test_page_saved_concurrently_is_not_overwritten(open_console, bakery):
    coupon = bakery.coupon(name="Two editors")
    path = f"/v1/coupons/{coupon['coupon_id']}/redeem-page"
    page = open_console(f"/coupons/{coupon['coupon_id']}/redeem-page")
    page.get_by_label("Terms and conditions").fill("Mine")
    bakery.call("PUT", path, {"terms": "Theirs"})
    page.get_by_role("button", name="Save Redeem Page").click()
    expect(page.get_by_role("alert").filter(has_text="Someone changed this page")).to_be_visible()
    assert bakery.call("GET", path).json()["terms"] == "Theirs"
    page.get_by_role("button", name="Put my changes on top").click()
    page.get_by_role("button", name="Save Redeem Page").click()
    expect(page.get_by_text("Redeem page saved")).to_be_visible()
    assert bakery.call("GET", path).json()["terms"] == "Mine"


def test_limit_below_the_uses_is_refused_with_their_number(open_console, bakery):
    coupon = bakery.coupon(name="Used twice", max_redemptions=10)
    for customer in ("a", "b"):
        bakery.call(
            "POST",
            "/v1/redemptions",
            {"coupon_id": coupon["coupon_id"], "customer_id": customer},
            scope="redeem",
        )
    page = open_console(f"/coupons/{coupon['coupon_id']}")
    page.get_by_label("Overall redemption limit").fill("1")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("2 are redeemed already")).to_be_visible()
    expect(page.get_by_label("Overall redemption limit")).to_be_focused()


def test_leaving_with_unsaved_changes_asks_for_confirmation(open_console):
    page = open_console("/coupons")
    page.get_by_role("link", name="Create coupon").first.click()
    fill_new(page, "Nearly lost")
    question = page.get_by_role("dialog", name="Leave without saving?")

    page.get_by_role("link", name="Flow blocks").click()
    question.get_by_role("button", name="Keep editing").click()
    page.go_back()
    question.get_by_role("button", name="Keep editing").click()
    page.get_by_role("button", name="Sign out").click()
    question.get_by_role("button", name="Keep editing").click()
    expect(page.get_by_label("Name")).to_have_value("Nearly lost")
    assert page.url.endswith("/console/coupons/new")

    page.go_back()
    question.get_by_role("button", name="Leave without saving").click()
    expect(page.get_by_role("heading", name="Coupons", level=1)).to_be_visible()
    page.get_by_role("link", name="Create coupon").first.click()
    expect(page.get_by_label("Name")).to_have_value("")


# Unsaved input is stored before the browser paints it.
TYPE = """async (input, text) => {
    input.value = text;
    input.dispatchEvent(new Event('input', {bubbles: true}));
    await null;
    return Object.values(sessionStorage).join();
}"""


def test_unsaved_input_survives_a_reload(open_console):
    page = open_console("/coupons/new")
    page.on("dialog", lambda dialog: dialog.accept())
    assert "Typed before the reload" in page.get_by_label("Name").evaluate(
        TYPE, "Typed before the reload"
    )
    page.reload()
    expect(page.get_by_label("Name")).to_have_value("Typed before the reload")
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_label("Name")).to_have_value("")
