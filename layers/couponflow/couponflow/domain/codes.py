"""Coupon codes: generated without look-alikes; case, hyphens and look-alikes do not distinguish two
codes.
"""

import re
import secrets

from couponflow.domain import texts, unresolved_variables

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U
_SHAPE = re.compile(r"(?=.*[A-Za-z0-9])[A-Za-z0-9_-]{3,40}")
LONGEST_ENTRY = 200
# Phones replace a hyphen by a dash; Asian keyboards type letters and digits in full width.
_ENTERED = dict.fromkeys([*range(0x2010, 0x2016), 0x2212], "-") | {
    code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)
}
_NO_CODES = {"null", "undefined"}
_LOOK_ALIKES = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None})


def generate() -> str:
    """A code of 10 characters, 50 bits."""
    return random_base32(10)


def random_base32(length: int) -> str:
    """Random upper-case Crockford base32: 5 bits a character."""
    return "".join(ALPHABET[byte % 32] for byte in secrets.token_bytes(length))


def canonical(code: str) -> str:
    """The form in which two codes are compared."""
    return code.upper().translate(_LOOK_ALIKES)


def is_code(text: str) -> bool:
    """Whether the text has 3-40 letters, digits, hyphens or underscores, at least one of them a
    letter or digit.
    """
    return _SHAPE.fullmatch(text) is not None


def parse(value: object) -> str | None:
    """A code as people and scanners enter it: a number or text, full-width too, with blanks, line
    ends and dashes. It may have another shape than a code.

    None if it is missing: null, empty or an unresolved variable. A code may be called NONE.

    Raises ValueError if it is neither text nor a number, or has more than 200 characters.
    """
    entered = texts.to_text(value)
    if entered is None:
        return None
    text = texts.clean(entered).translate(_ENTERED)
    if len(text) > LONGEST_ENTRY:
        raise ValueError(f"must have {LONGEST_ENTRY} characters at most")
    code = "".join(text.split())
    if is_code(code):
        return None if code.lower() in _NO_CODES else code
    return None if unresolved_variables.is_unresolved(text) else text
