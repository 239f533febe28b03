"""A saved Distribute Coupon block: what one block of a flow sends, and where the flow goes on."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FallbackFlows:
    """A flow's name or id in the builder, for each outcome that is not a coupon in the customer's hand."""

    coupon_expired: str | None = None
    customer_max_uses_reached: str | None = None
    coupon_max_uses_reached: str | None = None
    error: str | None = None

    def for_outcome(self, outcome: str) -> str:
        """Empty for `distributed`: there the flow simply goes on."""
        return getattr(self, outcome, None) or ""


@dataclass(frozen=True, slots=True)
class FlowBlockContent:
    """What a flow author says; None where they leave it to the coupon."""

    coupon_id: str
    message: str | None = None
    button_title: str | None = None
    image_url: str | None = None
    fallback_flows: FallbackFlows = field(default_factory=FallbackFlows)
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class FlowBlock:
    block_id: str
    organisation_id: str
    content: FlowBlockContent
    created_at: datetime
    updated_at: datetime
