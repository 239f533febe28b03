"""Mail scanners open links in a real browser and let its scripts run."""

from __future__ import annotations

from playwright.sync_api import expect


def test_a_scanners_browser_redeems_nothing_in_ten_seconds(phone, shop):
    coupon = shop.coupon(max_redemptions_per_customer=2)
    context = phone(user_agent="Mozilla/5.0 AppleWebKit/537.36 HeadlessChrome/120.0.0.0 Safari/537.36")
    page = context.new_page()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.goto(shop.link(coupon))
    # Ten seconds of the page's own time, with all that it would do by itself.
    page.wait_for_timeout(10_000)
    expect(page.locator("html")).to_have_attribute("data-state", "available")
    assert set(sent) == {"GET"} and shop.redeemed(coupon) == 0


def test_a_scanner_that_follows_every_link_redeems_nothing(phone, shop):
    coupon = shop.coupon(page={"terms": "<p><a href='https://shop.example'>Shop</a></p>"})
    url = shop.link(coupon)
    page = phone().new_page()
    page.goto(url)
    leads = page.eval_on_selector_all("[href], [src]", "all => all.map(one => one.href || one.src)")
    for lead in (lead for lead in leads if lead.startswith(shop.demo["base_url"])):
        page.request.get(lead)
        page.request.head(lead)
    page.request.get(f"{url}/redeem")
    assert shop.redeemed(coupon) == 0
