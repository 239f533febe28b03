"""Canonical customer ids: two customers never share one, one customer never has two."""

import pytest

from couponflow.domain import customer_ids

# Of each kind: joiners, direction marks, isolates, fillers, selectors, tags, control characters.
INVISIBLE = (
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2066\u2069\u206f"
    "\ufeff\u00ad\u034f\u061c\u115f\u1160\u17b4\u180b\u180e\u3164\uffa0\ufe00\ufe0f\ufff9"
    "\U000e0001\U000e0041\U000e0100\U0001d173\x00\x07\x1b\x1d\x7f\x80\x9f"
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann", " ann\n"),
        ("12345", 12345),
        ("Zoe\u0308", "Zo\u00eb"),
        ("\u212b", "\u00c5"),
        ("7.5", 7.5),
        (7, 7.0),
        ("+49 1", "+49 1\u00a0"),
        ("ann", "\u2800ann\u3000\u0085"),
    ],
)
def test_spellings_of_one_id_are_one_customer(one, other):
    assert customer_ids.canonical(one) == customer_ids.canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann", "Ann"),
        ("0123", "123"),
        ("a b", "ab"),
        ("a b", "a\u00a0b"),
        ("a b", "a\tb"),
        ("ann", "ann."),
        ("1", "１"),
        ("a", "\u0430"),
        ("I", "l"),
        ("0", "O"),
        ("\ufb01", "fi"),
        ("\u00df", "ss"),
        ("e\u0301", "e"),
    ],
)
def test_ids_with_any_other_difference_are_different_customers(one, other):
    assert customer_ids.canonical(one) != customer_ids.canonical(other)


@pytest.mark.parametrize(
    "nothing",
    [
        None,
        "",
        "  ",
        "\u2003",
        "null",
        "NULL",
        "undefined",
        " Undefined ",
        "{{user_id}}",
        "{{ user id }}",
        "x{{id}}",
        "{{\n}}",
    ],
)
def test_empty_id_or_unfilled_placeholder_is_no_customer(nothing):
    assert customer_ids.canonical(nothing) is None


@pytest.mark.parametrize(
    "wrong",
    [
        True,
        False,
        [],
        {},
        ["ann"],
        {"id": 1},
        "x" * 201,
        "\ud800",
        float("inf"),
        float("nan"),
        10**400,
    ],
)
def test_id_of_a_wrong_type_or_length_is_refused(wrong):
    with pytest.raises(ValueError, match="must"):
        customer_ids.canonical(wrong)


def test_length_is_counted_after_trimming_and_composing():
    assert customer_ids.canonical(" " + "e\u0301" * 200 + " ") == "\u00e9" * 200


@pytest.mark.parametrize("character", INVISIBLE, ids=ascii)
@pytest.mark.parametrize("place", [0, 2, 5])
def test_invisible_character_makes_no_second_customer(character, place):
    assert customer_ids.canonical("U1234"[:place] + character + "U1234"[place:]) == "U1234"


@pytest.mark.parametrize("character", INVISIBLE, ids=ascii)
def test_id_of_invisible_characters_only_is_no_customer(character):
    assert customer_ids.canonical(f" {character} ") is None


@pytest.mark.parametrize("lost", ["\ufffd", "Jos\ufffd", "\ufffd\ufffd1"])
def test_id_with_a_lost_character_is_refused(lost):
    with pytest.raises(ValueError, match="UTF-8"):
        customer_ids.canonical(lost)


@pytest.mark.parametrize("opening", ["[[", "{", "<<", "%a", "$(", "[object", "((", "$a.", "user"])
def test_hostile_id_is_read_in_linear_time(opening):
    with pytest.raises(ValueError, match="200"):
        customer_ids.canonical(opening * 30_000)
    customer_ids.canonical(opening * (200 // len(opening)))
