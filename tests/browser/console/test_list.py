"""The coupon list."""

from __future__ import annotations

from playwright.sync_api import expect


def test_search_tab_and_page_are_in_the_url(open_console, empty_bakery):
    for number in range(23):
        empty_bakery.coupon(
            name=f"Coupon {number:02}", code=f"FIND-{number:02}", active=number != 7
        )
    page = open_console(merchant=empty_bakery)
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(20)
    page.get_by_role("button", name="Older").click()
    expect(rows).to_have_count(3)
    page.reload()
    expect(rows).to_have_count(3)
    page.go_back()
    expect(rows).to_have_count(20)

    # The search finds a code in every spelling.
    page.get_by_role("searchbox").fill("f1nd07")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Disabled")
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value("f1nd07")
    page.get_by_role("link", name="Active", exact=True).click()
    expect(page.get_by_role("heading", name="No coupon fits")).to_be_visible()
    page.get_by_role("button", name="Show all coupons").click()
    expect(rows).to_have_count(20)


def test_row_shows_the_coupons_figures_and_links_to_it(open_console, bakery):
    coupon = bakery.coupon(
        name="At a glance",
        code="GLANCE",
        max_redemptions=2,
        timezone="Asia/Tokyo",
        ends_at="2099-05-31",
    )
    bakery.call(
        "POST",
        "/v1/redemptions",
        {"coupon_id": coupon["coupon_id"], "customer_id": "a"},
        scope="redeem",
    )
    page = open_console("/coupons?q=GLANCE")
    row = page.locator("tbody tr")
    for words in ("GLANCE", "1 Jan 2026 – 31 May 2099", "Tokyo", "1 of 2", "Active"):
        expect(row).to_contain_text(words)
    row.get_by_role("link", name="View").click()
    expect(page.get_by_role("link", name="Redeem page")).to_have_attribute("aria-current", "page")


def test_empty_list_offers_to_create_a_coupon(open_console, empty_bakery):
    page = open_console(merchant=empty_bakery)
    expect(page.get_by_role("heading", name="Your first coupon")).to_be_visible()
    expect(page.locator("main").get_by_role("link")).to_have_count(1)


def test_coupon_card_fills_the_width_of_a_phone(open_console, bakery):
    bakery.coupon(name="As wide as it can be", max_redemptions=3)
    page = open_console("/coupons?q=As+wide", viewport={"width": 390, "height": 844})
    card = page.locator("tbody tr")
    expect(card).to_have_count(1)
    inside = card.locator(".cell-name").bounding_box()["x"] * 2
    assert card.locator(".bar").bounding_box()["width"] == 390 - inside
    assert card.get_by_role("link", name="View").bounding_box()["width"] > 200
