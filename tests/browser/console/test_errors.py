"""The console with a slow, busy, failing or unreachable service, and with an error of its own."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

SCREENS = [
    "/coupons",
    "/coupons/{id}",
    "/coupons/{id}/redeem-page",
    "/coupons/{id}/records",
    "/flow-blocks",
    "/flow-blocks/new",
]
BROKEN = {
    "a problem": {
        "status": 500,
        "content_type": "application/problem+json",
        "json": {"code": "internal_error"},
    },
    "a gateway's own words": {
        "status": 502,
        "content_type": "application/json",
        "json": {"message": "Internal server error"},
    },
    "no words": {"status": 500, "body": ""},
    "broken JSON": {"status": 200, "content_type": "application/json", "body": "{"},
}


def answering(answer):
    return lambda route: route.fulfill(**answer)


@pytest.mark.parametrize("screen", SCREENS)
def test_failing_service_leaves_no_screen_blank(open_console, bakery, screen):
    coupon = bakery.coupon(name="In trouble")
    page = open_console("/coupons/new")
    for answer in BROKEN.values():
        page.unroute_all()
        page.route("**/v1/**", answering(answer))
        page.goto(
            page.url.split("/console")[0] + "/console" + screen.format(id=coupon["coupon_id"])
        )
        expect(page.get_by_role("alert").first).to_be_visible()
        expect(page.get_by_role("navigation", name="Console")).to_be_visible()
    page.unroute_all()
    page.get_by_role("button", name="Try again").first.click()
    failures = page.locator(".state[role=alert], .phone-error")
    expect(failures).to_have_count(0)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    expect(failures).to_have_count(0)


def test_unexpected_response_breaks_only_its_screen(open_console, bakery):
    page = open_console("/flow-blocks")
    page.route("**/v1/coupons?**", lambda route: route.fulfill(json={"items": "half a list"}))
    page.get_by_role("link", name="Coupons").click()
    expect(page.get_by_role("alert")).to_contain_text("This screen ran into a problem")
    page.unroute_all()
    page.get_by_role("link", name="Flow blocks").click()
    expect(page.get_by_role("heading", name="Flow blocks", level=1)).to_be_visible()


def test_request_is_retried_while_the_service_is_busy(open_console, bakery):
    bakery.coupon(name="Worth waiting for")
    page = open_console("/flow-blocks")
    answers = iter([503, 429])

    def busy(route):
        status = next(answers, None)
        if status is None:
            return route.continue_()
        return route.fulfill(
            status=status,
            headers={"retry-after": "1", "content-type": "application/problem+json"},
            body='{"code":"try_again"}',
        )

    page.route("**/v1/coupons?**", busy)
    page.get_by_role("link", name="Coupons").click()
    expect(page.get_by_role("link", name="Worth waiting for", exact=True)).to_be_visible()
    assert next(answers, None) is None


def test_slow_response_is_announced(open_console):
    page = open_console("/flow-blocks")
    held = []
    page.route("**/v1/coupons?**", lambda route: held.append(route))
    page.get_by_role("link", name="Coupons").click()
    expect(page.get_by_text("This takes longer than usual. Still trying…")).to_be_visible()
    page.wait_for_function("document.querySelector('[aria-busy=true]')")
    for route in held:
        route.continue_()
    expect(page.get_by_role("heading", level=1)).to_have_text("Coupons")
    expect(page.get_by_text("This takes longer than usual.")).to_have_count(0)


def test_offline_state_is_announced_and_input_kept(open_console):
    page = open_console("/coupons/new")
    page.get_by_label("Name").fill("Typed in a tunnel")
    page.context.set_offline(True)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    page.get_by_role("button", name="Create coupon").click()
    expect(page.get_by_text("The service can't be reached right now.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Typed in a tunnel")
    page.context.set_offline(False)
    expect(page.get_by_text("You are offline.")).to_have_count(0)
    page.get_by_role("button", name="Create coupon").click()
    expect(page.get_by_role("heading", name="Typed in a tunnel", level=1)).to_be_visible()


def test_texts_of_merchants_and_customers_are_never_run(open_console, bakery):
    hostile = "<img src=x onerror=alert(1)><script>alert(1)</script>"
    coupon = bakery.coupon(name=hostile)
    bakery.call(
        "PUT",
        f"/v1/coupons/{coupon['coupon_id']}/redeem-page",
        {"terms": hostile, "redeem_button": {"label": "<b onclick=alert(1)>"}},
    )
    body = {
        "coupon_id": coupon["coupon_id"],
        "customer_id": hostile,
        "inbox_id": "javascript:alert(1)",
    }
    bakery.call("POST", "/v1/redemptions", body, scope="redeem")
    page = open_console("/coupons")
    page.on("dialog", lambda dialog: pytest.fail(f"ran: {dialog.message}"))
    for path in (
        "/coupons",
        f"/coupons/{coupon['coupon_id']}",
        f"/coupons/{coupon['coupon_id']}/redeem-page",
        f"/coupons/{coupon['coupon_id']}/records",
    ):
        page.goto(page.url.split("/console")[0] + "/console" + path)
        expect(page.get_by_text(hostile).first).to_be_visible()
    assert page.locator("main img").count() == 0
