"""Languages, dates and colours."""

import string
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest
from babel import Locale

from couponflow.web.page import colors, dates, languages, translations
from layers.couponflow import build

FIELDS = {
    name: {part[1] for part in string.Formatter().parse(text)} - {None}
    for name, text in asdict(translations.of("en")).items()
}


@pytest.mark.parametrize("locale", languages.SUPPORTED)
def test_every_language_has_all_texts_with_the_same_placeholders(locale):
    said = asdict(translations.of(locale))
    assert all(text.strip() for text in said.values())
    assert {
        name: {part[1] for part in string.Formatter().parse(text)} - {None}
        for name, text in said.items()
    } == FIELDS


@pytest.mark.parametrize("locale", [locale for locale in languages.SUPPORTED if locale != "en"])
def test_no_text_of_another_language_is_left_in_english(locale):
    english, said = asdict(translations.of("en")), asdict(translations.of(locale))
    assert [name for name in said if said[name] == english[name] and name != "minutes"] == []


@pytest.mark.parametrize("locale", languages.SUPPORTED)
def test_language_has_its_writing_direction(locale):
    assert (
        languages.direction(locale)
        == {"left-to-right": "ltr", "right-to-left": "rtl"}[
            Locale.parse(locale, sep="-").character_order
        ]
    )


def test_package_contains_the_date_formats_of_every_language():
    wanted = {locale.replace("-", "_") for locale in languages.SUPPORTED}
    parents = {locale.partition("_")[0] for locale in wanted} | {"root"}
    assert wanted | parents == build.LOCALES


@pytest.mark.parametrize(
    ("setting", "browser", "chosen"),
    [
        (None, "", "en"),
        (None, "ja", "ja"),
        (None, "fr-FR, de;q=0.9", "en"),
        (None, "fr-FR, es-MX;q=0.8, en;q=0.9", "en"),
        (None, "es-419,es;q=0.9,en;q=0.8", "es"),
        (None, "zh-TW,zh;q=0.9", "zh-Hant"),
        (None, "zh-HK", "zh-Hant"),
        (None, "zh-Hant-HK", "zh-Hant"),
        (None, "zh-CN", "zh-Hans"),
        (None, "zh", "zh-Hans"),
        (None, "zh-Hans-TW", "zh-Hans"),
        (None, "in-ID", "id"),
        (None, "ja;q=0, th", "th"),
        (None, "*;q=0.1, AR-eg", "ar"),
        (None, "no sense at all;;;q=x,,", "en"),
        ("th", "ja", "th"),
        ("fr", "ja", "ja"),
        ("zh-TW", "en", "zh-Hant"),
    ],
)
def test_coupon_language_wins_over_the_browsers_first_supported(setting, browser, chosen):
    assert languages.choose(setting, browser) == chosen


def test_times_are_shown_in_the_coupons_time_zone():
    at = datetime(2026, 12, 24, 17, 5, 7, tzinfo=UTC)
    assert (
        dates.moment(at, "Asia/Taipei", "en").replace("\xa0", " ")
        == "Fri, Dec 25, 2026, 01:05 GMT+08:00"
    )
    assert (
        dates.second(at, "America/New_York", "zh-Hant").replace("\xa0", " ")
        == "2026年12月24日 週四 12:05:07"
    )
    assert dates.clock(at, "Asia/Kathmandu") == "22:50:07"
    assert dates.seconds_east(at, "Asia/Kathmandu") == (5 * 60 + 45) * 60


def test_end_at_midnight_is_shown_as_23_59_of_the_day_before():
    midnight = datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert "Dec\xa031,\xa02026, 23:59" in dates.last_moment(midnight, "Asia/Taipei", "en")
    assert "Jan\xa01,\xa02027, 00:01" in dates.last_moment(
        midnight + timedelta(minutes=1), "Asia/Taipei", "en"
    )


@pytest.mark.parametrize("locale", languages.SUPPORTED)
def test_dates_are_formatted_in_every_language(locale):
    at = datetime(2026, 12, 24, 17, 5, 7, tzinfo=UTC)
    assert "2026" in dates.moment(at, "UTC", locale) and "17:05" in dates.moment(at, "UTC", locale)
    assert dates.ago(at - timedelta(hours=2), at, locale)


AWKWARD = (
    "#000000",
    "#ffffff",
    "#777777",
    "#ff0000",
    "#ffff00",
    "#0000ff",
    "#00ff7f",
    "#8a2be2",
    "#767676",
    "#1c1e23",
    "#bada55",
)


@pytest.mark.parametrize("color", AWKWARD)
def test_text_and_button_have_enough_contrast_on_any_colour(color):
    for scheme, card in zip(
        colors.schemes(color), (colors.CARD, colors.CARD_BY_NIGHT), strict=True
    ):
        assert colors.contrast(scheme.background, scheme.ink) >= 4.5
        assert colors.contrast(scheme.accent, scheme.on_accent) >= 4.5
        assert colors.contrast(scheme.accent, card) >= 3


def test_merchants_colour_is_exact_by_day_and_dark_by_night():
    by_day, by_night = colors.schemes("#FFCC00")
    assert by_day.background == "#ffcc00"
    assert colors.luminance(by_night.background) <= 0.03


@pytest.mark.parametrize(
    "color",
    ["", "red", "#fff", "#12345g", "#ffffff;}body{display:none", "url(https://evil.example)"],
)
def test_invalid_colour_counts_as_white(color):
    assert colors.schemes(color)[0].background == "#ffffff"


def test_stylesheet_has_the_card_colours_of_the_contrast_checks():
    from couponflow.web.page.assets import STYLE

    assert f"--card: {colors.CARD[:4]};" in STYLE and f"--card: {colors.CARD_BY_NIGHT};" in STYLE
