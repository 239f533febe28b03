"""Cursors: the place where a list continues, opaque to clients."""

import base64
import binascii
import json
import re

from couponflow.domain.errors import InvalidCursor

LONGEST = 400
_PART = re.compile(r"[0-9A-Za-z:.#-]{1,100}")


def encode(*place: str) -> str:
    """The cursor of a place."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def decode(cursor: str, parts: int) -> list[str]:
    """The place in a cursor, of exactly `parts` texts. Raises InvalidCursor."""
    try:
        place = json.loads(
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        )
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidCursor from None
    is_place = (
        isinstance(place, list) and len(place) == parts and all(_is_part(part) for part in place)
    )
    if len(cursor) > LONGEST or not is_place:
        raise InvalidCursor
    return [str(part) for part in place]


def _is_part(part: object) -> bool:
    return isinstance(part, str) and _PART.fullmatch(part) is not None
