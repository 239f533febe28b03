"""Idempotency-Key on routes that create: find what the key created, or create it."""

from collections.abc import Callable
from typing import TypeVar

from couponflow.domain.errors import TryAgain
from couponflow.store.idempotency import Creation, IdempotencyKey, IdempotencyStore, KeyUsedError
from couponflow.web.http.request import Request

T = TypeVar("T")


def create_once(
    request: Request,
    route: str,
    store: IdempotencyStore,
    create: Callable[[IdempotencyKey | None], T],
    describe: Callable[[Creation], T],
) -> T:
    """Call `create` with the request's key, or `describe` with what the key created already.

    Raises ValidationFailed for a key of another request; TryAgain while another request uses the
    same key.
    """
    key = IdempotencyKey.of(
        request.organisation_id, request.idempotency_key, route, request.json, request.now
    )
    made = store.find(key)
    if made is not None:
        return describe(made)
    try:
        return create(key)
    except KeyUsedError as used:
        made = store.find(key)
        if made is None:
            raise TryAgain from used
        return describe(made)
