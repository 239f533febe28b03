"""The page reports once that a person sees it, and never to a program."""

from __future__ import annotations

from playwright.sync_api import Page

# What a person's browser says. The one that drives these tests says true.
PERSON = "Object.defineProperty(navigator, 'webdriver', {get: () => false})"


def reports(page: Page) -> list[str]:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    return sent


def test_visible_page_is_reported_once(phone, merchant):
    url = merchant.redeem_url(merchant.coupon())
    page = phone().new_page()
    page.add_init_script(PERSON)
    sent = reports(page)
    with page.expect_response(f"{url}/opened") as reported:
        page.goto(url)
    assert reported.value.status == 204
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(2_000)

    assert [each for each in sent if each.startswith("POST")] == [f"POST {url}/opened"]


def test_hidden_page_is_not_reported(phone, merchant):
    page = phone().new_page()
    page.add_init_script(PERSON)
    page.add_init_script("Object.defineProperty(document, 'hidden', {get: () => true})")
    sent = reports(page)
    page.goto(merchant.redeem_url(merchant.coupon()))
    page.wait_for_timeout(2_000)

    assert not [each for each in sent if each.startswith("POST")]
