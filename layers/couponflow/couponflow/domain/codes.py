"""Coupon codes: generated without look-alikes; case, hyphens and look-alikes do not distinguish two
codes.
"""

import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U
_SHAPE = re.compile(r"(?=.*[A-Za-z0-9])[A-Za-z0-9_-]{3,40}")
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
