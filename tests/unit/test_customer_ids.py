"""Canonical customer ids: two customers never share one, one customer never has two."""

import pytest

from couponflow.domain import customer_ids


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
    ],
)
def test_spellings_of_one_id_are_one_customer(one, other):
    assert customer_ids.canonical(one) == customer_ids.canonical(other)


@pytest.mark.parametrize(
    ("one", "other"), [("ann", "Ann"), ("0123", "123"), ("a b", "ab"), ("ann", "ann."), ("1", "１")]
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


def test_text_keeps_a_placeholder_within_a_sentence():
    assert customer_ids.normalise_text("Hello {{name}}", 100) == "Hello {{name}}"
    assert customer_ids.normalise_text("{{name}}", 100) is None
