"""Sample coupons, links and customers for the tests of the redeem page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from couponflow.domain.models import (
    Holder,
    Organisation,
    RedeemPage,
    Redemption,
    RedemptionStatus,
    Terms,
)
from couponflow.services.redemption import OpenedLink
from couponflow.web.page import render, state
from couponflow.web.page.state import PageState
from local.screenshots.sample_pages import coupon

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
COUPON = coupon(
    NOW,
    organisation_id="acme",
    code="SUMMER-25",
    ends_at=NOW + timedelta(days=30),
    starts_at=NOW - timedelta(days=1),
)
HOLDER = Holder(COUPON.coupon_id, "m" * 26)


def redemption(slot: str, minutes_ago: float | None = None) -> Redemption:
    """A redemption that was redeemed `minutes_ago`; distributed and open if None."""
    at = None if minutes_ago is None else NOW - timedelta(minutes=minutes_ago)
    status = RedemptionStatus.REDEEMED if at else RedemptionStatus.DISTRIBUTED
    return Redemption(
        f"{slot[-4:]}abcd0123456789abcdefgh", HOLDER, slot, status, "customer-1", None, NOW, at
    )


OPEN = redemption("000001")


def opened(
    redemptions: Sequence[Redemption] = (OPEN,),
    *,
    sold_out: bool = False,
    page: RedeemPage | None = None,
    **changes: Any,
) -> OpenedLink:
    """The opened link of a customer with these redemptions, for the sample coupon plus
    `changes`.
    """
    organisation = Organisation("acme", "Acme Coffee", addon_enabled=True)
    terms = Terms(replace(COUPON, **changes), page or RedeemPage(), organisation)
    return OpenedLink(terms, HOLDER, list(redemptions), sold_out)


def seen(
    *redemptions: Redemption, sold_out: bool = False, page: RedeemPage | None = None, **changes: Any
) -> PageState:
    return state.page_state_for(
        opened(redemptions or (OPEN,), sold_out=sold_out, page=page, **changes), NOW
    )


def html(*redemptions: Redemption, accept_language: str = "", **changes: Any) -> str:
    return render.render(seen(*redemptions, **changes), accept_language, "https://coupons.example")
