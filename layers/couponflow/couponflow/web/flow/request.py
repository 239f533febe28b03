"""Requests of Distribute Coupon blocks: JSON, a form, or the query of a GET.

Builders send every value as text, leave {{placeholders}} unfilled, and add fields of their own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from couponflow.domain import (
    channel_limits,
    codes,
    customer_ids,
    message_templates,
    texts,
    unresolved_variables,
    urls,
)
from couponflow.domain.channel_limits import Channel
from couponflow.domain.errors import UnsupportedMediaType
from couponflow.web.http.fields import Fields
from couponflow.web.http.request import FORM, Request

FORMATS = ("whatsapp", "line", "line_flex", "messenger", "instagram", "manychat", "text", "channel")
_LONGEST_NAME = 100
# Programs that cannot set a media type send JSON with one of these.
_SENT_WITH_JSON = ("", "text/json", "text/plain")
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
        read = Fields(fields)
        values: dict[str, Any] = {
            name: read.read(name, _READ.get(name, customer_ids.canonical))
            for name in cls.__dataclass_fields__
        }
        read.check()
        return cls(**values)


def parse_body(request: Request) -> Any:
    """The body as JSON or a form.

    Raises BodyTooLarge, UnsupportedMediaType, InvalidJson, InvalidRequest.
    """
    # curl -d and some builders send JSON with the media type of a form.
    if request.is_form and not request.text.lstrip().startswith("{"):
        return request.form
    if request.is_form or request.is_json or request.media_type in _SENT_WITH_JSON:
        return request.parse_json()
    raise UnsupportedMediaType(f"The body must be application/json or {FORM}.")


def optional_id(fields: object, name: str) -> str | None:
    """One id of a request that may be invalid as a whole; None if the id itself is invalid."""
    try:
        return customer_ids.canonical(fields.get(name)) if isinstance(fields, Mapping) else None
    except ValueError:
        return None


def sent_customer_id(fields: object) -> str:
    """The customer id as text, as it was sent: the caller finds its customer by it. "" if it is
    neither text nor a number.
    """
    value = fields.get("customer_id") if isinstance(fields, Mapping) else None
    if isinstance(value, str):
        return texts.encodable(value)
    try:
        return texts.to_text(value) or ""
    except ValueError:
        return ""


def _name(value: object) -> str | None:
    text = texts.to_text(_shortened(value))
    if text is None or unresolved_variables.is_unresolved(texts.clean(text)):
        return None
    return texts.trim(message_templates.single_line(text)[:_LONGEST_NAME]) or None


def _text(longest: int) -> Callable[[object], str | None]:
    """A reader of texts. They may contain placeholders; rendering removes the unknown ones."""

    def read(value: object) -> str | None:
        text = texts.trim(texts.to_text(value) or "")
        if len(text) > longest:
            raise ValueError(f"must have {longest} characters at most")
        return None if unresolved_variables.is_unresolved_message(text) else text

    return read


def _image_url(value: object) -> str | None:
    # Invisible characters stay: an address with one is refused.
    url = (texts.to_text(value) or "").strip(texts.BLANKS)
    if len(url) > channel_limits.LONGEST_URL:
        raise ValueError(f"must have {channel_limits.LONGEST_URL} characters at most")
    if urls.is_https(url):
        return url
    if unresolved_variables.is_unresolved(texts.clean(url)):
        return None
    raise ValueError("must be an https address")


def _channel(value: object) -> Channel | None:
    """The channel by a builder's name for it; None for an unknown one, which has no limits of its
    own.
    """
    name = texts.to_text(_shortened(value)) or ""
    return _CHANNEL_NAMES.get(texts.fold(name))


def _format(value: object) -> str | None:
    name = customer_ids.canonical(value)
    if name is not None and name not in FORMATS:
        raise ValueError(f"must be one of {', '.join(FORMATS)}")
    return name


def _shortened(value: object) -> object:
    """Decoration must not cause a refusal: truncate it instead."""
    if not isinstance(value, str):
        return value
    return texts.encodable(value[: customer_ids.LONGEST_ID])


_READ: dict[str, Callable[[object], str | None]] = {
    "coupon_code": codes.parse,
    "customer_name": _name,
    "message": _text(channel_limits.LONGEST_MESSAGE),
    "button_title": _text(channel_limits.LONGEST_BUTTON_TITLE),
    "image_url": _image_url,
    "channel": _channel,
    "format": _format,
}
