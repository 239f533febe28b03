"""Organisations and their keys."""

from contextlib import suppress
from datetime import datetime

from couponflow.domain import times
from couponflow.domain.errors import NotFound
from couponflow.domain.models import ApiKey, Organisation
from couponflow.store import keys
from couponflow.store.dynamodb import ConditionFailedError, Item, Table, put, update


class OrganisationStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, organisation: Organisation) -> bool:
        """Whether it is new; one that exists stays as it is."""
        item = {
            "organisation_id": organisation.organisation_id,
            "name": organisation.name,
            "addon_enabled": organisation.addon_enabled,
            "gpk": keys.organisations(),
            "gsk": organisation.organisation_id,
        }
        try:
            self._table.put(put(keys.organisation(organisation.organisation_id) | item, "attribute_not_exists(pk)"))
        except ConditionFailedError:
            return False
        return True

    def get(self, organisation_id: str) -> Organisation:
        """Raises NotFound."""
        # One made a moment ago may be missing from an eventual read; only the strong one can say so.
        for consistent in (False, True):
            if item := self._table.get(keys.organisation(organisation_id), consistent=consistent):
                return _organisation(item)
        raise NotFound

    def list_page(self, after: str | None, at_most: int) -> list[Organisation]:
        """By id, from behind `after` on."""
        condition, values = "gpk = :gpk", {":gpk": keys.organisations()}
        if after is not None:
            condition, values = f"{condition} AND gsk > :after", values | {":after": after}
        return list(map(_organisation, self._table.query(condition, values, index=keys.INDEX, at_most=at_most)))

    def switch_addon(self, organisation_id: str, *, enabled: bool) -> Organisation:
        """Raises NotFound."""
        switch = update(
            keys.organisation(organisation_id), "SET addon_enabled = :enabled", {":enabled": enabled}, "attribute_exists(pk)"
        )
        try:
            return _organisation(self._table.update(switch))
        except ConditionFailedError as missing:
            raise NotFound from missing

    def save_key(self, key: ApiKey) -> None:
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

    def key(self, key_id: str) -> ApiKey | None:
        item = self._table.get(keys.api_key(key_id))
        return _key(item) if item else None

    def keys_of(self, organisation_id: str) -> list[ApiKey]:
        """Oldest first, revoked ones too."""
        values = {":gpk": keys.api_keys_of(organisation_id)}
        return list(map(_key, self._table.query("gpk = :gpk", values, index=keys.INDEX)))

    def note_use(self, key: ApiKey, now: datetime, seen_before: datetime) -> None:
        """Keep that the key was used, unless somebody noted a use at `seen_before` or later. One try, no answer awaited twice."""
        note = update(
            keys.api_key(key.key_id),
            "SET last_used_at = :now",
            {":now": times.format_utc(now), ":before": times.format_utc(seen_before)},
            # Environments see the same key at once: the first of the hour writes, the others pay for a refusal.
            "attribute_exists(pk) AND (attribute_not_exists(last_used_at) OR last_used_at < :before)",
        )
        with suppress(ConditionFailedError):
            self._table.update_once(note)

    def revoke_key(self, organisation_id: str, key_id: str, now: datetime) -> ApiKey:
        """Revoke a key for good; again, nothing changes. Raises NotFound."""
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


def _organisation(item: Item) -> Organisation:
    return Organisation(item["organisation_id"], item["name"], item["addon_enabled"])


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
