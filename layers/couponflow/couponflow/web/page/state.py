"""The state of the page for one customer at one moment."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from couponflow.domain import links, opening_hours, rules, use_periods
from couponflow.domain.errors import (
    CouponDisabled,
    CouponExpired,
    CouponflowError,
    CouponMaxUsesReached,
    CouponNotFound,
    CouponNotOpen,
    CouponNotStarted,
    CustomerMaxUsesReached,
    CustomerPeriodUsesReached,
)
from couponflow.domain.models import ButtonBehavior, Coupon, RedeemPage, Redemption
from couponflow.domain.rules import Permit
from couponflow.services.redemption import OpenedLink


class State(StrEnum):
    """The state of the page; its root element has it as `data-state`."""

    UPCOMING = "upcoming"
    AVAILABLE = "available"
    CONFIRM = "confirm"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    DISABLED = "disabled"
    SOLD_OUT = "sold_out"
    UNKNOWN_OUTCOME = "unknown_outcome"
    NOT_FOUND = "not_found"

    @property
    def is_over(self) -> bool:
        """Whether no customer can use the coupon any longer."""
        return self in (State.EXPIRED, State.DISABLED, State.SOLD_OUT)

    @property
    def is_refusal(self) -> bool:
        """Whether the page says that the coupon can't be used now. It is read again before that."""
        return self.is_over or self in (State.UPCOMING, State.NOT_FOUND)


@dataclass(frozen=True, slots=True)
class PastUse:
    """A redemption in the past."""

    redemption_id: str
    redeemed_at: datetime

    @property
    def reference(self) -> str:
        """The first characters of the redemption's id, short enough to read out."""
        return f"{self.redemption_id[:4]} {self.redemption_id[4:8]}".upper()


@dataclass(frozen=True, slots=True)
class PageState:
    """Everything that the page shows.

    `used` has the customer's newest uses, oldest first; `times_used` counts all of them.
    `next_use` is None if the page offers no use. `ends_at` is the end for this customer.
    `usable_from`: while the coupon has not begun, is closed, or is used up for a period, when it
    can be used; None if it can't be used again before it ends.
    """

    state: State
    organisation: str
    coupon: Coupon
    page: RedeemPage
    token: str
    now: datetime
    ends_at: datetime
    usable_from: datetime | None = None
    used: tuple[PastUse, ...] = ()
    next_use: int | None = None
    times_used: int = 0

    @property
    def base_state(self) -> State:
        """The state behind the steps CONFIRM and UNKNOWN_OUTCOME."""
        if self.state in (State.CONFIRM, State.UNKNOWN_OUTCOME):
            return State.REDEEMED if self.used else State.AVAILABLE
        return self.state

    @property
    def uses_left(self) -> int | None:
        """None without a limit."""
        limit = self.coupon.max_redemptions_per_customer
        return None if limit is None else max(0, limit - self.times_used)

    @property
    def is_closed(self) -> bool:
        """Whether the coupon has begun, and is outside its opening hours."""
        return self.state is State.UPCOMING and self.now >= self.coupon.starts_at


# The page of each refusal that the rules know, and of the proof that nothing remains.
STATE_OF: dict[type[CouponflowError], State] = {
    CouponNotFound: State.NOT_FOUND,
    CouponDisabled: State.DISABLED,
    CouponExpired: State.EXPIRED,
    CouponNotStarted: State.UPCOMING,
    CouponNotOpen: State.UPCOMING,
    CustomerMaxUsesReached: State.REDEEMED,
    CustomerPeriodUsesReached: State.REDEEMED,
    CouponMaxUsesReached: State.SOLD_OUT,
}


def page_state_for(opened: OpenedLink, now: datetime) -> PageState:
    """The state of an opened link, which has at least one redemption.

    With an open use, the customer sees whether it is valid now. Without one, they see their past
    uses, whatever the state of the coupon.
    """
    coupon = opened.terms.coupon
    used = tuple(
        sorted(
            map(_used, filter(_is_redeemed, opened.redemptions)), key=lambda use: use.redeemed_at
        )
    )
    is_open = len(used) < len(opened.redemptions)
    refusal = rules.permit(coupon, opened.redemptions, now)
    state = _of_next_use(refusal, opened)
    shows_next = is_open or state is State.NOT_FOUND
    offers = (
        state is State.AVAILABLE
        and opened.terms.page.redeem_button.behavior is ButtonBehavior.REDEEM
    )
    ends_at = rules.ends_at(coupon, opened.redemptions)
    return PageState(
        state=state if shows_next else State.REDEEMED,
        organisation=opened.terms.organisation.name,
        coupon=coupon,
        page=opened.terms.page,
        token=links.format_token(coupon, opened.holder),
        now=now,
        ends_at=ends_at,
        usable_from=_usable_from(refusal, coupon, now, ends_at),
        used=used[-rules.MOST_SHOWN :],
        next_use=rules.next_number(opened.redemptions) if offers else None,
        times_used=rules.count_redeemed(opened.redemptions),
    )


def usable_from(coupon: Coupon, moment: datetime, ends_at: datetime) -> datetime | None:
    """Return the first moment from `moment` on at which the coupon is open; None if that is not
    before `ends_at`.
    """
    if moment >= ends_at:
        return None
    hours, timezone = coupon.hours, coupon.timezone
    if hours is None or opening_hours.is_open(hours, moment, timezone):
        return moment
    return opening_hours.next_opening(hours, moment, timezone, before=ends_at)


def next_period(coupon: Coupon, now: datetime) -> datetime:
    """When the uses of a coupon with a period limit are counted from zero again."""
    assert coupon.period_limit is not None, "only such coupons are refused for a period"
    return use_periods.next_period(now, coupon.period_limit.per, coupon.timezone)


def _of_next_use(refusal: Permit | CouponflowError, opened: OpenedLink) -> State:
    if not isinstance(refusal, Permit):
        return STATE_OF[type(refusal)]
    return State.SOLD_OUT if opened.is_sold_out else State.AVAILABLE


def _usable_from(
    refusal: object, coupon: Coupon, now: datetime, ends_at: datetime
) -> datetime | None:
    match refusal:
        case CouponNotStarted():
            return usable_from(coupon, coupon.starts_at, ends_at)
        case CouponNotOpen():
            return usable_from(coupon, now, ends_at)
        case CustomerPeriodUsesReached():
            return usable_from(coupon, next_period(coupon, now), ends_at)
        case _:
            return None


def _is_redeemed(redemption: Redemption) -> bool:
    return redemption.is_redeemed


def _used(redemption: Redemption) -> PastUse:
    assert redemption.redeemed_at is not None, "a redeemed redemption has its time"
    return PastUse(redemption.redemption_id, redemption.redeemed_at)
