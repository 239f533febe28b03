"""Invisible characters, blanks and the forms in which texts are compared."""

import re
import sys
import unicodedata

import pytest

from couponflow.domain import texts

EVERY = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]
INVISIBLE = set(re.findall(f"[{texts.INVISIBLE}]", "".join(EVERY)))
# Format characters that are seen: number signs and marks over digits, and the layout controls of
# hieroglyphs.
SEEN = re.compile(
    "[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd\U00013430-\U0001343f]"
)
# Default-ignorable characters that are no format characters.
FILLERS_AND_SELECTORS = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180f\u3164\ufe00\ufe0f\uffa0\U000e0100"
)


def test_every_format_and_control_character_is_invisible_or_white_space():
    for character in EVERY:
        if unicodedata.category(character) in ("Cf", "Cc") and not SEEN.match(character):
            assert character in INVISIBLE or character in texts.BLANKS, ascii(character)


@pytest.mark.parametrize("character", FILLERS_AND_SELECTORS, ids=ascii)
def test_fillers_and_selectors_are_invisible(character: str):
    assert character in INVISIBLE


def test_no_letter_digit_sign_or_assigned_mark_is_invisible_but_fillers():
    fillers = set("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
    for character in INVISIBLE - fillers:
        is_selector = 0xFE00 <= ord(character) <= 0xFE0F or ord(character) >= 0xE0000
        assert is_selector or unicodedata.category(character)[0] == "C", ascii(character)


def test_blanks_are_white_space_and_the_empty_braille_pattern():
    white = {character for character in EVERY if character.isspace()} - set("\x1c\x1d\x1e\x1f")
    assert set(texts.BLANKS) == white | {"\u2800"}


def test_composing_neither_makes_nor_removes_an_invisible_character():
    for character in EVERY:
        composed = unicodedata.normalize("NFC", character)
        assert bool(INVISIBLE & set(composed)) == (character in INVISIBLE), ascii(character)


def test_ordinary_text_is_not_changed():
    for text in ("ann", "+49 151", "a  b", "Zo\u00eb", "a\tb", "\u738b", "x" * 300):
        assert texts.clean(text) == texts.trim(text) == text


@pytest.mark.parametrize(
    ("text", "trimmed"),
    [
        ("\ufeff Sale \u200b", "Sale"),
        ("\u2600\ufe0f", "\u2600\ufe0f"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),
        (
            "\u0646\u0645\u06cc\u200c\u0634\u0648\u062f",
            "\u0646\u0645\u06cc\u200c\u0634\u0648\u062f",
        ),
        ("\u200b\u2800\u3164", ""),
        ("Cafe\u0301", "Caf\u00e9"),
    ],
)
def test_trimmed_name_keeps_joiners_and_selectors(text: str, trimmed: str):
    assert texts.trim(text) == trimmed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Caf\u00e9", "CAFE\u0301"),
        ("\uff33\uff21\uff2c\uff25\u3000\uff12\uff10", "sale 20"),
        ("Stra\u00dfe", "STRASSE"),
        ("\u1e9e", "SS"),
        ("\ufb01ne", "FINE"),
        ("\uff76\uff9e", "\u30ac"),
        ("\u03c2", "\u03a3"),
        ("a\u200bb", "AB"),
        ("a \n b", "A B"),
        ("\u2460", "1"),
        ("\u0390", "\u0399\u0308\u0301"),
    ],
)
def test_folded_texts_are_equal_in_any_case_and_unicode_form(one: str, other: str):
    assert texts.fold(one) == texts.fold(other)


@pytest.mark.parametrize(("one", "other"), [("Caf\u00e9", "Cafe"), ("\u0430", "a"), ("ab", "a b")])
def test_folded_texts_differ_by_any_other_letter(one: str, other: str):
    assert texts.fold(one) != texts.fold(other)


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\u3164", "\u2800", "\ufe0f", "\u00ad\n"])
def test_invisible_text_shows_nothing(text: str):
    assert not texts.has_visible(text)
