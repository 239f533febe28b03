"""Who a customer is. The flow and the till must never see two customers in one, or one in two."""

import math
import re
import unicodedata

LONGEST_ID = 200
_UNFILLED = re.compile(r"\{\{.*?\}\}", re.DOTALL)
# Half of a surrogate pair is no character: it can be neither stored nor hashed.
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_NOTHING = {"", "null", "undefined"}


def canonical(value: object) -> str | None:
    """The one spelling of a customer id. None where a builder sent nothing, or left a {{placeholder}} in it.

    Raises ValueError if it is no text or number, or longer than 200 characters.
    """
    text = normalise_text(value, LONGEST_ID)
    return None if text is None or _UNFILLED.search(text) else text


def normalise_text(value: object, longest: int) -> str | None:
    """What a builder says: text, trimmed, NFC. None where it sent nothing, or a {{placeholder}} that it did not fill.

    Raises ValueError if it is no text or number, or too long.
    """
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # in JSON 7 and 7.0 are one number
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
