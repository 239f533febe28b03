"""Requests of Distribute Coupon blocks: JSON, a form, or the query of a GET.

Builders send every value as text, leave {{placeholders}} unfilled, and add fields of their own.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from couponflow.domain import channel_limits, customer_ids, message_templates, urls
from couponflow.domain.channel_limits import Channel
from couponflow.domain.errors import BodyTooLarge, UnsupportedMediaType, ValidationFailed
from couponflow.web.http.request import LARGEST_BODY, Request, parse_json

FORMATS = ("whatsapp", "line", "line_flex", "messenger", "instagram", "manychat", "text", "channel")
_LONGEST_NAME = 100
# Builders' own names of the channels.
_CHANNEL_NAMES = {channel.value: channel for channel in Channel} | {
    "facebook": Channel.MESSENGER,
    "facebook messenger": Channel.MESSENGER,
    "fb": Channel.MESSENGER,
    "whatsapp business": Channel.WHATSAPP,
}


@dataclass(frozen=True, slots=True)
class DistributeRequest:
    """The fields of a request; None for a missing value."""

    block_id: str | None = None
    coupon_id: str | None = None
    coupon_code: str | None = None
    customer_id: str | None = None
    inbox_id: str | None = None
    customer_name: str | None = None
    message: str | None = None
    button_title: str | None = None
    image_url: str | None = None
    channel: Channel | None = None
    format: str | None = None
    outcome_field: str | None = None
    next_flow_field: str | None = None

    @classmethod
    def of(cls, fields: object) -> "DistributeRequest":
        """Parse the fields; unknown ones are ignored. Raises ValidationFailed with every error."""
        if not isinstance(fields, Mapping):
            raise ValidationFailed.for_field("body", "must be a JSON object")
        values: dict[str, Any] = {}
        wrong = []
        for name in cls.__dataclass_fields__:
            try:
                values[name] = _READ.get(name, _id)(fields.get(name))
            except ValueError as error:
                wrong.append({"field": name, "message": str(error)})
        if wrong:
            raise ValidationFailed(errors=wrong)
        return cls(**values)


def parse_body(request: Request) -> Any:
    """The body as JSON or a form. Raises BodyTooLarge, UnsupportedMediaType, InvalidJson."""
    if len(request.body) > LARGEST_BODY:
        raise BodyTooLarge
    is_form = request.media_type == "application/x-www-form-urlencoded"
    # curl -d and some builders send JSON with the media type of a form.
    if is_form and not request.body.lstrip().startswith(b"{"):
        return request.form
    if is_form or request.media_type in ("application/json", ""):
        return parse_json(request.body)
    raise UnsupportedMediaType


def optional_id(fields: object, name: str) -> str | None:
    """One id of a request that may be invalid as a whole; None if the id itself is invalid."""
    try:
        return _id(fields.get(name)) if isinstance(fields, Mapping) else None
    except ValueError:
        return None


def _id(value: object) -> str | None:
    """The canonical id; None if it contains an unfilled placeholder."""
    return customer_ids.canonical(_encodable(value))


def _name(value: object) -> str | None:
    text = _id(_shortened(value))
    return message_templates.single_line(text)[:_LONGEST_NAME].strip() or None if text else None


def _text(longest: int) -> Callable[[object], str | None]:
    """A reader of texts. They may contain placeholders; rendering removes the unknown ones."""

    def read(value: object) -> str | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError("must be text")
        text = unicodedata.normalize("NFC", str(_encodable(value))).strip()
        if len(text) > longest:
            raise ValueError(f"must have {longest} characters at most")
        return None if text.lower() in ("", "null", "undefined") else text

    return read


def _image_url(value: object) -> str | None:
    url = customer_ids.normalise_text(_encodable(value), channel_limits.LONGEST_URL)
    if url and not urls.is_https(url):
        raise ValueError("must be an https address")
    return url


def _channel(value: object) -> Channel | None:
    """The channel by a builder's name for it; None for an unknown one, which has no limits of its
    own.
    """
    return _CHANNEL_NAMES.get((_id(_shortened(value)) or "").casefold())


def _format(value: object) -> str | None:
    name = _id(value)
    if name is not None and name not in FORMATS:
        raise ValueError(f"must be one of {', '.join(FORMATS)}")
    return name


def _shortened(value: object) -> object:
    """Decoration must not cause a refusal: truncate it instead."""
    return value[: customer_ids.LONGEST_ID] if isinstance(value, str) else value


def _encodable(value: object) -> object:
    try:
        return value.encode().decode() if isinstance(value, str) else value
    except UnicodeEncodeError:
        raise ValueError("must be Unicode text") from None


_READ: dict[str, Callable[[object], str | None]] = {
    "customer_name": _name,
    "message": _text(channel_limits.LONGEST_MESSAGE),
    "button_title": _text(channel_limits.LONGEST_BUTTON_TITLE),
    "image_url": _image_url,
    "channel": _channel,
    "format": _format,
}
