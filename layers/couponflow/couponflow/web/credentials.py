"""Who a request comes from: `Authorization: Bearer cf_<id>_<secret>`. The one place where keys are checked."""

import re
import time
from collections.abc import Callable

from cachetools import TTLCache

from couponflow.domain import credentials
from couponflow.domain.errors import ScopeMissing, Unauthenticated
from couponflow.domain.models import ApiKey
from couponflow.store.organisations import OrganisationStore

# A revoked key is refused everywhere within ten seconds.
SECONDS_REMEMBERED = 10
_BEARER = re.compile(r"[Bb]earer +(\S+)")


class Gatekeeper:
    def __init__(self, organisations: OrganisationStore, timer: Callable[[], float] = time.monotonic) -> None:
        self._organisations = organisations
        self._keys: TTLCache[str, ApiKey] = TTLCache(2_000, SECONDS_REMEMBERED, timer)

    def admit(self, authorization: str, scope: str) -> ApiKey:
        """Raises Unauthenticated, ScopeMissing."""
        bearer = _BEARER.fullmatch(authorization.strip())
        parts = credentials.parse(bearer[1]) if bearer else None
        if parts is None:
            raise Unauthenticated
        key_id, secret = parts
        key = self._key(key_id)
        if key is None or not credentials.opens(key, secret):
            raise Unauthenticated
        if not credentials.may(key, scope):
            raise ScopeMissing
        return key

    def _key(self, key_id: str) -> ApiKey | None:
        key = self._keys.get(key_id) or self._organisations.key(key_id)
        if key is not None:
            self._keys.setdefault(key_id, key)
        return key
