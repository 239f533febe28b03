"""A saved Distribute Coupon block: the message that it sends, and the flows that follow it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from couponflow.domain.channel_limits import Channel


class Outcome(StrEnum):
    """What a flow can branch on.

    Every refusal without an outcome of its own is ERROR, with its reason.
    """

    DISTRIBUTED = "distributed"
    COUPON_EXPIRED = "coupon_expired"
    CUSTOMER_MAX_USES_REACHED = "customer_max_uses_reached"
    COUPON_MAX_USES_REACHED = "coupon_max_uses_reached"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class FallbackFlows:
    """A flow's name or id in the builder, for each outcome without a coupon."""

    coupon_expired: str | None = None
    customer_max_uses_reached: str | None = None
    coupon_max_uses_reached: str | None = None
    error: str | None = None

    def for_outcome(self, outcome: Outcome) -> str:
        """The flow to go on with; "" if none is set, and for DISTRIBUTED, where the flow goes on by
        itself.
        """
        return getattr(self, outcome, None) or ""


@dataclass(frozen=True, slots=True)
class FlowBlockContent:
    """The settings of a block; None means the coupon's own text or image."""

    coupon_id: str
    message: str | None = None
    button_title: str | None = None
    image_url: str | None = None
    fallback_flows: FallbackFlows = field(default_factory=FallbackFlows)
    channel: Channel | None = None


@dataclass(frozen=True, slots=True)
class FlowBlock:
    """A saved block of one organisation."""

    block_id: str
    organisation_id: str
    content: FlowBlockContent
    created_at: datetime
    updated_at: datetime
    # Names the save that the content is of.
    revision: str | None = field(default=None, compare=False)
