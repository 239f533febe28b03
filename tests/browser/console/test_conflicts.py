"""Two tabs on one redeem page or flow block: the later save never undoes the earlier one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect


def conflict(page: Page, what: str):
    return page.get_by_role("alert").filter(has_text=f"Someone changed this {what}")


def save_page(page: Page) -> None:
    page.get_by_role("button", name="Save Redeem Page").click()


def test_two_marketers_on_one_redeem_page_keep_both_changes(open_console, bakery):
    coupon = bakery.coupon(name="Two tabs")
    path = f"/coupons/{coupon['coupon_id']}/redeem-page"
    ann, bob = open_console(path), open_console(path)
    bob.get_by_label("Button label").fill("Get mine")
    bob.get_by_label("Terms and conditions").fill("Bob's terms")
    ann.get_by_label("Terms and conditions").fill("One each")
    ann.get_by_role("radio", name="QR code").check()
    save_page(ann)
    expect(ann.get_by_text("Redeem page saved")).to_be_visible()

    save_page(bob)
    expect(conflict(bob, "page")).to_contain_text("Terms and conditions: Empty is now One each")
    expect(conflict(bob, "page")).to_contain_text("Code on page: Text is now QR code")
    expect(conflict(bob, "page")).not_to_contain_text("Button label")
    expect(conflict(bob, "page")).to_be_in_viewport()
    assert bob.evaluate("document.activeElement.className") == "conflict"
    expect(bob.get_by_role("button", name="Save Redeem Page")).to_be_disabled()
    settings = f"/v1/coupons/{coupon['coupon_id']}/redeem-page"
    assert bakery.call("GET", settings).json()["terms"] == "One each", "nothing was overwritten"

    bob.get_by_role("button", name="Put my changes on top").click()
    expect(bob.get_by_role("radio", name="QR code")).to_be_checked()
    expect(bob.get_by_label("Terms and conditions")).to_have_value("Bob's terms")
    save_page(bob)
    expect(bob.get_by_text("Redeem page saved")).to_be_visible()
    kept = bakery.call("GET", settings).json()
    assert (kept["code_display"], kept["terms"]) == ("qr", "Bob's terms")
    assert kept["redeem_button"]["label"] == "Get mine"

    ann.get_by_label("Terms and conditions").fill("Two each")
    save_page(ann)
    expect(conflict(ann, "page")).to_contain_text("One each is now Bob's terms")
    ann.get_by_role("button", name="Take theirs, drop mine").click()
    expect(ann.get_by_label("Terms and conditions")).to_have_value("Bob's terms")
    expect(ann.get_by_text("All saved")).to_be_visible()


def test_two_authors_on_one_block_keep_both_changes(open_console, bakery):
    coupon = bakery.coupon(name="Two authors")
    body = {"coupon_id": coupon["coupon_id"], "message": "Hello"}
    block = bakery.call("POST", "/v1/flow/blocks", body).json()
    api_path = f"/v1/flow/blocks/{block['block_id']}"
    ann, bob = (open_console(f"/flow-blocks/{block['block_id']}") for _ in range(2))
    ann.get_by_label("Message content").fill("Good morning")
    ann.get_by_role("button", name="Save block").click()
    expect(ann.get_by_text("Block saved")).to_be_visible()

    bob.get_by_label("Button title").fill("Take it")
    bob.get_by_role("button", name="Save block").click()
    expect(conflict(bob, "block")).to_contain_text("Message content: Hello is now Good morning")
    assert bakery.call("GET", api_path).json()["button_title"] is None
    bob.get_by_role("button", name="Put my changes on top").click()
    bob.get_by_role("button", name="Save block").click()
    expect(bob.get_by_text("Block saved")).to_be_visible()
    kept = bakery.call("GET", api_path).json()
    assert (kept["message"], kept["button_title"]) == ("Good morning", "Take it")


@pytest.mark.parametrize("screen", ["page", "block"])
def test_save_whose_answer_was_lost_is_no_conflict(open_console, bakery, screen: str):
    coupon = bakery.coupon(name="Lost answer")
    if screen == "page":
        address, field = f"/coupons/{coupon['coupon_id']}/redeem-page", "Terms and conditions"
        button, done = "Save Redeem Page", "Redeem page saved"
    else:
        block = bakery.call("POST", "/v1/flow/blocks", {"coupon_id": coupon["coupon_id"]}).json()
        address, field = f"/flow-blocks/{block['block_id']}", "Message content"
        button, done = "Save block", "Block saved"
    page = open_console(address)
    lost: list[int] = []

    def lose_first(route: Route) -> None:
        if route.request.method == "PUT" and not lost:
            lost.append(route.fetch().status)
            return route.abort()
        return route.continue_()

    page.route("**/v1/**", lose_first)
    page.get_by_label(field).fill("Mine")
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("alert").filter(has_text="can't be reached")).to_be_visible()
    assert lost == [200], "it was saved"
    page.get_by_role("button", name=button).click()
    expect(page.get_by_text(done)).to_be_visible()
    expect(conflict(page, screen)).to_have_count(0)
