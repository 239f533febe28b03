"""Request schemas of Distribute Coupon blocks. Empty values count as missing."""

import re
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)

from couponflow.domain import channel_limits, message_templates, texts
from couponflow.domain.channel_limits import Channel
from couponflow.domain.flow_blocks import FallbackFlows, FlowBlockContent
from couponflow.web.http.validation import (
    HTTPS_SCHEMA,
    LONGEST_URL,
    Schema,
    is_https,
    validation_error,
)

LONGEST_FLOW = 200


def _nothing(value: object) -> object:
    return None if isinstance(value, str) and not texts.has_visible(value) else value


def _is_image(url: str, info: ValidationInfo) -> str:
    """An https address, or one of our own images: its address is http on the local stack."""
    base_url = (info.context or {})["base_url"]
    is_ours = re.fullmatch(rf"{re.escape(base_url)}/images/[0-9a-f]{{64}}\.(webp|jpg)", url)
    return url if is_ours else is_https(url)


# Placeholder names count here. The service checks the filled text against the channel's limits.
LONGEST_MESSAGE, LONGEST_BUTTON_TITLE = (
    channel_limits.LONGEST_MESSAGE * 2,
    channel_limits.LONGEST_BUTTON_TITLE * 2,
)
Message = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_MESSAGE)]
ButtonTitle = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=LONGEST_BUTTON_TITLE),
    AfterValidator(message_templates.single_line),
]
ImageUrl = Annotated[
    str, StringConstraints(max_length=LONGEST_URL), AfterValidator(_is_image), HTTPS_SCHEMA
]
Flow = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_FLOW)] | None,
    BeforeValidator(_nothing),
]


# A block is saved for a channel with limits of its own.
_SAVED_CHANNELS = list(channel_limits.LIMITS)


def _parse_channel(value: object) -> Channel:
    if value not in _SAVED_CHANNELS:
        raise validation_error(f"must be one of {', '.join(_SAVED_CHANNELS)}")
    return Channel(str(value))


SavedChannel = Annotated[
    Channel,
    BeforeValidator(_parse_channel),
    WithJsonSchema({"type": "string", "enum": [*map(str, _SAVED_CHANNELS)]}),
]


class FallbackFlowsIn(Schema):
    """The flow to go on with, for each outcome without a coupon."""

    coupon_expired: Flow = None
    customer_max_uses_reached: Flow = None
    coupon_max_uses_reached: Flow = None
    error: Flow = None


class BlockIn(Schema):
    """A block to save. Context: `base_url`, the service's own address."""

    coupon_id: Annotated[str, AfterValidator(texts.clean)]
    message: Annotated[Message | None, BeforeValidator(_nothing)] = None
    button_title: Annotated[ButtonTitle | None, BeforeValidator(_nothing)] = None
    image_url: Annotated[ImageUrl | None, BeforeValidator(_nothing)] = None
    fallback_flows: FallbackFlowsIn = FallbackFlowsIn()
    channel: SavedChannel | None = None

    def content(self) -> FlowBlockContent:
        """The block in the domain model."""
        return FlowBlockContent(
            **dict(self) | {"fallback_flows": FallbackFlows(**dict(self.fallback_flows))}
        )
