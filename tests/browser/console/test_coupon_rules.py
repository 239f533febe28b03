"""Own end, opening hours and period limit: three optional rows of a coupon's form."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.support.samples import COUPON
from tests.support.transports import http_client

HOURS = [
    {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "11:00", "until": "14:30"},
    {"days": ["sat", "sun"], "from": "22:00", "until": "24:00"},
]


def add_hours(page, number, from_, until):
    page.get_by_role("button", name="Add hours").click()
    page.get_by_label(f"Hours {number}: from").fill(from_)
    page.get_by_label(f"Hours {number}: until").fill(until)


def test_rules_are_entered_said_in_words_and_saved(open_console, bakery):
    page = open_console("/coupons/new")
    page.get_by_label("Name").fill("Daily treat")
    page.get_by_label("Valid for each customer").fill("7")
    add_hours(page, 1, "11:00", "14:30")
    add_hours(page, 2, "22:00", "00:00")
    page.get_by_label("Redemptions per day, week or month").fill("1")
    page.get_by_label("Redemptions per customer").fill("")
    for words in (
        "Each customer can redeem until the end of the 7th day after they receive it.",
        "It can be redeemed on Monday to Friday, 11:00 to 14:30, and on Saturday and Sunday, 22:00"
        " to 24:00, Hong Kong time.",
        "Each customer can redeem once a day; a day begins at midnight, Hong Kong time.",
    ):
        expect(page.get_by_text(words)).to_be_visible()
    page.get_by_role("button", name="Create coupon").click()
    expect(page.get_by_role("heading", name="Daily treat")).to_be_visible()
    saved = bakery.read({"coupon_id": page.url.split("/coupons/")[1].partition("/")[0]})
    assert saved["valid_for"] == {"days": 7}
    assert saved["hours"] == HOURS
    assert saved["period_limit"] == {"uses": 1, "per": "day"}

    page.goto(f"{bakery.base_url}/console/coupons")
    row = page.get_by_role("row").filter(has_text="Daily treat")
    expect(row).to_contain_text(
        "Hong Kong · Mon–Fri 11:00–14:30, Sat, Sun 22:00–24:00 · 7 days each · 1 a day"
    )


def test_rules_are_shown_changed_and_removed(open_console, bakery):
    coupon = bakery.coupon(
        name="Lunch deal",
        hours=HOURS,
        valid_for={"hours": 48},
        period_limit={"uses": 2, "per": "week"},
        max_redemptions_per_customer=None,
    )
    page = open_console(f"/coupons/{coupon['coupon_id']}")
    expect(page.get_by_label("Valid for each customer")).to_have_value("48")
    expect(page.get_by_label("Hours 2: until")).to_have_value("00:00")
    expect(page.get_by_role("button", name="Save changes")).to_be_disabled()
    page.get_by_label("Valid for each customer").fill("")
    page.get_by_role("button", name="Remove hours 2").click()
    page.get_by_label("Period", exact=True).select_option("month")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    saved = bakery.read(coupon)
    assert (saved["valid_for"], saved["hours"]) == (None, HOURS[:1])
    assert saved["period_limit"] == {"uses": 2, "per": "month"}


def test_copy_keeps_the_rules(open_console, bakery):
    coupon = bakery.coupon(name="To copy", hours=HOURS, valid_for={"days": 0})
    page = open_console(f"/coupons/new?from={coupon['coupon_id']}")
    expect(page.get_by_label("Valid for each customer")).to_have_value("0")
    expect(page.get_by_label("Hours 1: from")).to_have_value("11:00")


def test_wrong_rules_are_reported_at_their_fields(open_console):
    page = open_console("/coupons/new")
    page.get_by_label("Name").fill("Wrong rules")
    page.get_by_label("Valid for each customer").fill("366")
    add_hours(page, 1, "11:10", "14:00")
    page.get_by_label("Redemptions per day, week or month").fill("2")
    page.get_by_role("button", name="Create coupon").click()
    expect(page.get_by_label("Valid for each customer")).to_be_focused()
    for words in (
        "Enter a whole number from 0 to 365, or leave it empty.",
        "Use quarter hours, such as 11:00 or 14:45.",
        "A customer can redeem it 1 × in all, so a day can't allow more.",
    ):
        expect(page.get_by_text(words)).to_be_visible()
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"):
        page.get_by_label(day).uncheck()
    expect(page.get_by_text("Choose at least one day in each row.")).to_be_visible()


def test_rules_name_the_next_end_and_opening(open_console):
    page = open_console("/coupons/new")
    page.clock.set_fixed_time("2026-12-02T15:00:00+08:00")  # a Wednesday
    page.reload()
    page.get_by_label("Valid for each customer").fill("7")
    expect(page.get_by_text("now can redeem until 9 Dec 2026, end of day.")).to_be_visible()
    add_hours(page, 1, "11:00", "14:00")
    expect(page.get_by_text("It opens next on Thu, 3 Dec 2026, 11:00.")).to_be_visible()
    page.get_by_label("Hours 1: until").fill("15:15")
    expect(page.get_by_text("It is open now.")).to_be_visible()
    # An end before the seventh day, and before the next Monday.
    page.get_by_label("Ends").fill("2026-12-06")
    for day in ("Tuesday", "Wednesday", "Thursday", "Friday"):
        page.get_by_label(day).uncheck()
    expect(page.get_by_text("It doesn't open during the active period.")).to_be_visible()
    expect(page.get_by_text("until 6 Dec 2026, end of day, when the coupon ends.")).to_be_visible()
    page.get_by_label("Valid for: unit").select_option("hours")
    expect(page.get_by_text("now can redeem until 2 Dec 2026, 22:00.")).to_be_visible()


def test_wrong_number_is_not_put_into_words(open_console):
    page = open_console("/coupons/new")
    page.get_by_label("Valid for: unit").select_option("hours")
    page.get_by_label("Valid for each customer").fill("0")
    page.get_by_label("Valid for each customer").blur()
    field = page.locator(".field").filter(has=page.get_by_label("Valid for each customer"))
    expect(field).to_contain_text("Enter a whole number from 1 to 8,760")
    expect(field).not_to_contain_text("Each customer")


def test_refusal_of_the_service_is_shown_at_its_rule(open_console, bakery):
    wrong = {
        "hours": [{"days": ["mon"], "from": "11:00", "until": "14:10"}],
        "valid_for": {"days": 400},
        "period_limit": {"uses": 5, "per": "day"},
        "max_redemptions_per_customer": 1,
    }
    with http_client(base_url=bakery.base_url) as client:
        answer = client.post("/v1/coupons", json=COUPON | wrong, headers=bakery.bearer())
    assert answer.status_code == 422
    page = open_console("/coupons/new")
    page.get_by_label("Name").fill("Refused")
    add_hours(page, 1, "11:00", "14:00")
    page.route(
        "**/v1/coupons",
        lambda route: route.fulfill(
            status=422, content_type="application/problem+json", body=answer.text
        ),
    )
    page.get_by_role("button", name="Create coupon").click()
    described = page.get_by_role("group", name="Opening hours")
    expect(described).to_have_accessible_description(re.compile("must be a quarter hour"))
    expect(page.get_by_label("Valid for each customer")).to_have_accessible_description(
        re.compile("365")
    )


def test_restored_draft_keeps_hours_that_another_user_changed(open_console, bakery):
    coupon = bakery.coupon(name="Two editors", hours=HOURS)
    page = open_console(f"/coupons/{coupon['coupon_id']}")
    page.get_by_label("Valid for each customer").fill("3")
    page.reload()
    expect(page.get_by_label("Valid for each customer")).to_have_value("3")
    bakery.change(coupon, hours=HOURS[1:])
    page.get_by_role("button", name="Save changes").click()
    page.get_by_role("button", name="Put my changes on top").click()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    saved = bakery.read(coupon)
    assert (saved["valid_for"], saved["hours"]) == ({"days": 3}, HOURS[1:])


def test_used_up_period_is_named_when_no_link_is_made(open_console, bakery):
    coupon = bakery.coupon(
        name="Once a day",
        period_limit={"uses": 1, "per": "day"},
        max_redemptions_per_customer=None,
    )
    bakery.till(coupon, "ann")
    page = open_console(f"/coupons/{coupon['coupon_id']}/records")
    page.get_by_role("button", name="Link for a customer").click()
    page.get_by_label("Customer ID", exact=True).fill("ann")
    page.get_by_role("button", name="Get link").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("as allowed for now.")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_rules_fit_and_are_accessible(open_console, width):
    page = open_console("/coupons/new", viewport={"width": width, "height": 900})
    add_hours(page, 1, "11:00", "14:30")
    add_hours(page, 2, "18:00", "02:00")
    expect(page.get_by_text("18:00 to 02:00 the next day")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    card = page.locator("section.card").filter(has=page.get_by_label("Hours 1")).bounding_box()
    for number in (1, 2):
        box = page.get_by_role("button", name=f"Remove hours {number}").bounding_box()
        assert box["x"] + box["width"] <= card["x"] + card["width"] - 16
    assert violations(page) == []
