"""Idempotency-Key on routes that create: find what the key created, or create it."""

from collections.abc import Callable
from typing import TypeVar

from couponflow.domain.errors import TryAgain, ValidationFailed
from couponflow.store.idempotency import (
    HEADER,
    Creation,
    IdempotencyKey,
    IdempotencyStore,
    KeyUsedError,
)
from couponflow.web.http.request import Request

T = TypeVar("T")
LONGEST_KEY = 255


def header_of(request: Request) -> str | None:
    """Return the Idempotency-Key of the request, or None. Raises ValidationFailed if too long."""
    header = request.headers.get("idempotency-key", "").strip() or None
    if header and len(header) > LONGEST_KEY:
        raise ValidationFailed.for_field(HEADER, f"must have {LONGEST_KEY} characters at most")
    return header


def create_once(
    request: Request,
    route: str,
    store: IdempotencyStore,
    create: Callable[[IdempotencyKey | None, Creation | None], T],
) -> T:
    """Call `create` with the request's key and what the key created already.

    Raises ValidationFailed for a key of another request; TryAgain while another request uses the
    same key.
    """
    header = header_of(request)
    key = IdempotencyKey.of(request.organisation_id, header, route, request.json, request.now)
    try:
        return create(key, store.find(key))
    except KeyUsedError as used:
        made = store.find(key)
        if made is None:
            raise TryAgain from used
        return create(key, made)
