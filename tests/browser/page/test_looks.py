"""Appearance of the page: every state, colours, sizes, light and dark, right-to-left."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image

from couponflow.domain.models import CodeDisplay, RedeemButton, RedeemPage
from couponflow.web.page import assets, render
from local.screenshots import sample_pages
from tests.browser.axe import COLOR_RULES, violations
from tests.browser.page.static import StaticPage

NOW = datetime.now(UTC)
COLORS = ("#ffffff", "#000000", "#777777", "#ff0000", "#ffff00", "#0000ff", "#00ff7f", "#8a2be2")
MODES: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "right-to-left": {"locale": "ar"},
    "320 px": {"viewport": {"width": 320, "height": 568}},
}
SCENES = list(sample_pages.views(RedeemPage(), NOW))


def settings(color: str) -> RedeemPage:
    return RedeemPage(
        background_color=color,
        terms=sample_pages.TERMS,
        brand_icon=sample_pages.ICON,
        campaign_image=sample_pages.PICTURE,
    )


def overflow(page: Any) -> int:
    """Number of pixels by which the page is wider than its window."""
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


# The merchant's colours are a separate style sheet, so the loaded page can be recoloured.
RECOLOR = """style => {
    const colors = new CSSStyleSheet();
    colors.replaceSync(style);
    document.styleSheets[1].disabled = true;
    document.adoptedStyleSheets = [colors];
    return getComputedStyle(document.body).backgroundColor;
}"""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("scene", SCENES)
def test_page_is_accessible_in_every_state_mode_and_colour(phone, scene, mode):
    language = MODES[mode].get("locale", "en")
    page = (
        StaticPage(phone(**MODES[mode]))
        .show(sample_pages.views(settings(COLORS[0]), NOW)[scene], language)
        .page
    )
    page.evaluate("document.querySelector('details')?.setAttribute('open', '')")
    broken, backgrounds = {}, set()
    for color in COLORS:
        backgrounds.add(page.evaluate(RECOLOR, str(assets.colors(color))))
        # The first colour is checked by all rules, the others by those about colours.
        if found := violations(page, COLOR_RULES if color != COLORS[0] else ()):
            broken[color] = found
        assert overflow(page) == 0
    assert broken == {}
    assert len(backgrounds) == len(COLORS)


@pytest.mark.parametrize("scene", SCENES)
def test_pages_differ_only_in_their_colours(scene):
    def document(color: str) -> str:
        html = render.render(sample_pages.views(settings(color), NOW)[scene])
        return html.replace(assets.colors(color), "").replace(
            f'name="theme-color" content="{color}"', ""
        )

    assert len({document(color) for color in COLORS}) == 1


def test_control_axe_notices_faults(phone):
    page = StaticPage(phone()).show(sample_pages.views(settings("#ffffff"), NOW)["available"]).page
    page.evaluate("""() => {
        document.querySelector('h1').style.color = '#eee';
        document.documentElement.lang = '';
        const links = '<a href="#a">a</a><a href="#b">b</a>';
        document.querySelector('.part').insertAdjacentHTML('beforeend', links);
    }""")
    assert {found.partition(":")[0] for found in violations(page)} >= {
        "color-contrast",
        "html-has-lang",
        "target-size",
    }
    assert {found.partition(":")[0] for found in violations(page, COLOR_RULES)} == {
        "color-contrast"
    }


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("scene", SCENES)
def test_text_of_double_size_fits_and_buttons_stay_large(phone, scene, language):
    long = sample_pages.coupon(
        NOW, name="Donaudampfschifffahrtsgesellschaftskapitänskajüte " * 2, code="X" * 40
    )
    shown = StaticPage(phone()).show(
        sample_pages.views(settings("#8a2be2"), NOW, long)[scene], language
    )
    shown.page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert overflow(shown.page) == 0
    for button in shown.page.locator("button:visible, a.button:visible").all():
        button.scroll_into_view_if_needed()
        box = button.bounding_box()
        assert box and box["width"] >= 44 and box["height"] >= 44


@pytest.mark.parametrize("scene", ["closed_until_its_end", "redeemed", "expired"])
def test_card_without_a_code_has_round_corners(phone, scene):
    view = sample_pages.views(RedeemPage(code_display=CodeDisplay.HIDDEN), NOW)[scene]
    page = StaticPage(phone()).show(view).page
    card = page.locator(".ticket").bounding_box()
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    assert card
    for x in (card["x"] + 1, card["x"] + card["width"] - 2):
        corner = shot.getpixel((round(x), round(card["y"]) + 1))
        assert isinstance(corner, tuple)
        assert min(corner) > 240, "the page is white, the card casts a pale shadow"


# The text of each date, split at its line ends.
LINES = """() => [...document.querySelectorAll('time bdi')].map(time => {
    const range = document.createRange(), text = time.firstChild, lines = [''];
    let bottom = 0;
    for (let at = 0; at < text.length; at++) {
        range.setStart(text, at);
        range.setEnd(text, at + 1);
        const box = range.getBoundingClientRect();
        if (box.width && box.top >= bottom && bottom) lines.push('');
        if (box.width) bottom = box.bottom - 1;
        lines[lines.length - 1] += text.data[at];
    }
    return lines;
})"""


@pytest.mark.parametrize("language", ["zh-Hant", "zh-Hans", "ja", "th", "en"])
def test_date_breaks_only_between_its_parts(phone, language):
    page = (
        StaticPage(phone(viewport={"width": 320, "height": 568}))
        .show(sample_pages.views(settings("#fff"), NOW)["upcoming"], language)
        .page
    )
    moments = page.evaluate(LINES)
    assert any(len(lines) > 1 for lines in moments), (
        "every date fits into one line, so the test checks nothing"
    )
    for lines in moments:
        assert all(line.endswith((" ", "日")) for line in lines[:-1]), lines


@pytest.mark.parametrize("display", ["text", "qr", "barcode"])
def test_code_is_readable_from_the_screen_in_both_schemes(phone, display):
    import io

    import zxingcpp
    from PIL import Image

    for scheme in ("light", "dark"):
        page = RedeemPage(code_display=display, background_color="#123456")
        shown = StaticPage(phone(color_scheme=scheme, device_scale_factor=2)).show(
            sample_pages.views(page, NOW)["available"]
        )
        assert shown.page.inner_text(".code-text") == "DOOR-7K2Q9A"
        if display != "text":
            seen = Image.open(io.BytesIO(shown.page.screenshot(full_page=True)))
            assert [found.text for found in zxingcpp.read_barcodes(seen)] == ["DOOR-7K2Q9A"]


def test_first_paint_needs_one_request_and_no_third_party(phone):
    shown = StaticPage(phone()).show(sample_pages.views(settings("#123456"), NOW)["available"])
    shown.page.wait_for_load_state("networkidle")
    pictures = {
        f"https://coupons.test{image.path}" for image in (sample_pages.ICON, sample_pages.PICTURE)
    }
    assert shown.requests[0] == "https://coupons.test/r/preview"
    assert set(shown.requests[1:]) <= pictures
    assert (
        shown.page.evaluate(
            "performance.getEntriesByType('resource').filter(e => e.renderBlockingStatus == "
            "'blocking').length"
        )
        == 0
    )
    assert shown.errors == []


def test_loading_images_shift_no_content(phone):
    shown = StaticPage(phone()).show(sample_pages.views(settings("#123456"), NOW)["available"])
    moved = """() => new Promise(done => {
        const observer = new PerformanceObserver(list => done(list.getEntries().length));
        observer.observe({type: 'layout-shift', buffered: true});
        requestAnimationFrame(() => requestAnimationFrame(() => done(0)));
    })"""
    shown.page.wait_for_load_state("networkidle")
    assert shown.page.evaluate(moved) == 0


def test_tap_opens_the_terms_and_turns_their_arrow(phone):
    page = (
        StaticPage(phone(reduced_motion="reduce"))
        .show(sample_pages.views(settings("#ffffff"), NOW)["available"])
        .page
    )
    arrow = page.locator("summary .icon")
    assert arrow.evaluate("arrow => getComputedStyle(arrow).transform") == "none"
    page.get_by_text("Terms and conditions").tap()
    assert page.get_by_text("No cash value").is_visible()
    assert (
        arrow.evaluate("arrow => getComputedStyle(arrow).transform") == "matrix(-1, 0, 0, -1, 0, 0)"
    )


def test_page_has_the_merchants_colour_and_button_label(phone):
    page = RedeemPage(background_color="#8a2be2", redeem_button=RedeemButton(label="Get it"))
    shown = StaticPage(phone()).show(sample_pages.views(page, NOW)["available"])
    assert (
        shown.page.evaluate("getComputedStyle(document.body).backgroundColor")
        == "rgb(138, 43, 226)"
    )
    assert shown.page.get_by_role("button", name="Get it").is_visible()
