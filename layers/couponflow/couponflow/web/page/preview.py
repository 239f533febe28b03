"""The preview: the page in a chosen state, with unsaved settings."""

from dataclasses import replace
from datetime import datetime, timedelta

from couponflow.domain import opening_hours
from couponflow.domain.models import ButtonBehavior, Coupon, RedeemPage
from couponflow.domain.own_end import own_end
from couponflow.web.page.state import PageState, PastUse, State, next_period, usable_from

_ANY_REDEMPTION = "4f7k2q9ax3m8b5c1d6e0g2h7j9"
_ANY_TOKEN = "preview"
_A_WHILE, _A_MOMENT = timedelta(days=30), timedelta(seconds=20)


def view(
    state: State, coupon: Coupon, page: RedeemPage, organisation: str, now: datetime
) -> PageState:
    """The page in `state`. The coupon's own period, hours and limits are shown if they fit it.

    The customer has just received the coupon, or has just used it as often as a period allows.
    """
    used = (PastUse(_ANY_REDEMPTION, now - _A_MOMENT),) if state is State.REDEEMED else ()
    fits = replace(coupon, starts_at=_start(state, coupon, now), ends_at=_end(state, coupon, now))
    is_open = state in (State.AVAILABLE, State.CONFIRM, State.UNKNOWN_OUTCOME)
    offers = is_open and page.redeem_button.behavior is ButtonBehavior.REDEEM
    ends_at = fits.ends_at
    if coupon.valid_for and state is not State.EXPIRED:
        ends_at = min(ends_at, own_end(now, coupon.valid_for, coupon.timezone))
    return PageState(
        state,
        organisation,
        fits,
        page,
        _ANY_TOKEN,
        now,
        ends_at,
        _usable_from(state, fits, now, ends_at),
        used,
        next_use=1 if offers else None,
    )


def _usable_from(state: State, coupon: Coupon, now: datetime, ends_at: datetime) -> datetime | None:
    if state is State.UPCOMING:
        closed = _next_closed(coupon, now) if now >= coupon.starts_at else coupon.starts_at
        return usable_from(coupon, closed or now, ends_at)
    if state is State.REDEEMED and coupon.period_limit:
        return usable_from(coupon, next_period(coupon, now), ends_at)
    return None


def _start(state: State, coupon: Coupon, now: datetime) -> datetime:
    has_begun = coupon.starts_at <= now
    if state is not State.UPCOMING or (has_begun and _next_closed(coupon, now)):
        return min(coupon.starts_at, now)
    if coupon.starts_at > now:
        return max(coupon.starts_at, now + timedelta(hours=1))
    return now + timedelta(days=2, hours=3)


def _next_closed(coupon: Coupon, now: datetime) -> datetime | None:
    """The first closed quarter hour from `now` on, within a week."""
    quarters = (now + timedelta(minutes=15 * number) for number in range(7 * 24 * 4))
    hours, timezone = coupon.hours, coupon.timezone
    if hours is None:
        return None
    return next((at for at in quarters if not opening_hours.is_open(hours, at, timezone)), None)


def _end(state: State, coupon: Coupon, now: datetime) -> datetime:
    if state is State.EXPIRED:
        return min(coupon.ends_at, now - timedelta(hours=1))
    return coupon.ends_at if coupon.ends_at > now else now + _A_WHILE
