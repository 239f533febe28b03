"""One HTTP request as a handler sees it: strict JSON, forms, queries, and the key that it was made
with.

Bytes become text here only: UTF-8, with or without a byte order mark, and nothing else. A field
may come once.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from couponflow.domain.errors import (
    BodyTooLarge,
    InvalidJson,
    InvalidRequest,
    UnsupportedMediaType,
    ValidationFailed,
)
from couponflow.domain.models import ApiKey
from couponflow.store.idempotency import HEADER

LARGEST_BODY = 64 * 1024
MOST_FIELDS = 100
LONGEST_KEY = 255
FORM = "application/x-www-form-urlencoded"
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True)
class Request:
    """One HTTP request; names of headers are lower case."""

    path: str
    params: Mapping[str, str]
    raw_query: str
    """As sent: still percent-encoded."""
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
    def query(self) -> dict[str, str]:
        """The query. Raises InvalidRequest if it is not UTF-8 or repeats a field."""
        return parse_fields(self.raw_query, "query")

    @property
    def idempotency_key(self) -> str | None:
        """The Idempotency-Key, or None. Raises ValidationFailed if it is too long."""
        key = self.headers.get(HEADER.lower(), "").strip() or None
        if key and len(key) > LONGEST_KEY:
            message = f"must have {LONGEST_KEY} characters at most"
            raise ValidationFailed.for_field(HEADER, message)
        return key

    @property
    def is_json(self) -> bool:
        """Whether the media type is JSON."""
        return self.media_type == "application/json"

    @property
    def is_form(self) -> bool:
        """Whether the media type is a form's."""
        return self.media_type == FORM

    @cached_property
    def text(self) -> str:
        """The body as text, without a byte order mark. Raises BodyTooLarge, InvalidRequest."""
        self._check_size()
        try:
            return self.body.decode().lstrip(_BYTE_ORDER_MARK)
        except UnicodeDecodeError:
            raise InvalidRequest.of("body", "must be UTF-8") from None

    @cached_property
    def json(self) -> Any:
        """The body as JSON. Raises BodyTooLarge, UnsupportedMediaType, InvalidJson."""
        self._check_size()
        if not self.is_json:
            raise UnsupportedMediaType
        return self.parse_json()

    def parse_json(self) -> Any:
        """The body as JSON, whatever its media type. Raises BodyTooLarge, InvalidJson."""
        try:
            return parse_json(self.text)
        except InvalidRequest:
            raise InvalidJson from None

    @property
    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises the errors of `json`, and ValidationFailed."""
        if not isinstance(self.json, dict):
            raise ValidationFailed.for_field("body", "must be a JSON object")
        return self.json

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form. A body without a media type is one.

        Raises BodyTooLarge, UnsupportedMediaType, InvalidRequest, ValidationFailed.
        """
        self._check_size()
        if self.body and self.media_type not in (FORM, ""):
            raise UnsupportedMediaType(f"The body must be application/json or {FORM}.")
        return parse_fields(self.text, "body")

    def _check_size(self) -> None:
        if len(self.body) > LARGEST_BODY:
            raise BodyTooLarge


def parse_json(text: str) -> Any:
    """Strict JSON.

    Raises InvalidJson, also for NaN, a lone surrogate and a repeated name, which Python accepts.
    """
    try:
        value = json.loads(text, object_pairs_hook=_no_name_twice)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise InvalidJson from None
    return value


def parse_fields(text: str, place: str) -> dict[str, str]:
    """The fields of a form or a query. `place` names it in errors.

    Raises InvalidRequest if it is not UTF-8 or repeats a field; ValidationFailed if it has more
    than MOST_FIELDS.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise InvalidRequest.of(place, "must be UTF-8, percent-encoded") from None
    except ValueError:
        raise ValidationFailed.for_field(place, "has too many fields") from None
    fields: dict[str, str] = {}
    for sent_name, value in pairs:
        name = sent_name.lstrip(_BYTE_ORDER_MARK)
        if name in fields:
            raise InvalidRequest.of(name, "comes more than once")
        fields[name] = value
    return fields


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("which of the two was meant?")
    return members
