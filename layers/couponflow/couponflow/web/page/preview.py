"""The preview: the page in a chosen state, with unsaved settings."""

from dataclasses import replace
from datetime import datetime, timedelta

from couponflow.domain.models import ButtonBehavior, Coupon, RedeemPage
from couponflow.web.page.state import PageState, PastUse, State

_ANY_REDEMPTION = "4f7k2q9ax3m8b5c1d6e0g2h7j9"
_ANY_TOKEN = "preview"
_A_WHILE, _A_MOMENT = timedelta(days=30), timedelta(seconds=20)


def view(
    state: State, coupon: Coupon, page: RedeemPage, organisation: str, now: datetime
) -> PageState:
    """The page in `state`. The coupon's own period is shown if it fits the state."""
    used = (PastUse(_ANY_REDEMPTION, now - _A_MOMENT),) if state is State.REDEEMED else ()
    fits = replace(coupon, starts_at=_start(state, coupon, now), ends_at=_end(state, coupon, now))
    is_open = state in (State.AVAILABLE, State.CONFIRM, State.UNKNOWN_OUTCOME)
    offers = is_open and page.redeem_button.behavior is ButtonBehavior.REDEEM
    return PageState(
        state, organisation, fits, page, _ANY_TOKEN, now, used, next_use=1 if offers else None
    )


def _start(state: State, coupon: Coupon, now: datetime) -> datetime:
    if state is State.UPCOMING:
        return (
            max(coupon.starts_at, now + timedelta(hours=1))
            if coupon.starts_at > now
            else now + timedelta(days=2, hours=3)
        )
    return min(coupon.starts_at, now)


def _end(state: State, coupon: Coupon, now: datetime) -> datetime:
    if state is State.EXPIRED:
        return min(coupon.ends_at, now - timedelta(hours=1))
    return coupon.ends_at if coupon.ends_at > now else now + _A_WHILE
