"""The preview equals the customer's page pixel by pixel and is isolated from the console."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import expect

from tests.browser.console.marketer import picture, retry

MOST_DIFFERENT = 0.001
SETTINGS = {
    "plain": {},
    "designed": {
        "background_color": "#14213d",
        "code_display": "qr",
        "redeem_button": {"behavior": "redeem", "label": "Have it"},
        "terms": "One each.\n\nNot with other offers.",
    },
    "bare": {
        "redeem_button": {"behavior": "none"},
        "copy_code_button": False,
        "background_color": "#ffd60a",
        "code_display": "barcode",
    },
}


def frame_of(page):
    return page.locator(".screens iframe[data-shown=true]")


def state_of(page):
    return page.frame_locator(".screens iframe[data-shown=true]").locator("html")


def unlike(one, other):
    """The share of pixels that differ between two screenshots."""
    first, second = (Image.open(io.BytesIO(shot)).convert("RGB") for shot in (one, other))
    assert first.size == second.size
    difference = (
        ImageChops.difference(first, second).convert("L").point(lambda value: 255 if value else 0)
    )
    return difference.histogram()[255] / (first.width * first.height)


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 430)])
@pytest.mark.parametrize("settings", SETTINGS)
def test_preview_equals_the_live_page_pixel_by_pixel(
    open_console, bakery, chromium, settings, scheme, width
):
    coupon = bakery.coupon(
        SETTINGS[settings], name="Twice the same", max_redemptions_per_customer=1
    )
    page = open_console(
        f"/coupons/{coupon['coupon_id']}/redeem-page", viewport={"width": 1400, "height": 1100}
    )
    page.get_by_role("radio", name="Dark" if scheme == "dark" else "Light").check()
    page.get_by_role("radio", name=f"{width} wide").check()
    expect(state_of(page)).to_have_attribute("data-state", "available")
    # The console draws the corners of the phone's screen and positions it.
    page.locator(".phone").evaluate(
        """(phone) => {
            const place = { position: "fixed", left: 0, top: 0, zIndex: 9, transition: "none" };
            Object.assign(phone.style, place);
            for (const part of phone.querySelectorAll("*")) part.style.borderRadius = 0;
        }"""
    )
    frame = frame_of(page)
    height = round(frame.bounding_box()["height"])
    live = chromium.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        locale="en-GB",
        timezone_id="Asia/Hong_Kong",
    ).new_page()
    live.goto(bakery.redeem_url(coupon), wait_until="load")
    difference = unlike(frame.screenshot(), live.screenshot())
    live.context.close()
    assert difference <= MOST_DIFFERENT


def test_control_comparison_notices_a_difference(open_console, bakery):
    coupon = bakery.coupon(name="Not the same")
    page = open_console(f"/coupons/{coupon['coupon_id']}/redeem-page")
    expect(state_of(page)).to_have_attribute("data-state", "available")
    before = frame_of(page).screenshot()
    page.get_by_label("Button label").fill("Another label")
    expect(
        page.frame_locator(".screens iframe[data-shown=true]")
        .get_by_role("button", name="Another label")
        .first
    ).to_be_visible()
    assert unlike(before, frame_of(page).screenshot()) > MOST_DIFFERENT


def test_preview_follows_input_and_keeps_its_scroll_position(open_console, bakery):
    coupon = bakery.coupon(
        {"terms": "A line.\n\n" * 80}, name="Long terms, and a name of several lines " * 2
    )
    page = open_console(f"/coupons/{coupon['coupon_id']}/redeem-page")
    expect(state_of(page)).to_have_attribute("data-state", "available")
    inside = frame_of(page).content_frame.locator("html")
    inside.evaluate(
        "() => new Promise((done) => { addEventListener('scroll', done, { once: true }); "
        "scrollTo(0, 30) })"
    )
    assert inside.evaluate("() => scrollY") == 30
    page.get_by_label("Page background", exact=True).fill("#1b4332")
    preview = page.frame_locator(".screens iframe[data-shown=true]").locator("body")
    expect(preview).to_have_css("background-color", "rgb(27, 67, 50)")

    def is_at_scroll_position() -> None:
        assert preview.evaluate("() => scrollY") == 30

    retry(page, is_at_scroll_position)


def test_invalid_input_leaves_the_preview_unchanged(open_console, bakery):
    coupon = bakery.coupon(name="Half typed")
    page = open_console(f"/coupons/{coupon['coupon_id']}/redeem-page")
    expect(state_of(page)).to_have_attribute("data-state", "available")
    page.get_by_role("radio", name="Open a web page").check()
    web_page = page.get_by_label("Web page", exact=True)
    web_page.fill("http://not-safe.example")
    web_page.blur()
    expect(page.get_by_text("beginning with https://").first).to_be_visible()
    expect(page.locator(".phone-error")).to_have_count(0)
    web_page.fill("https://shop.example/basket")
    expect(
        page.frame_locator(".screens iframe[data-shown=true]")
        .locator("a[href='https://shop.example/basket']")
        .first
    ).to_be_visible()


def test_preview_can_access_neither_console_nor_network(open_console, bakery):
    coupon = bakery.coupon(name="Shut in")
    page = open_console(f"/coupons/{coupon['coupon_id']}/redeem-page")
    expect(state_of(page)).to_have_attribute("data-state", "available")
    frame = frame_of(page).content_frame.locator("html")
    assert frame.evaluate("() => origin") == "null"
    assert (
        frame.evaluate(
            "() => { try { return parent.sessionStorage.length } catch (error) { return error.name "
            "} }"
        )
        == "SecurityError"
    )
    assert (
        frame.evaluate(
            "() => { try { return sessionStorage.length } catch (error) { return error.name } }"
        )
        == "SecurityError"
    )


def test_buttons_of_the_preview_do_nothing(open_console, bakery):
    coupon = bakery.coupon(name="At rest")
    page = open_console(f"/coupons/{coupon['coupon_id']}/redeem-page")
    inside = page.frame_locator(".screens iframe[data-shown=true]")
    inside.get_by_role("button", name="Redeem").first.click()
    expect(state_of(page)).to_have_attribute("data-state", "available")
    assert bakery.count_redeemed(coupon) == 0


@pytest.mark.parametrize(("length", "is_too_long"), [(20, False), (21, True)])
def test_too_fine_barcode_suggests_a_qr_code(open_console, bakery, length, is_too_long):
    coupon = bakery.coupon(name="Long code", code="C" * length)
    page = open_console(f"/coupons/{coupon['coupon_id']}/redeem-page")
    advice = page.get_by_text("Scanners read a QR code better.")
    page.get_by_role("radio", name="Barcode").check()
    expect(advice).to_have_count(int(is_too_long))
    page.get_by_role("radio", name="QR code").check()
    expect(advice).to_have_count(0)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (
            {"name": "a.gif", "mimeType": "image/gif", "buffer": b"GIF89a"},
            "Choose a PNG, JPEG or WebP image.",
        ),
        ({"name": "a.png", "mimeType": "image/png", "buffer": b"not an image at all"}, ""),
    ],
)
def test_file_other_than_an_image_is_refused_at_its_field(open_console, bakery, file, words):
    coupon = bakery.coupon(name="No image")
    page = open_console(f"/coupons/{coupon['coupon_id']}/redeem-page")
    page.locator("input[type=file][data-kind=brand_icon]").set_input_files(file)
    field = page.get_by_role("group", name="Brand icon")
    expect(field.get_by_role("alert")).to_contain_text(words or "mage")
    expect(field.get_by_role("button", name="Upload")).to_be_visible()


def test_upload_shows_progress_and_can_be_cancelled(open_console, bakery):
    coupon = bakery.coupon(name="Slow upload")
    page = open_console(f"/coupons/{coupon['coupon_id']}/redeem-page")
    page.route("**/v1/images", lambda route: None)
    page.locator("input[type=file][data-kind=campaign_image]").set_input_files(picture(1200, 630))
    field = page.get_by_role("group", name="Campaign image")
    expect(field.get_by_role("progressbar")).to_be_visible()
    field.get_by_role("button", name="Cancel").click()
    expect(field.get_by_role("button", name="Upload")).to_be_visible()
