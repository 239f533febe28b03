"""API keys of organisations; of a secret only the hash is stored."""

from contextlib import suppress
from datetime import datetime

from couponflow.domain import times
from couponflow.domain.errors import NotFound
from couponflow.domain.models import ApiKey
from couponflow.store import keys
from couponflow.store.dynamodb import ConditionFailedError, Item, Table, put, update

MOST_LISTED = 1_000


class ApiKeyStore:
    """Stores and finds the API keys of all organisations."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save(self, key: ApiKey) -> None:
        """Store a new key."""
        item = keys.api_key(key.key_id) | {
            "key_id": key.key_id,
            "organisation_id": key.organisation_id,
            "secret_hash": key.secret_hash,
            "scopes": " ".join(sorted(key.scopes)),
            "created_at": times.format_utc(key.created_at),
            "name": key.name,
            "gpk": keys.api_keys_of(key.organisation_id),
            "gsk": keys.api_key_order(times.format_utc(key.created_at), key.key_id),
        }
        self._table.put(put(item))

    def get(self, key_id: str) -> ApiKey | None:
        """The key, revoked or not; None if there is none."""
        # An eventually consistent read may miss a new key, so a miss is read again strongly.
        for consistent in (False, True):
            if item := self._table.get(keys.api_key(key_id), consistent=consistent):
                return _key(item)
        return None

    def list_newest(self, organisation_id: str) -> list[ApiKey]:
        """Return the newest 1,000 keys of an organisation, oldest first, revoked ones included."""
        values = {":gpk": keys.api_keys_of(organisation_id)}
        newest = self._table.query(
            "gpk = :gpk", values, index=keys.INDEX, newest_first=True, at_most=MOST_LISTED
        )
        return list(map(_key, reversed(newest)))

    def note_use(self, key: ApiKey, now: datetime, seen_before: datetime) -> None:
        """Record a use of the key, unless one at `seen_before` or later is recorded. Tried once."""
        note = update(
            keys.api_key(key.key_id),
            "SET last_used_at = :now",
            {":now": times.format_utc(now), ":before": times.format_utc(seen_before)},
            # Many environments use a key in the same hour: the first one writes, the others are
            # refused.
            "attribute_exists(pk) AND (attribute_not_exists(last_used_at) OR last_used_at < "
            ":before)",
        )
        with suppress(ConditionFailedError):
            self._table.update_once(note)

    def revoke(self, organisation_id: str, key_id: str, now: datetime) -> ApiKey:
        """Revoke a key permanently. A repetition changes nothing. Raises NotFound."""
        revoke = update(
            keys.api_key(key_id),
            "SET revoked_at = if_not_exists(revoked_at, :now)",
            {":now": times.format_utc(now), ":organisation": organisation_id},
            "organisation_id = :organisation",
        )
        try:
            return _key(self._table.update(revoke))
        except ConditionFailedError as missing:
            raise NotFound from missing


def _key(item: Item) -> ApiKey:
    return ApiKey(
        key_id=item["key_id"],
        organisation_id=item["organisation_id"],
        secret_hash=item["secret_hash"],
        scopes=frozenset(item["scopes"].split()),
        created_at=times.parse_utc(item["created_at"]),
        revoked_at=_time(item, "revoked_at"),
        name=item.get("name", ""),
        last_used_at=_time(item, "last_used_at"),
    )


def _time(item: Item, name: str) -> datetime | None:
    return times.parse_utc(item[name]) if name in item else None
