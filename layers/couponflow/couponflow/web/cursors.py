"""Cursors: where a list goes on, opaque to whoever holds them."""

import base64
import binascii
import json

from couponflow.domain.errors import InvalidCursor

LONGEST = 400


def written(*place: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def parse(cursor: str, parts: int) -> list[str]:
    """The place that a cursor was written of. Raises InvalidCursor."""
    try:
        place = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidCursor from None
    is_place = isinstance(place, list) and len(place) == parts and all(isinstance(part, str) for part in place)
    if len(cursor) > LONGEST or not is_place:
        raise InvalidCursor
    return [str(part) for part in place]
