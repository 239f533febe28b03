"""Keys: `Authorization: Bearer cf_<id>_<secret>`.

Of the secret only a hash is kept; it is long and random, so a fast hash will do.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Callable

from cachetools import TTLCache

from couponflow.domain.errors import ScopeMissing, Unauthenticated
from couponflow.domain.models import ApiKey
from couponflow.store.organisations import OrganisationStore

SCOPES = frozenset({"admin", "distribute", "redeem"})
# A revoked key is refused everywhere within ten seconds.
SECONDS_REMEMBERED = 10
_BEARER = re.compile(r"[Bb]earer +cf_([0-9a-z]{1,40})_([0-9a-z]{32,64})")


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def written(key_id: str, secret: str) -> str:
    """A key as its owner keeps it."""
    return f"cf_{key_id}_{secret}"


class Gatekeeper:
    """The one place where keys are checked."""

    def __init__(self, organisations: OrganisationStore, timer: Callable[[], float] = time.monotonic) -> None:
        self._organisations = organisations
        self._keys: TTLCache[str, ApiKey] = TTLCache(2_000, SECONDS_REMEMBERED, timer)

    def admit(self, authorization: str, scope: str) -> ApiKey:
        """Raises Unauthenticated, ScopeMissing."""
        parts = _BEARER.fullmatch(authorization.strip())
        key = self._key(parts[1]) if parts else None
        if parts is None or key is None or not hmac.compare_digest(key.secret_hash, hash_of(parts[2])):
            raise Unauthenticated
        if key.revoked_at is not None:
            raise Unauthenticated
        if scope not in key.scopes and "admin" not in key.scopes:
            raise ScopeMissing
        return key

    def _key(self, key_id: str) -> ApiKey | None:
        key = self._keys.get(key_id)
        if key is None:
            key = self._organisations.key(key_id)
            if key is not None:
                self._keys[key_id] = key
        return key
