"""One HTTP request as a handler sees it: strict JSON, forms, and the key that it was made with."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

from couponflow.domain.errors import (
    BodyTooLarge,
    InvalidJson,
    UnsupportedMediaType,
    ValidationFailed,
)
from couponflow.domain.models import ApiKey

LARGEST_BODY = 64 * 1024


@dataclass(frozen=True)
class Request:
    """One HTTP request; names of headers are lower case."""

    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    cookies: Sequence[str]
    body: bytes
    base_url: str
    source_ip: str
    key: ApiKey | None = None
    method: str = "GET"
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def organisation_id(self) -> str:
        """The organisation of the request's key; routes without a scope have none."""
        assert self.key is not None, "a route with a scope has a key"
        return self.key.organisation_id

    @property
    def media_type(self) -> str:
        """The media type in lower case, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @cached_property
    def json(self) -> Any:
        """The body as JSON. Raises BodyTooLarge, UnsupportedMediaType, InvalidJson."""
        if len(self.body) > LARGEST_BODY:
            raise BodyTooLarge
        if self.media_type != "application/json":
            raise UnsupportedMediaType
        return parse_json(self.body)

    @property
    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises the errors of `json`, and ValidationFailed."""
        if not isinstance(self.json, dict):
            raise ValidationFailed.for_field("body", "must be a JSON object")
        return self.json

    @property
    def form(self) -> dict[str, str]:
        """The first value of each field of a form.

        Raises BodyTooLarge, UnsupportedMediaType, ValidationFailed.
        """
        if len(self.body) > LARGEST_BODY:
            raise BodyTooLarge
        if self.body and self.media_type not in ("application/x-www-form-urlencoded", ""):
            raise UnsupportedMediaType
        try:
            fields = parse_qs(
                self.body.decode(errors="replace"), keep_blank_values=True, max_num_fields=100
            )
        except ValueError:
            raise ValidationFailed.for_field("body", "has too many fields") from None
        return {name: values[0] for name, values in fields.items()}


def parse_json(body: bytes) -> Any:
    """Strict JSON.

    Raises InvalidJson, also for NaN, a lone surrogate and a repeated name, which Python accepts.
    """
    try:
        value = json.loads(body.decode(), object_pairs_hook=_no_name_twice)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise InvalidJson from None
    return value


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("which of the two was meant?")
    return members
