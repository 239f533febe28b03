"""Keys as their owners keep them: cf_<id>_<secret>.

Of the secret only a hash is kept; it is long and random, so a fast hash will do.
"""

import hashlib
import hmac
import re

from couponflow.domain.models import ApiKey

SCOPES = frozenset({"admin", "distribute", "redeem"})
_WRITTEN = re.compile(r"cf_([0-9a-z]{1,40})_([0-9a-z]{32,64})")


def format_key(key_id: str, secret: str) -> str:
    return f"cf_{key_id}_{secret}"


def parse_key(key: str) -> tuple[str, str] | None:
    """The id and the secret; None if it can't be a key."""
    parts = _WRITTEN.fullmatch(key)
    return (parts[1], parts[2]) if parts else None


def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def verify_secret(key: ApiKey, secret: str) -> bool:
    return key.revoked_at is None and hmac.compare_digest(key.secret_hash, hash_secret(secret))


def has_scope(key: ApiKey, scope: str) -> bool:
    """`admin` may do everything of its organisation."""
    return scope in key.scopes or "admin" in key.scopes
