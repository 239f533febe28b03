"""Variables that a flow builder did not fill: their text arrives instead of a value, and all
customers would share it.

Nothing here may match an id that a real customer can have: phone numbers, e-mail addresses, user
names, UUIDs (in braces too), hashes. tests/unit/test_unresolved_variables.py has both lists.
"""

import re
import unicodedata

# Programs print these for "no value", in any case.
_NO_VALUE = {"", "null", "undefined", "none", "n/a", "#n/a", "#ref!", "#value!", "#name?", "#null!"}
# In another case these are names of people: Nan, Nil.
_NO_VALUE_IN_THIS_CASE = {"NaN", "nan", "NAN", "nil", "NaT", "Array"}
_BETWEEN_VALUES = re.compile(r"[\s,;]+")
_AROUND = "\"'`()[]<>{} "

_MARKS = frozenset("{[<$%|*\u00ab")


def is_unresolved(text: str) -> bool:
    """Whether the text, which is clean, is or contains a variable that was not filled, or is "no
    value" as programs print it.
    """
    plain = unicodedata.normalize("NFKC", text)
    if is_no_value(plain):
        return True
    # Telephone numbers, addresses and hashes: nearly every id.
    if (plain[0].isalnum() or plain[0] == "+") and _MARKS.isdisjoint(plain):
        return False
    from couponflow.domain import variable_marks

    return variable_marks.has_variable(plain)


def is_no_value(text: str) -> bool:
    """Whether the text is "no value" as programs print it, once or for each of several values."""
    return all(
        word.casefold() in _NO_VALUE or word in _NO_VALUE_IN_THIS_CASE
        for word in _BETWEEN_VALUES.split(text.strip(_AROUND))
    )


def is_unresolved_message(text: str) -> bool:
    """Whether a text for people is nothing but an unresolved variable.

    A text may contain marks of templates: {{customer_name}}, "[Redeem]", "50 % off".
    """
    if is_no_value(text):
        return True
    if text[0] not in _MARKS:
        return False
    from couponflow.domain import variable_marks

    return variable_marks.is_variable(text)
