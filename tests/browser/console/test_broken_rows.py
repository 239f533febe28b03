"""A row or card that breaks is missing alone: every list shows the others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

# What a field may hold after a fault of the service, of a migration or of a browser.
WRONG: list[Any] = [None, "x", "", 7, -1e30, True, [], {}, [None], {"x": {"y": None}}]


def broken_rows(good: dict[str, Any]) -> Iterator[Any]:
    """The good row with each field broken in each way, and rows that are no rows at all."""
    yield from WRONG
    for field in good:
        yield {name: value for name, value in good.items() if name != field}
        for value in WRONG:
            yield good | {field: value}


def serve_broken(page: Page, address: str) -> list[int]:
    """Let the list have broken rows between two good ones. Returns where their number will be."""
    sizes: list[int] = []

    def answer(route: Route) -> None:
        content = route.fetch().json()
        first, last = content["items"][0], content["items"][-1]
        content["items"] = [first, *broken_rows(first), last]
        sizes.append(len(content["items"]))
        route.fulfill(json=content)

    page.route(address, answer)
    return sizes


def show(page: Page, path: str) -> None:
    """Go to a screen without loading the console again, so that no route is missed."""
    page.evaluate(f"history.pushState({{}}, '', {json.dumps('/console' + path)})")
    page.evaluate("dispatchEvent(new PopStateEvent('popstate', {state: {}}))")


@pytest.fixture
def broken_list(open_console: Callable[..., Page]) -> Callable[[str, str], Page]:
    """`broken_list(path, address)`: the screen at this path, with broken rows from that address."""

    def opened(path: str, address: str) -> Page:
        page = open_console("/coupons/new")
        sizes = serve_broken(page, address)
        show(page, path)
        page.wait_for_function("() => document.querySelector('[aria-busy=true]') === null")
        expect(page.locator(".broken").first).to_be_visible()
        assert sizes
        page.evaluate(f"window.expectedRows = {sizes[-1]}")
        return page

    return opened


def check_all_rows(page: Page, rows: str) -> None:
    expect(page.get_by_text("This screen ran into a problem")).to_have_count(0)
    assert page.locator(rows).count() == page.evaluate("window.expectedRows")
    broken = page.locator(".broken")
    expect(broken.first).to_contain_text("can’t be shown")
    assert 0 < broken.count() < page.locator(rows).count(), "whatever can be shown is shown"


def test_broken_coupons_do_not_hide_the_others(broken_list, bakery):
    for name in ("Oldest", "Newest"):
        bakery.coupon(name=name)
    page = broken_list("/coupons", "**/v1/coupons?**")
    check_all_rows(page, "tbody tr")
    first = page.locator("tbody tr").first
    expect(first).to_contain_text("Newest")
    first.get_by_role("button", name="More actions for Newest").click()
    expect(page.get_by_role("menuitem").first).to_be_visible()


def test_broken_records_do_not_hide_the_others(broken_list, bakery):
    coupon = bakery.coupon(name="Records")
    for customer in ("ann", "bob"):
        bakery.distribute(coupon, customer)
    page = broken_list(f"/coupons/{coupon['coupon_id']}/records", "**/redemptions?**")
    check_all_rows(page, "tbody tr")
    expect(page.locator("tbody tr").first).to_contain_text("bob")
    expect(page.locator("tbody tr").last).to_contain_text("ann")


def test_broken_blocks_do_not_hide_the_others(broken_list, bakery):
    coupon = bakery.coupon(name="Of two blocks")
    for message in ("First", "Second"):
        bakery.call(
            "POST", "/v1/flow/blocks", {"coupon_id": coupon["coupon_id"], "message": message}
        )
    page = broken_list("/flow-blocks", "**/v1/flow/blocks?**")
    check_all_rows(page, ".block-list > li")
    expect(page.locator(".block-card").first).to_contain_text("Second")


def test_broken_coupons_do_not_hide_the_blocks(open_console, bakery):
    coupon = bakery.coupon(name="Of a block")
    block = bakery.call("POST", "/v1/flow/blocks", {"coupon_id": coupon["coupon_id"]}).json()
    page = open_console("/coupons/new")
    serve_broken(page, "**/v1/coupons?**")
    page.get_by_role("link", name="Flow blocks").click()
    expect(page.get_by_role("link", name="Of a block").first).to_be_visible()
    expect(page.locator(f"text={block['block_id']}").first).to_be_visible()
    page.get_by_role("link", name="New block").click()
    expect(page.get_by_label("Coupon", exact=True)).to_contain_text("Of a block")


def test_broken_card_does_not_hide_the_records(open_console, bakery):
    coupon = bakery.coupon(name="Figures break")
    bakery.distribute(coupon, "ann")
    page = open_console("/coupons/new")
    page.route(
        f"**/v1/coupons/{coupon['coupon_id']}",
        lambda route: route.fulfill(json=route.fetch().json() | {"times_redeemed": None}),
    )
    show(page, f"/coupons/{coupon['coupon_id']}/records")
    expect(page.get_by_text("The usage can’t be shown.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="ann")).to_be_visible()


def test_repaired_row_is_shown_again(open_console, bakery):
    bakery.coupon(name="Repaired")
    page = open_console("/coupons/new")
    is_broken = [True]

    def answer(route: Route) -> None:
        content = route.fetch().json()
        if is_broken[0]:
            content["items"][0] |= {"starts_at": None}
        route.fulfill(json=content)

    page.route("**/v1/coupons?**", answer)
    page.get_by_role("link", name="Coupons").first.click()
    expect(page.locator(".broken")).to_be_visible()
    is_broken[0] = False
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_role("link", name="Repaired", exact=True)).to_be_visible()
    expect(page.locator(".broken")).to_have_count(0)
