"""Links and the ids in them. A customer has one permanent link to a coupon, without personal data.

token = coupon id (13 characters) + mac of the customer (26) + tag (13), in lower-case Crockford
base32. Only the service can compute the tag: a made-up token costs neither a read nor a write.
"""

import base64
import hashlib
import hmac
import re
import unicodedata

from couponflow.domain import codes
from couponflow.domain.models import Coupon, Holder

_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{13}")
_TOKEN = re.compile(r"([0-9a-hjkmnp-tv-z]{13})([0-9a-hjkmnp-tv-z]{26})[0-9a-hjkmnp-tv-z]{13}")
# What chats, keyboards and e-mail programs leave of a link: the token is 52 letters and digits,
# anything else comes before and after it.
_IN_PATH = re.compile(r"/+r/+[^0-9a-z]*([0-9a-z]{52})(?![0-9a-z])")
_LOOK_ALIKES = str.maketrans("ilo", "110")
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


def is_token(text: str) -> bool:
    """Whether the text has the form of a token."""
    return _TOKEN.fullmatch(text) is not None


def read_coupon_id(token: str) -> str | None:
    """The coupon id in a token, not yet verified; None if the text has not the form of a token."""
    parts = _TOKEN.fullmatch(token)
    return parts and parts[1]


def recover_token(path: str) -> str | None:
    """Return the token, not yet verified, in the path of a link that was changed on its way: other
    case, look-alikes, invisible characters, punctuation or a longer path. None if there is none.
    """
    text = unicodedata.normalize("NFKC", path).lower()
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    found = _IN_PATH.match(visible)
    token = found[1].translate(_LOOK_ALIKES) if found else ""
    return token if _TOKEN.fullmatch(token) else None


def has_token(path: str) -> bool:
    """Whether the path has a token, not yet verified, that can be recovered."""
    return recover_token(path) is not None


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
