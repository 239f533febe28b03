"""Own end, opening hours and period limit: three optional rows of a coupon's form."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations

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
        "It can be redeemed on Monday to Friday, 11:00 to 14:30, and on Saturday, Sunday, 22:00 to"
        " 24:00, Hong Kong time.",
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


@pytest.mark.parametrize("width", [390, 1280])
def test_rules_fit_and_are_accessible(open_console, width):
    page = open_console("/coupons/new", viewport={"width": width, "height": 900})
    add_hours(page, 1, "11:00", "14:30")
    add_hours(page, 2, "18:00", "02:00")
    expect(page.get_by_text("18:00 to 02:00 the next day")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
