"""Authentication by `Authorization: Bearer cf_<id>_<secret>`. The only place that checks keys."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from couponflow.cache import CACHE_CLOCK, ExpiringCache
from couponflow.domain import api_keys
from couponflow.domain.errors import ScopeMissing, Unauthenticated
from couponflow.domain.models import ApiKey
from couponflow.store.api_keys import ApiKeyStore

# A revoked key is refused everywhere within ten seconds.
SECONDS_REMEMBERED = 10
# "Last used" shows an operator which key is unused. To the hour is precise enough, at one write an
# hour.
BETWEEN_NOTES = timedelta(hours=1)
_MOST = 2_000
_BEARER = re.compile(r"(?i:bearer) +(\S+)")


class KeyUsageRecorder:
    """Keeps when a key was last used: one write per key and hour, whatever the load and the number
    of environments.
    """

    def __init__(self, keys: ApiKeyStore, timer: Callable[[], float] = CACHE_CLOCK) -> None:
        self._keys = keys
        self._noted: ExpiringCache[str, bool] = ExpiringCache(
            _MOST, BETWEEN_NOTES.total_seconds(), timer
        )

    def record(self, key: ApiKey) -> None:
        """Record that the key is in use now. Errors are suppressed."""
        if key.key_id in self._noted:
            return
        self._noted[key.key_id] = True
        now = datetime.now(UTC)
        if key.last_used_at is None or key.last_used_at <= now - BETWEEN_NOTES:
            with suppress(Exception):  # whatever happens to the note, the caller's request goes on
                self._keys.note_use(key, now, now - BETWEEN_NOTES)


class Authenticator:
    """Checks keys against the table; caches each for ten seconds."""

    def __init__(
        self,
        keys: ApiKeyStore,
        timer: Callable[[], float] = CACHE_CLOCK,
        note: Callable[[ApiKey], None] = lambda key: None,
    ) -> None:
        self._store, self._note = keys, note
        self._remembered: ExpiringCache[str, ApiKey] = ExpiringCache(
            _MOST, SECONDS_REMEMBERED, timer
        )

    def authenticate(self, authorization: str, scope: str) -> ApiKey:
        """Raises Unauthenticated, ScopeMissing."""
        bearer = _BEARER.fullmatch(authorization.strip())
        parts = api_keys.parse_key(bearer[1]) if bearer else None
        if parts is None:
            raise Unauthenticated
        key_id, secret = parts
        key = self._key(key_id)
        if key is None or not api_keys.verify_secret(key, secret):
            raise Unauthenticated
        self._note(key)
        if not api_keys.has_scope(key, scope):
            raise ScopeMissing
        return key

    def _key(self, key_id: str) -> ApiKey | None:
        key = self._remembered.get(key_id) or self._store.get(key_id)
        if key is not None:
            self._remembered.setdefault(key_id, key)
        return key
