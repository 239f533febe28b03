"""Coupons, pages and customers as the page sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from couponflow.domain.models import Coupon, Holder, Organisation, RedeemPage, Redemption, RedemptionStatus, Terms
from couponflow.service import Opened
from couponflow.web.page import render, view
from couponflow.web.page.view import View

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
COUPON = Coupon(
    coupon_id="c0vp0n0000001",
    organisation_id="acme",
    code="SUMMER-25",
    name="20% off any drink",
    starts_at=NOW - timedelta(days=1),
    ends_at=NOW + timedelta(days=30),
    timezone="Asia/Taipei",
    max_redemptions_per_customer=3,
    active=True,
    units=1_000,
    shards=16,
    record_buckets=4,
    holder_secret="h" * 32,
    link_secret="k" * 32,
    created_at=NOW,
    updated_at=NOW,
)
HOLDER = Holder(COUPON.coupon_id, "m" * 26)


def redemption(slot: str, minutes_ago: float | None = None) -> Redemption:
    """Redeemed so long ago; None: open."""
    at = None if minutes_ago is None else NOW - timedelta(minutes=minutes_ago)
    status = RedemptionStatus.REDEEMED if at else RedemptionStatus.DISTRIBUTED
    return Redemption(f"{slot[-4:]}abcd0123456789abcdefgh", HOLDER, slot, status, "customer-1", None, NOW, at)


OPEN = redemption("000001")


def opened(
    redemptions: Sequence[Redemption] = (OPEN,), *, sold_out: bool = False, page: RedeemPage | None = None, **changes: Any
) -> Opened:
    """The link of a customer who holds these redemptions of a coupon with these changes."""
    organisation = Organisation("acme", "Acme Coffee", addon_enabled=True)
    terms = Terms(replace(COUPON, **changes), page or RedeemPage(), organisation)
    return Opened(terms, HOLDER, list(redemptions), sold_out)


def seen(*redemptions: Redemption, sold_out: bool = False, page: RedeemPage | None = None, **changes: Any) -> View:
    return view.of(opened(redemptions or (OPEN,), sold_out=sold_out, page=page, **changes), NOW)


def html(*redemptions: Redemption, accept_language: str = "", **changes: Any) -> str:
    return render.render(seen(*redemptions, **changes), accept_language, "https://coupons.example")
