"""Mail scanners open links in a real browser with scripts."""

from __future__ import annotations

from playwright.sync_api import expect


def test_open_page_redeems_nothing_within_ten_seconds(phone, merchant):
    coupon = merchant.coupon(max_redemptions_per_customer=2)
    context = phone(
        user_agent="Mozilla/5.0 AppleWebKit/537.36 HeadlessChrome/120.0.0.0 Safari/537.36"
    )
    page = context.new_page()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.goto(merchant.redeem_url(coupon))
    # Ten seconds on the page's clock, which run all its timers.
    page.wait_for_timeout(10_000)
    expect(page.locator("html")).to_have_attribute("data-state", "available")
    assert set(sent) == {"GET"} and merchant.count_redeemed(coupon) == 0


def test_scanner_that_follows_every_link_redeems_nothing(phone, merchant):
    coupon = merchant.coupon({"terms": "<p><a href='https://shop.example'>Shop</a></p>"})
    url = merchant.redeem_url(coupon)
    page = phone().new_page()
    page.goto(url)
    leads = page.eval_on_selector_all("[href], [src]", "all => all.map(one => one.href || one.src)")
    for lead in (lead for lead in leads if lead.startswith(merchant.base_url)):
        page.request.get(lead)
        page.request.head(lead)
    page.request.get(f"{url}/redeem")
    assert merchant.count_redeemed(coupon) == 0
