"""A customer at the counter, on the running service: with a hurried thumb, a bad connection, an old browser, no script."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PHONE

REDEEM_URL = re.compile(r"/redeem$")


def state(page: Page, is_: str) -> None:
    expect(page.locator("html")).to_have_attribute("data-state", is_)


def redeem(page: Page) -> None:
    page.get_by_role("button", name="Redeem", exact=True).click()
    state(page, "confirm")
    page.get_by_role("button", name="Redeem now").click()


@pytest.fixture
def link(shop) -> tuple[dict[str, Any], str]:
    coupon = shop.coupon()
    return coupon, shop.link(coupon)


def test_a_customer_redeems_and_the_cashier_sees_it_live(phone, shop, link):
    coupon, url = link
    page = phone().new_page()
    page.goto(url)
    state(page, "available")
    redeem(page)
    state(page, "redeemed")
    clock = page.locator("[data-clock]")
    before = clock.inner_text()
    expect(clock).not_to_have_text(before)
    assert shop.redeemed(coupon) == 1


def test_the_customer_may_think_again(phone, shop, link):
    coupon, url = link
    page = phone().new_page()
    page.goto(url)
    page.get_by_role("button", name="Redeem", exact=True).click()
    page.get_by_role("button", name="Not yet").click()
    state(page, "available")
    expect(page.get_by_role("button", name="Redeem now")).to_be_hidden()
    page.get_by_role("button", name="Redeem", exact=True).press("Enter")
    page.keyboard.press("Escape")
    state(page, "available")
    assert shop.redeemed(coupon) == 0


def test_a_double_tap_is_one_use(phone, shop):
    coupon = shop.coupon(max_redemptions_per_customer=5)
    page = phone().new_page()
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.goto(shop.link(coupon))
    page.get_by_role("button", name="Redeem", exact=True).click()
    page.get_by_role("button", name="Redeem now").dblclick()
    state(page, "redeemed")
    assert len(posts) == 1 and shop.redeemed(coupon) == 1


def test_a_double_tap_without_a_script_is_one_use(phone, shop):
    coupon = shop.coupon(max_redemptions_per_customer=5)
    page = phone(java_script_enabled=False).new_page()
    page.goto(shop.link(coupon))
    page.get_by_role("button", name="Redeem", exact=True).click()
    page.get_by_role("button", name="Redeem now").dblclick(no_wait_after=True)
    state(page, "redeemed")
    assert shop.redeemed(coupon) == 1


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without a script"])
def test_going_back_and_reloading_redeem_nothing_more(phone, shop, script):
    coupon = shop.coupon(max_redemptions_per_customer=3)
    page = phone(java_script_enabled=script).new_page()
    page.goto(shop.link(coupon))
    page.get_by_role("button", name="Redeem", exact=True).click()
    page.get_by_role("button", name="Redeem now").click()
    state(page, "redeemed")
    page.reload()
    state(page, "redeemed")
    page.go_back()
    # Without a script the page before it is the link once more; with one there is none of ours.
    assert script == (page.url == "about:blank")
    if not script:
        state(page, "redeemed")
    page.go_forward()
    state(page, "redeemed")
    assert shop.redeemed(coupon) == 1


def test_another_tab_learns_what_the_first_one_did(phone, shop):
    coupon = shop.coupon(max_redemptions_per_customer=3)
    context = phone()
    url = shop.link(coupon)
    first, second = context.new_page(), context.new_page()
    first.goto(url)
    second.goto(url)
    redeem(first)
    state(first, "redeemed")
    redeem(second)
    state(second, "redeemed")
    assert shop.redeemed(coupon) == 1


def test_a_customer_with_several_uses_uses_them_one_by_one_and_sees_when(phone, shop):
    coupon = shop.coupon(max_redemptions_per_customer=2)
    page = phone().new_page()
    page.goto(shop.link(coupon))
    redeem(page)
    state(page, "redeemed")
    page.get_by_role("button", name="Use again").click()
    page.get_by_role("button", name="Redeem now").click()
    expect(page.locator("[data-redemption]")).to_have_count(2)
    expect(page.get_by_role("button", name="Use again")).to_have_count(0)
    assert shop.redeemed(coupon) == 2


@pytest.mark.parametrize("is_lost", ["on the way there", "on the way back"])
def test_a_lost_answer_is_asked_for_and_never_called_a_failure(phone, shop, link, is_lost):
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
    state(page, "unknown_outcome")
    expect(page.get_by_text("Checking your coupon")).to_be_visible()
    assert not re.search("fail|error", page.inner_text("body"), re.IGNORECASE)
    context.set_offline(False)
    if is_lost == "on the way back":
        state(page, "redeemed")
    else:
        state(page, "available")
        expect(page.get_by_text("It isn’t redeemed so far")).to_be_visible()
        redeem(page)
        state(page, "redeemed")
    assert shop.redeemed(coupon) == 1


def test_without_a_connection_nothing_is_sent_and_the_page_says_so(phone, shop, link):
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
    state(page, "redeemed")
    assert shop.redeemed(coupon) == 1


def test_a_busy_service_is_asked_again_for_the_same_use(phone, shop, link):
    coupon, url = link
    page = phone().new_page()
    page.goto(url)
    page.route(REDEEM_URL, lambda route: route.fulfill(status=503, headers={"retry-after": "1"}), times=2)
    redeem(page)
    state(page, "redeemed")
    assert shop.redeemed(coupon) == 1


def test_a_refusal_is_shown_by_the_page_itself(phone, shop, link):
    coupon, url = link
    page = phone().new_page()
    page.goto(url)
    shop.change(coupon, active=False)
    redeem(page)
    state(page, "disabled")
    assert shop.redeemed(coupon) == 0


def test_it_works_without_a_script(phone, shop, link):
    coupon, url = link
    page = phone(java_script_enabled=False).new_page()
    page.goto(url)
    page.get_by_role("button", name="Redeem", exact=True).click()
    page.get_by_role("button", name="Redeem now").click()
    state(page, "redeemed")
    assert page.url == url and shop.redeemed(coupon) == 1


def test_it_works_with_the_keyboard_alone(phone, shop, link):
    coupon, url = link
    page = phone().new_page()
    page.goto(url)
    for name in ("Redeem", "Redeem now"):
        for _ in range(10):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.innerText") == name:
                break
        page.keyboard.press("Enter")
    state(page, "redeemed")
    assert shop.redeemed(coupon) == 1


def test_a_copied_code_is_on_the_clipboard_when_the_page_says_so(phone, shop, link):
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
def test_a_refused_clipboard_is_never_called_copied_without_proof(phone, link, clipboard, command):
    context = phone()
    body = command if command.startswith("{") else f"{{return {command}}}"
    context.add_init_script(f"{clipboard} document.execCommand = () => {body};")
    page = context.new_page()
    page.goto(link[1])
    page.get_by_role("button", name="Copy code").click()
    expect(page.get_by_text("Press and hold the code")).to_be_visible()
    assert page.get_by_role("button", name="Copied").count() == 0
    assert page.evaluate("getSelection().toString().trim()") == link[0]["code"]


def test_where_only_the_old_way_of_copying_works_it_is_used(phone, link):
    context = phone(permissions=["clipboard-read", "clipboard-write"])
    context.add_init_script(REFUSED_CLIPBOARD)
    page = context.new_page()
    page.goto(link[1])
    page.get_by_role("button", name="Copy code").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link[0]["code"]


def test_the_page_opens_by_itself_when_the_coupon_starts(phone, shop):
    soon = datetime.now(UTC) + timedelta(seconds=4)
    coupon = shop.coupon(starts_at=soon.isoformat(timespec="seconds").replace("+00:00", "Z"))
    page = phone().new_page()
    page.goto(shop.link(coupon))
    state(page, "upcoming")
    expect(page.get_by_role("timer")).to_be_visible()
    assert coupon["code"] not in page.content()
    # Four seconds until it starts, and up to three more so that not all phones come in the same instant.
    expect(page.locator("html")).to_have_attribute("data-state", "available", timeout=15_000)


def test_the_clock_is_the_servers_whatever_the_phone_believes(phone, shop, link):
    coupon, url = link
    context = phone()
    context.clock.install(time=datetime(2031, 5, 6, 7, 8, 9))
    page = context.new_page()
    page.goto(url)
    page.get_by_role("button", name="Redeem", exact=True).click()
    page.get_by_role("button", name="Redeem now").click()
    state(page, "redeemed")
    shown = datetime.strptime(page.locator("[data-clock]").inner_text(), "%H:%M:%S")
    now = datetime.now(UTC)
    off = abs((shown.hour * 60 + shown.minute) - (now.hour * 60 + now.minute))
    assert min(off, 24 * 60 - off) <= 1


def test_a_browser_without_popovers_asks_on_the_page_itself(phone, shop, link):
    """As older browsers do: what they do not know is left out of the page's code."""
    coupon, url = link
    context = phone(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()

    def older(route: Route) -> None:
        sent = route.fetch(headers=route.request.headers | {"accept-encoding": "identity"})
        body = sent.text().replace("popover", "unheard-of")
        route.fulfill(response=sent, body=body, headers=sent.headers | {"content-security-policy": ""})

    page.route(url, older)
    page.goto(url)
    page.get_by_role("button", name="Redeem now").click()
    state(page, "redeemed")
    assert shop.redeemed(coupon) == 1


def test_old_pages_fetched_by_a_stranger_look_all_the_same(phone, shop, link):
    page = phone().new_page()
    seen = set()
    real = link[1][-52:]
    for token in ("nonsense", real[:-1] + ("1" if real.endswith("0") else "0"), "0" * 52):
        answer = page.goto(f"{shop.demo['base_url']}/r/{token}")
        assert answer
        seen.add((answer.status, answer.body()))
    assert [status for status, _ in seen] == [404]
    state(page, "not_found")
