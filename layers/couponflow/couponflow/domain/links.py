"""Links and the ids in them. A customer has one permanent link to a coupon, without personal data.

token = coupon id (13 characters) + mac of the customer (26) + tag (13), in lower-case Crockford
base32. Only the service can compute the tag: a made-up token costs neither a read nor a write.
"""

import base64
import hashlib
import hmac
import re

from couponflow.domain import codes
from couponflow.domain.models import Coupon, Holder

_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{13}")
_TOKEN = re.compile(r"([0-9a-hjkmnp-tv-z]{13})([0-9a-hjkmnp-tv-z]{26})[0-9a-hjkmnp-tv-z]{13}")
_TO_CROCKFORD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", codes.ALPHABET.lower())


def new_id() -> str:
    """65 random bits as 13 characters: the id of a coupon, a block or an image."""
    return codes.random_base32(13).lower()


def new_secret() -> str:
    """160 random bits as 32 characters."""
    return codes.random_base32(32).lower()


def is_id(text: str) -> bool:
    """Whether the text has the form of an id."""
    return _ID.fullmatch(text) is not None


def derive_holder(coupon: Coupon, customer_id: str) -> Holder:
    """The holder of a customer, whose id is canonical, for this coupon."""
    return Holder(coupon.coupon_id, _mac(coupon.holder_secret, customer_id, 16))


def format_token(coupon: Coupon, holder: Holder) -> str:
    """The token of a holder's link."""
    return f"{holder.coupon_id}{holder.mac}{_mac(coupon.link_secret, holder.mac, 8)}"


def read_coupon_id(token: str) -> str | None:
    """The coupon id in a token, not yet verified; None if the text has not the form of a token."""
    parts = _TOKEN.fullmatch(token)
    return parts and parts[1]


def read_holder(token: str, coupon: Coupon) -> Holder | None:
    """The holder that the token is for; None if its tag is wrong."""
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        return None
    holder = Holder(coupon.coupon_id, parts[2])
    return holder if hmac.compare_digest(token, format_token(coupon, holder)) else None


def redemption_id(coupon: Coupon, holder: Holder, slot: str) -> str:
    """Derived, so that a redemption needs no read for its id.

    Without the coupon's secret it looks random.
    """
    return _mac(coupon.holder_secret, f"redemption {holder.mac} {slot}", 16)


def derive_attempt(idempotency_key: str, holder: Holder) -> str:
    """The attempt of an Idempotency-Key, bound to the coupon and the customer."""
    return _mac(holder.coupon_id + holder.mac, idempotency_key, 16)


def _mac(secret: str, text: str, length: int) -> str:
    digest = hmac.digest(secret.encode(), text.encode(), hashlib.sha256)[:length]
    return base64.b32encode(digest).decode().rstrip("=").translate(_TO_CROCKFORD)
