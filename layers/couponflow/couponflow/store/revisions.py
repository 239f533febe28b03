"""Revisions of redeem pages and flow blocks, and changes of coupons: each save has one, so that no
author undoes a save that they did not see.

A revision is the hash of the request that made it, a dot, and an id of the try. A repeated request
thus recognises its own earlier save.
"""

import hashlib
import json

from couponflow.domain import links
from couponflow.store.dynamodb import Item

# Of what was never saved, or was saved before revisions existed.
UNSAVED = "0"
# The revisions that the author of a save may have seen; None if any is right.
Seen = tuple[str, ...] | None
NEVER = "attribute_exists(pk) AND attribute_not_exists(pk)"


def new_revision(request_hash: str) -> str:
    """Return a revision for one try of a request to save."""
    return f"{request_hash}.{links.new_id()}"


def hash_request(*parts: object) -> str:
    """Return the hash of a request to save: equal requests have equal hashes."""
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:32]


def is_save_of(revision: str | None, request_hash: str) -> bool:
    """Whether the revision was made by a request with this hash."""
    return (revision or "").startswith(f"{request_hash}.")


def is_seen(seen: tuple[str, ...]) -> tuple[str, Item]:
    """Return the condition that the stored revision is one of those, and its values."""
    values = {f":seen{number}": revision for number, revision in enumerate(seen)}
    alternatives = [f"revision = {name}" for name in values]
    if UNSAVED in seen:
        alternatives.append("attribute_not_exists(revision)")
    return " OR ".join(alternatives) or NEVER, values
