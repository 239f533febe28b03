"""Distribute Coupon blocks: channel limits, request to copy, trial request."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from couponflow.domain import message_templates
from tests.browser.console.marketer import picture, tab_to


def test_block_is_created_copied_and_tried(open_console, bakery):
    coupon = bakery.coupon(name="For a flow")
    page = open_console("/flow-blocks/new")
    page.get_by_label("Coupon", exact=True).select_option(coupon["coupon_id"])
    page.get_by_label("Channel").select_option("whatsapp")
    page.get_by_label("Message content").fill(
        "Hi {{customer_name|there}}, here is {{coupon_name}}."
    )
    page.get_by_label("Button title").fill("Have it")
    page.get_by_label("Coupon expired").fill("flow-too-late")
    expect(page.get_by_label("Message in WhatsApp")).to_contain_text(
        "Hi there, here is For a flow."
    )
    page.get_by_role("button", name="Create block").click()

    request = page.get_by_role("group", name="Body")
    body = json.loads(request.inner_text())
    assert body | {"block_id": ""} == {
        "block_id": "",
        "customer_id": "{{customer_id}}",
        "inbox_id": "{{inbox_id}}",
        "customer_name": "{{customer_name}}",
    }
    expect(page.get_by_role("group", name="URL")).to_have_text(
        f"POST {bakery.base_url}/v1/flow/distribute"
    )
    # Everyone who sees a flow can read its key, so it must not be the marketer's own.
    expect(page.get_by_role("group", name="Headers")).not_to_contain_text(bakery.keys["admin"])

    page.get_by_role("button", name="Test the request").click()
    expect(page.locator(".outcome")).to_contain_text("distributed")
    answer = json.loads(page.get_by_role("group", name="Answer").inner_text())
    assert (answer["outcome"], answer["message"], answer["button_title"]) == (
        "distributed",
        "Hi there, here is For a flow.",
        "Have it",
    )
    sent = {**body, "customer_id": "real", "inbox_id": "in", "customer_name": "Ann"}
    assert (
        bakery.call("POST", "/v1/flow/distribute", sent, scope="distribute").json()["message"]
        == "Hi Ann, here is For a flow."
    )

    kept = bakery.call("GET", f"/v1/flow/blocks/{body['block_id']}").json()
    assert kept["fallback_flows"]["coupon_expired"] == "flow-too-late"
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete block").click()
    expect(page.get_by_role("heading", name="Flow blocks", level=1)).to_be_visible()


def test_texts_are_checked_for_the_channel_while_typing(open_console, bakery):
    coupon = bakery.coupon(name="N" * 90)
    page = open_console("/flow-blocks/new")
    page.get_by_label("Coupon", exact=True).select_option(coupon["coupon_id"])
    page.get_by_label("Channel").select_option("line")
    button, message = page.get_by_label("Button title"), page.get_by_label("Message content")
    button.fill("x" * 21)
    expect(
        page.get_by_text("LINE on a button: 20 characters at most, and this has 21.")
    ).to_be_visible()
    message.fill("{{coupon_name}} {{coupon_name}}")
    expect(page.get_by_text("LINE: 160 characters at most, and this has 181.")).to_be_visible()
    message.fill("{{coupon_name}}")
    expect(page.get_by_text("LINE: 160")).to_have_count(0)
    page.get_by_label("Image URL").fill("https://shop.example/a.png")
    expect(
        page.get_by_text("LINE beside an image: 60 characters at most, and this has 90.")
    ).to_be_visible()
    message.fill("{{discount}}")
    expect(page.get_by_text("Nobody fills {{discount}}.")).to_be_visible()


# The console's [filled text, length], from the code of its bubble and counter.
FILLED = """async ([text, values]) => {
    const main = document.querySelector('script[type=module]').src;
    const address = main.replace('main.js', 'core/placeholders.js');
    const filled = (await import(address)).filled(text, values);
    return [filled, filled.length];
}"""
TEXTS = [
    "Hello {{customer_name|you}}, have {{coupon_name}}",
    "{{customer_name}} and {{ coupon_name }}",
    "{{customer_name|one|two}}",
    "{{customer_name| you }}!{{customer_name}}",
    "  {{uses_left}}\n{{customer_name|👩‍👩‍👧}} 🎁 {{coupon_name}}  ",
    "{{{coupon_name}}} {coupon_name} }} {{",
]


def test_console_fills_and_counts_texts_like_the_service(open_console):
    values = {"coupon_name": "Zwölf 🎉 {{uses_left}}", "uses_left": "2", "customer_name": ""}
    page = open_console("/flow-blocks")
    page.get_by_role("heading", name="Flow blocks").wait_for()
    for text in TEXTS:
        filled = message_templates.render(text, values)
        assert page.evaluate(FILLED, [text, values]) == [filled, message_templates.length(filled)]


@pytest.mark.parametrize(("emoji", "is_taken"), [(80, True), (81, False)])
def test_counter_counts_emoji_like_the_channel(open_console, bakery, emoji, is_taken):
    coupon = bakery.coupon(name="Emoji")
    page = open_console("/flow-blocks/new")
    page.get_by_label("Coupon", exact=True).select_option(coupon["coupon_id"])
    page.get_by_label("Channel").select_option("line")
    page.get_by_label("Message content").fill("🎁" * emoji)
    expect(page.get_by_text(f"{2 * emoji} / 160")).to_be_visible()
    expect(page.get_by_text("LINE: 160 characters at most")).to_have_count(0 if is_taken else 1)
    block = {"coupon_id": coupon["coupon_id"], "channel": "line", "message": "🎁" * emoji}
    key = {"authorization": f"Bearer {bakery.keys['admin']}"}
    answer = page.request.post(f"{bakery.base_url}/v1/flow/blocks", data=block, headers=key)
    assert answer.ok == is_taken


def test_image_is_uploaded_shown_and_saved(open_console, bakery):
    coupon = bakery.coupon(name="With an image")
    page = open_console("/flow-blocks/new")
    page.get_by_label("Coupon", exact=True).select_option(coupon["coupon_id"])
    page.locator("input[type=file][data-kind=block_image]").set_input_files(picture(600, 400))
    expect(page.get_by_label("Image URL")).to_have_value(re.compile(r"/images/[0-9a-f]{64}\.jpg$"))
    shown = page.locator(".bubble img")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 600
    page.get_by_role("button", name="Create block").click()
    expect(page.get_by_role("group", name="Body")).to_contain_text("block_id")
    [kept] = [
        each
        for each in bakery.call("GET", "/v1/flow/blocks").json()["items"]
        if each["coupon_id"] == coupon["coupon_id"]
    ]
    assert kept["image_url"] == page.get_by_label("Image URL").input_value()


def test_block_is_created_by_keyboard_alone(open_console, bakery):
    coupon = bakery.coupon(name="Keyboard flow")
    page = open_console("/flow-blocks/new")
    tab_to(page, page.get_by_label("Coupon", exact=True))
    page.keyboard.type("Keyboard flow")
    tab_to(page, page.get_by_label("Button title"))
    page.keyboard.type("Go")
    tab_to(page, page.get_by_role("button", name="Create block"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Body")).to_contain_text("block_id")
    blocks = bakery.call("GET", "/v1/flow/blocks").json()["items"]
    assert blocks[0]["coupon_id"] == coupon["coupon_id"]
