"""Placeholders and truncation of message texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from couponflow.domain import message_templates

VALUES = {"coupon_name": "Ten off", "customer_name": "Ann", "uses_left": ""}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{coupon_name}}", "Ten off"),
        ("{{ coupon_name }} for {{customer_name}}!", "Ten off for Ann!"),
        ("{{uses_left}} left", "left"),
        ("Still {{uses_left}} left", "Still left"),
        ("Hi {{uses_left}}, welcome", "Hi, welcome"),
        ("Hi {{uses_left|you}}, welcome", "Hi you, welcome"),
        ("Hi {{customer_name|you}}, welcome", "Hi Ann, welcome"),
        ("Hi {{first_name}}, {{coupon_name}}", "Hi, Ten off"),
        ("{ coupon_name }", "{ coupon_name }"),
        ("", ""),
    ],
)
def test_placeholders_are_filled(text: str, filled: str):
    assert message_templates.render(text, VALUES) == filled


def test_placeholder_within_a_value_is_not_filled():
    assert (
        message_templates.render(
            "Hi {{customer_name}}", {"customer_name": "{{coupon_code}}", "coupon_code": "X"}
        )
        == "Hi {{coupon_code}}"
    )


@pytest.mark.parametrize("name", message_templates.PLACEHOLDERS)
def test_known_placeholder_is_accepted(name: str):
    assert (
        message_templates.placeholder_error(f"a {{{{{name}}}}} b {{{{ {name} | instead }}}}")
        is None
    )


@pytest.mark.parametrize(
    "text",
    ["{{nme}}", "{{}}", "{{coupon_name", "coupon_name}}", "{{coupon_name}", "{{{{coupon_name}}"],
)
def test_unknown_or_malformed_placeholder_is_refused(text: str):
    assert message_templates.placeholder_error(text)


@pytest.mark.parametrize(
    ("text", "longest", "cut"),
    [
        ("Ten percent off", 15, "Ten percent off"),
        ("Ten percent off", 14, "Ten percent…"),
        ("Ten percent, off", 13, "Ten percent…"),
        ("Show the code SAVE20NOW", 20, "Show the code…"),
        ("今だけ半額クーポンをお届けします", 10, "今だけ半額クーポン…"),
        ("クーポンコードはSAVE2026です", 12, "クーポンコードは…"),
        ("Donaudampfschifffahrtsgesellschaft", 11, "Donaudampf…"),
        ("a👍🏽b👍🏽c👍🏽", 9, "a👍🏽b…"),
        ("👩‍👩‍👧x👩‍👩‍👧", 12, "👩‍👩‍👧x…"),
        ("🇩🇪🇫🇷🇯🇵", 8, "🇩🇪…"),
        ("ภาษาไทยน่ารักน้ำ", 14, "ภาษาไทยน่ารัก…"),
    ],
)
def test_long_text_is_truncated_between_words_or_graphemes(text: str, longest: int, cut: str):
    assert message_templates.truncate(text, longest) == cut


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.integers(3, 60))
def test_truncated_text_fits_and_keeps_its_beginning(text: str, longest: int):
    cut = message_templates.truncate(text, longest)

    assert message_templates.length(cut) <= longest
    assert cut == text or (cut.endswith("…") and len(cut) > 1 and text.startswith(cut[:-1]))


def test_control_characters_and_bidi_overrides_are_removed():
    assert message_templates.single_line("Ann\x00\n\u202e\u2066 gpj.exe\t!") == "Ann gpj.exe !"
    assert message_templates.strip_control("two\r\nlines\x1b[0m") == "two\nlines[0m"
