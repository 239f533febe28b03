"""Who a customer is. The flow and the till must never see two customers in one, or one in two."""

import re
import unicodedata

LONGEST_ID = 200
_UNFILLED = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_NOTHING = {"", "null", "undefined"}


def canonical(value: object) -> str | None:
    """The one spelling of a customer id: text, trimmed, NFC. None where a builder sent nothing, or an unfilled {{placeholder}}.

    Raises ValueError if it is no text or number, or longer than 200 characters.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("must be text")
    text = unicodedata.normalize("NFC", str(value)).strip()
    if text.lower() in _NOTHING or _UNFILLED.search(text):
        return None
    if len(text) > LONGEST_ID:
        raise ValueError(f"must have {LONGEST_ID} characters at most")
    return text
