"""API keys in the form cf_<id>_<secret>.

Only a hash of the secret is stored. The secret is long and random, so a fast hash is enough.
"""

import hashlib
import hmac
import re

from couponflow.domain.models import ApiKey

SCOPES = frozenset({"admin", "distribute", "redeem"})
_WRITTEN = re.compile(r"cf_([0-9a-z]{1,40})_([0-9a-z]{32,64})")


def format_key(key_id: str, secret: str) -> str:
    """The key in the form that its owner keeps."""
    return f"cf_{key_id}_{secret}"


def parse_key(key: str) -> tuple[str, str] | None:
    """The id and the secret; None if the text has not the form of a key."""
    parts = _WRITTEN.fullmatch(key)
    return (parts[1], parts[2]) if parts else None


def hash_secret(secret: str) -> str:
    """The SHA-256 of the secret, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def verify_secret(key: ApiKey, secret: str) -> bool:
    """Whether the secret is the key's own and the key is not revoked. The comparison takes constant
    time.
    """
    return key.revoked_at is None and hmac.compare_digest(key.secret_hash, hash_secret(secret))


def has_scope(key: ApiKey, scope: str) -> bool:
    """Whether the key has the scope. `admin` includes every scope."""
    return scope in key.scopes or "admin" in key.scopes
