"""Idempotency keys of requests that create: the same key and body create one thing, for 24
hours.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from couponflow.domain import times
from couponflow.domain.errors import ValidationFailed
from couponflow.store import keys
from couponflow.store.dynamodb import Item, Table, Write, put

SECONDS_KEPT = 24 * 3_600
# A key counts as unused from the moment it expires. DynamoDB deletes its item up to two days later.
IS_UNUSED = "attribute_not_exists(pk) OR expires_at <= :now"
HEADER = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """The key of one request that creates, and the hash of what it asks for."""

    organisation_id: str
    key_hash: str
    body_hash: str
    used_at: datetime

    @classmethod
    def of(
        cls, organisation_id: str, key: str | None, route: str, body: object, now: datetime
    ) -> "IdempotencyKey | None":
        """Return None for a request without a key."""
        if key is None:
            return None
        asked = json.dumps([route, body], sort_keys=True)
        return cls(organisation_id, _hash(key), _hash(asked), now)


@dataclass(frozen=True, slots=True)
class Creation:
    """What an earlier request with the same key created."""

    resource_id: str
    created_at: datetime
    code: str | None = None


class KeyUsedError(Exception):
    """Another request with the same key came first; nothing was written."""


class IdempotencyStore:
    """The keys of the last 24 hours."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, key: IdempotencyKey | None) -> Creation | None:
        """Return what the key created. Raises ValidationFailed if it was another request's key."""
        item = self._table.get(_place(key), consistent=True) if key else None
        if key is None or item is None or item["expires_at"] <= int(key.used_at.timestamp()):
            return None
        if item["body_hash"] != key.body_hash:
            raise ValidationFailed.for_field(
                HEADER, "was used for another request within the last 24 hours"
            )
        return Creation(item["resource_id"], times.parse_utc(item["created_at"]), item.get("code"))


def claim(key: IdempotencyKey, creation: Creation) -> Write:
    """The write that goes into the transaction of the creation."""
    seconds = int(key.used_at.timestamp())
    item: Item = _place(key) | {
        "body_hash": key.body_hash,
        "resource_id": creation.resource_id,
        "created_at": times.format_utc(creation.created_at),
        "code": creation.code,
        "expires_at": seconds + SECONDS_KEPT,
    }
    return put(item, IS_UNUSED, {":now": seconds})


def is_claimed_by(old: Item | None, resource_id: str) -> bool:
    """Return whether the item that refused a claim is of an earlier try of the same request."""
    return old is not None and old.get("resource_id") == resource_id


def _place(key: IdempotencyKey) -> dict[str, str]:
    return keys.idempotency(key.organisation_id, key.key_hash)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
