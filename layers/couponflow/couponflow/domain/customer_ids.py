"""Canonical customer ids: the flow and the till must map one customer to the same id, and two to
different ones.
"""

from couponflow.domain import texts, unresolved_variables

LONGEST_ID = 200


def canonical(value: object) -> str | None:
    """The canonical form of a customer id: NFC, without invisible characters and surrounding
    blanks. Letters that look alike stay different.

    None if nothing is left, or if it is or contains an unresolved variable.

    Raises ValueError if it is neither text nor a number, holds U+FFFD, or is longer than 200
    characters.
    """
    text = texts.to_text(value)
    if text is None:
        return None
    text = texts.clean(text)
    if len(text) > LONGEST_ID:
        raise ValueError(f"must have {LONGEST_ID} characters at most")
    if unresolved_variables.is_unresolved(text):
        return None
    if texts.REPLACEMENT in text:
        raise ValueError("must be UTF-8: a character of it was lost on the way (U+FFFD)")
    return text
