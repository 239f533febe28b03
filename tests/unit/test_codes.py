"""Coupon codes: equality, generation and validity."""

import pytest

from couponflow.domain import codes


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SAVE20", "save20"),
        ("SAVE-20", "SAVE20"),
        ("--SAVE-20-", "save20"),
        ("OIL", "011"),
        ("sol0", "S01O"),
        ("a_b", "A_B"),
    ],
)
def test_codes_are_equal_despite_case_hyphens_and_look_alikes(one, other):
    assert codes.canonical(one) == codes.canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("SAVE20", "SAVE21"), ("A_B", "AB"), ("A_B", "A-B"), ("UVW", "VVW"), ("S5S", "55S")],
)
def test_codes_with_any_other_difference_are_different(one, other):
    assert codes.canonical(one) != codes.canonical(other)


def test_generated_codes_have_50_bits_and_no_look_alikes():
    made = {codes.generate() for _ in range(1_000)}
    assert len(made) == 1_000
    assert all(
        codes.is_code(code) and codes.canonical(code) == code and len(code) == 10 for code in made
    )
    assert set("".join(made)) == set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


@pytest.mark.parametrize("text", ["abc", "A-1", "x" * 40, "_0_", "0--"])
def test_code_of_letters_digits_hyphens_underscores_is_valid(text):
    assert codes.is_code(text)


@pytest.mark.parametrize(
    "text", ["", "ab", "x" * 41, "---", "___", "AB C", "ABC\n", "ÄBC", "A.B", "ABC١", "=SUM", "ﬀﬀﬀ"]
)
def test_code_with_other_characters_or_length_is_invalid(text):
    assert not codes.is_code(text)


@pytest.mark.parametrize(
    ("entered", "code"),
    [
        ("SAVE20", "SAVE20"),
        ("save-20", "save-20"),
        ("SAVE20\r\n", "SAVE20"),
        ("\ufeffSAVE20\x1d", "SAVE20"),
        ("  SAVE 20\u00a0", "SAVE20"),
        ("SAVE\u200b20", "SAVE20"),
        ("SAVE\u201320", "SAVE-20"),
        ("\uff33\uff21\uff36\uff25\uff12\uff10", "SAVE20"),
        (12345, "12345"),
        (12345.0, "12345"),
        ("NONE", "NONE"),
        ("nan", "nan"),
        ("__id__", "__id__"),
        ("x", "x"),
        ("Stra\u00dfe", "Stra\u00dfe"),
        ("\u0410\u0412\u0421", "\u0410\u0412\u0421"),
        ("S\u00c1VE", "S\u00c1VE"),
    ],
)
def test_entered_code_is_read_as_people_and_scanners_send_it(entered, code):
    assert codes.parse(entered) == code


@pytest.mark.parametrize(
    "nothing",
    [None, "", " \r\n", "\u200b", "null", "Undefined", "{{code}}", "${code}", "[object Object]"],
)
def test_empty_code_or_unresolved_variable_is_missing(nothing):
    assert codes.parse(nothing) is None


@pytest.mark.parametrize("wrong", [True, [], {}, float("nan"), "\ud800", "x" * 201])
def test_code_of_a_wrong_type_or_length_is_refused(wrong):
    with pytest.raises(ValueError, match="must"):
        codes.parse(wrong)
