"""Sample domain objects."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from couponflow.domain.models import Coupon, Holder, Redemption, RedemptionStatus

STARTS_AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ENDS_AT = datetime(2026, 4, 1, tzinfo=UTC)
BETWEEN = STARTS_AT + timedelta(days=1)

_COUPON = Coupon(
    coupon_id="c0vp0n0000001",
    organisation_id="acme",
    code="SAVE20",
    name="Save twenty",
    starts_at=STARTS_AT,
    ends_at=ENDS_AT,
    timezone="UTC",
    max_redemptions_per_customer=1,
    active=True,
    units=100,
    shards=6,
    record_buckets=4,
    holder_secret="h" * 32,
    link_secret="k" * 32,
    created_at=STARTS_AT,
    updated_at=STARTS_AT,
)


def a_coupon(**changes: Any) -> Coupon:
    return replace(_COUPON, **changes)


_REDEMPTION = Redemption(
    redemption_id="r3d3mpt10n0001",
    holder=Holder("c0vp0n0000001", "m" * 26),
    slot="000001",
    status=RedemptionStatus.DISTRIBUTED,
    customer_id="ann",
    inbox_id=None,
    distributed_at=STARTS_AT,
)


def a_redemption(**changes: Any) -> Redemption:
    return replace(_REDEMPTION, **changes)
