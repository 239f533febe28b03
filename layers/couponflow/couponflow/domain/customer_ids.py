"""Canonical customer ids: the flow and the till must map one customer to the same id, and two to
different ones.
"""

import math
import re
import unicodedata

LONGEST_ID = 200
_UNFILLED = re.compile(r"\{\{.*?\}\}", re.DOTALL)
# A lone surrogate can be neither stored nor hashed.
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_NOTHING = {"", "null", "undefined"}


def canonical(value: object) -> str | None:
    """The canonical form of a customer id.

    None if it is empty or contains an unfilled {{placeholder}}.

    Raises ValueError if it is neither text nor a number, or longer than 200 characters.
    """
    text = normalise_text(value, LONGEST_ID)
    return None if text is None or _UNFILLED.search(text) else text


def normalise_text(value: object, longest: int) -> str | None:
    """Trimmed text in NFC.

    None for an empty value, "null", "undefined" or an unfilled {{placeholder}}.

    Raises ValueError if it is neither text nor a number, or has more than `longest` characters.
    """
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON does not distinguish 7 and 7.0
    if not _is_text_or_number(value):
        raise ValueError("must be text")
    text = unicodedata.normalize("NFC", str(value)).strip()
    if text.lower() in _NOTHING or _UNFILLED.fullmatch(text):
        return None
    if len(text) > longest:
        raise ValueError(f"must have {longest} characters at most")
    return text


def _is_text_or_number(value: object) -> bool:
    if isinstance(value, str):
        return not _HALF_PAIR.search(value)
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)
