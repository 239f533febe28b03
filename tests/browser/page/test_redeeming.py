"""Redeeming on the running service: double taps, lost connections, old browsers, no script."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PHONE

REDEEM_URL = re.compile(r"/redeem$")


def expect_state(page: Page, is_: str) -> None:
    expect(page.locator("html")).to_have_attribute("data-state", is_)


def redeem(page: Page) -> None:
    page.get_by_role("button", name="Redeem", exact=True).click()
    expect_state(page, "confirm")
    page.get_by_role("button", name="Redeem now").click()


@pytest.fixture
def link(merchant) -> tuple[dict[str, Any], str]:
    coupon = merchant.coupon(max_redemptions_per_customer=1)
    return coupon, merchant.redeem_url(coupon)


def test_redemption_shows_a_running_clock_to_the_cashier(phone, merchant, link):
    coupon, url = link
    page = phone().new_page()
    page.goto(url)
    expect_state(page, "available")
    redeem(page)
    expect_state(page, "redeemed")
    clock = page.locator("[data-clock]")
    before = clock.inner_text()
    expect(clock).not_to_have_text(before)
    assert merchant.count_redeemed(coupon) == 1


def test_customer_can_cancel_before_confirming(phone, merchant, link):
    coupon, url = link
    page = phone().new_page()
    page.goto(url)
    page.get_by_role("button", name="Redeem", exact=True).click()
    page.get_by_role("button", name="Not yet").click()
    expect_state(page, "available")
    expect(page.get_by_role("button", name="Redeem now")).to_be_hidden()
    page.get_by_role("button", name="Redeem", exact=True).press("Enter")
    page.keyboard.press("Escape")
    expect_state(page, "available")
    assert merchant.count_redeemed(coupon) == 0


def test_double_tap_is_one_use(phone, merchant):
    coupon = merchant.coupon(max_redemptions_per_customer=5)
    page = phone().new_page()
    posts: list[str] = []
    page.on(
        "request", lambda request: posts.append(request.url) if request.method == "POST" else None
    )
    page.goto(merchant.redeem_url(coupon))
    page.get_by_role("button", name="Redeem", exact=True).click()
    page.get_by_role("button", name="Redeem now").dblclick()
    expect_state(page, "redeemed")
    assert len(posts) == 1 and merchant.count_redeemed(coupon) == 1


def test_double_tap_without_a_script_is_one_use(phone, merchant):
    coupon = merchant.coupon(max_redemptions_per_customer=5)
    page = phone(java_script_enabled=False).new_page()
    page.goto(merchant.redeem_url(coupon))
    page.get_by_role("button", name="Redeem", exact=True).click()
    page.get_by_role("button", name="Redeem now").dblclick(no_wait_after=True)
    expect_state(page, "redeemed")
    assert merchant.count_redeemed(coupon) == 1


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without a script"])
def test_reload_and_back_redeem_nothing_more(phone, merchant, script):
    coupon = merchant.coupon(max_redemptions_per_customer=3)
    page = phone(java_script_enabled=script).new_page()
    page.goto(merchant.redeem_url(coupon))
    page.get_by_role("button", name="Redeem", exact=True).click()
    page.get_by_role("button", name="Redeem now").click()
    expect_state(page, "redeemed")
    page.reload()
    expect_state(page, "redeemed")
    page.go_back()
    # Without a script the previous entry is the link again; with one it is the blank page.
    assert script == (page.url == "about:blank")
    if not script:
        expect_state(page, "redeemed")
    page.go_forward()
    expect_state(page, "redeemed")
    assert merchant.count_redeemed(coupon) == 1


def test_second_tab_shows_the_use_of_the_first(phone, merchant):
    coupon = merchant.coupon(max_redemptions_per_customer=3)
    context = phone()
    url = merchant.redeem_url(coupon)
    first, second = context.new_page(), context.new_page()
    first.goto(url)
    second.goto(url)
    redeem(first)
    expect_state(first, "redeemed")
    redeem(second)
    expect_state(second, "redeemed")
    assert merchant.count_redeemed(coupon) == 1


def test_customer_with_two_uses_redeems_them_one_by_one(phone, merchant):
    coupon = merchant.coupon(max_redemptions_per_customer=2)
    page = phone().new_page()
    page.goto(merchant.redeem_url(coupon))
    redeem(page)
    expect_state(page, "redeemed")
    page.get_by_role("button", name="Use again").click()
    page.get_by_role("button", name="Redeem now").click()
    expect(page.locator("[data-redemption]")).to_have_count(2)
    expect(page.get_by_role("button", name="Use again")).to_have_count(0)
    assert merchant.count_redeemed(coupon) == 2


@pytest.mark.parametrize("is_lost", ["on the way there", "on the way back"])
def test_lost_response_is_checked_and_not_called_a_failure(phone, merchant, link, is_lost):
    coupon, url = link
    context = phone()
    page = context.new_page()
    page.goto(url)

    def lose(route: Route) -> None:
        if is_lost == "on the way back":
            route.fetch()
        context.set_offline(True)
        route.abort("internetdisconnected")

    page.route(REDEEM_URL, lose, times=1)
    redeem(page)
    expect_state(page, "unknown_outcome")
    expect(page.get_by_text("Checking your coupon")).to_be_visible()
    assert not re.search("fail|error", page.inner_text("body"), re.IGNORECASE)
    context.set_offline(False)
    if is_lost == "on the way back":
        expect_state(page, "redeemed")
    else:
        expect_state(page, "available")
        expect(page.get_by_text("It isn’t redeemed so far")).to_be_visible()
        redeem(page)
        expect_state(page, "redeemed")
    assert merchant.count_redeemed(coupon) == 1


def test_offline_tap_sends_nothing_and_says_so(phone, merchant, link):
    coupon, url = link
    context = phone()
    page = context.new_page()
    page.goto(url)
    page.get_by_role("button", name="Redeem", exact=True).click()
    context.set_offline(True)
    page.get_by_role("button", name="Redeem now").click()
    expect(page.get_by_text("Nothing was sent")).to_be_visible()
    context.set_offline(False)
    expect(page.get_by_text("Nothing was sent")).to_be_hidden()
    redeem(page)
    expect_state(page, "redeemed")
    assert merchant.count_redeemed(coupon) == 1


def test_busy_service_is_asked_again_for_the_same_use(phone, merchant, link):
    coupon, url = link
    page = phone().new_page()
    page.goto(url)
    page.route(
        REDEEM_URL, lambda route: route.fulfill(status=503, headers={"retry-after": "1"}), times=2
    )
    redeem(page)
    expect_state(page, "redeemed")
    assert merchant.count_redeemed(coupon) == 1


def test_refusal_is_shown_on_the_page(phone, merchant, link):
    coupon, url = link
    page = phone().new_page()
    page.goto(url)
    merchant.change(coupon, active=False)
    redeem(page)
    expect_state(page, "disabled")
    assert merchant.count_redeemed(coupon) == 0


def test_redemption_works_without_a_script(phone, merchant, link):
    coupon, url = link
    page = phone(java_script_enabled=False).new_page()
    page.goto(url)
    page.get_by_role("button", name="Redeem", exact=True).click()
    page.get_by_role("button", name="Redeem now").click()
    expect_state(page, "redeemed")
    assert page.url == url and merchant.count_redeemed(coupon) == 1


def test_redemption_works_by_keyboard_alone(phone, merchant, link):
    coupon, url = link
    page = phone().new_page()
    page.goto(url)
    for name in ("Redeem", "Redeem now"):
        for _ in range(10):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.innerText") == name:
                break
        page.keyboard.press("Enter")
    expect_state(page, "redeemed")
    assert merchant.count_redeemed(coupon) == 1


def test_copied_code_is_on_the_clipboard(phone, merchant, link):
    coupon, url = link
    context = phone(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(url)
    page.get_by_role("button", name="Copy code").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == coupon["code"]


NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined});"
REFUSED_CLIPBOARD = "navigator.clipboard.writeText = () => Promise.reject(new Error('refused'));"


@pytest.mark.parametrize("clipboard", [NO_CLIPBOARD, REFUSED_CLIPBOARD], ids=["missing", "refused"])
@pytest.mark.parametrize("command", ["false", "true", "{throw new Error('refused')}"])
def test_refused_clipboard_is_not_reported_as_copied(phone, link, clipboard, command):
    context = phone()
    body = command if command.startswith("{") else f"{{return {command}}}"
    context.add_init_script(f"{clipboard} document.execCommand = () => {body};")
    page = context.new_page()
    page.goto(link[1])
    page.get_by_role("button", name="Copy code").click()
    expect(page.get_by_text("Press and hold the code")).to_be_visible()
    assert page.get_by_role("button", name="Copied").count() == 0
    assert page.evaluate("getSelection().toString().trim()") == link[0]["code"]


def test_exec_command_copies_if_the_clipboard_api_fails(phone, link):
    context = phone(permissions=["clipboard-read", "clipboard-write"])
    context.add_init_script(REFUSED_CLIPBOARD)
    page = context.new_page()
    page.goto(link[1])
    page.get_by_role("button", name="Copy code").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link[0]["code"]


def test_upcoming_page_reloads_when_the_coupon_starts(phone, merchant):
    soon = datetime.now(UTC) + timedelta(seconds=4)
    coupon = merchant.coupon(starts_at=soon.isoformat(timespec="seconds").replace("+00:00", "Z"))
    page = phone().new_page()
    page.goto(merchant.redeem_url(coupon))
    expect_state(page, "upcoming")
    expect(page.get_by_role("timer")).to_be_visible()
    assert coupon["code"] not in page.content()
    # Four seconds until the start, plus up to three of jitter that spreads the reloads of many
    # phones.
    expect(page.locator("html")).to_have_attribute("data-state", "available", timeout=15_000)


def test_clock_shows_server_time_on_a_phone_with_wrong_time(phone, merchant, link):
    coupon, url = link
    context = phone()
    context.clock.install(time=datetime(2031, 5, 6, 7, 8, 9))
    page = context.new_page()
    page.goto(url)
    page.get_by_role("button", name="Redeem", exact=True).click()
    page.get_by_role("button", name="Redeem now").click()
    expect_state(page, "redeemed")
    shown = datetime.strptime(page.locator("[data-clock]").inner_text(), "%H:%M:%S")
    now = datetime.now(UTC)
    off = abs((shown.hour * 60 + shown.minute) - (now.hour * 60 + now.minute))
    assert min(off, 24 * 60 - off) <= 1


def test_browser_without_popovers_confirms_on_the_page(phone, merchant, link):
    """The test removes `popover` from the HTML, which is what an older browser ignores."""
    coupon, url = link
    context = phone(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()

    def older(route: Route) -> None:
        sent = route.fetch(headers=route.request.headers | {"accept-encoding": "identity"})
        body = sent.text().replace("popover", "unheard-of")
        route.fulfill(
            response=sent, body=body, headers=sent.headers | {"content-security-policy": ""}
        )

    page.route(url, older)
    page.goto(url)
    page.get_by_role("button", name="Redeem now").click()
    expect_state(page, "redeemed")
    assert merchant.count_redeemed(coupon) == 1


def test_not_found_page_is_identical_for_every_bad_link(phone, merchant, link):
    page = phone().new_page()
    seen = set()
    real = link[1][-52:]
    for token in ("nonsense", real[:-1] + ("1" if real.endswith("0") else "0"), "0" * 52):
        answer = page.goto(f"{merchant.base_url}/r/{token}")
        assert answer
        seen.add((answer.status, answer.body()))
    assert [status for status, _ in seen] == [404]
    expect_state(page, "not_found")
