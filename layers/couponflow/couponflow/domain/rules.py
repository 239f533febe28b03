"""The rules of a coupon: when it may be distributed and used.

Pure functions; time is an argument.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from couponflow.domain import opening_hours, times, use_periods
from couponflow.domain.errors import (
    CouponDisabled,
    CouponExpired,
    CouponflowError,
    CouponNotFound,
    CouponNotOpen,
    CouponNotStarted,
    CustomerMaxUsesReached,
    CustomerPeriodUsesReached,
    RedeemNotOffered,
    Refusal,
)
from couponflow.domain.models import ButtonBehavior, Coupon, CouponStatus, Redemption
from couponflow.domain.own_end import own_end

UNITS_A_SHARD = 16
# The customer's newest uses that the page lists.
MOST_SHOWN = 10
# A change returns within its function's timeout; until then, older rules may still write uses.
_LONGEST_CHANGE = timedelta(minutes=1)

# A rule decides on the coupon, the customer's uses and the time.
Rule = Callable[[Coupon, Sequence[Redemption], datetime], Refusal | None]


@dataclass(frozen=True, slots=True)
class Permit:
    """Proof that the rules of `coupon` allow one more use; only `permit` makes one.

    The write of the use carries the coupon's version, so a quota shard refuses it once a later
    change has returned.
    """

    coupon: Coupon


def permit(
    coupon: Coupon, uses: Sequence[Redemption], now: datetime, *, by_link: bool = False
) -> Permit | CouponflowError:
    """Decide whether a customer with these `uses` may use the coupon once more at `now`.

    Returns the first refusal that fits, in the order of the contract. The refusal that the coupon
    is used up comes after all of them, and needs a proof from the quota shards. `by_link`: the
    customer taps the button of the redeem page, which the page may not offer.
    """
    if (
        by_link
        and coupon.archived_at is None
        and coupon.button_behavior is not ButtonBehavior.REDEEM
    ):
        return RedeemNotOffered()
    return _first_refusal(_RULES, coupon, uses, now) or Permit(coupon)


def distribution_refusal(
    coupon: Coupon, uses: Sequence[Redemption], now: datetime
) -> Refusal | None:
    """Return why the coupon can't be distributed to a customer with these `uses`.

    A coupon that has not started yet, or is not open now, can be.
    """
    rules = (rule for rule in _RULES if rule not in _NOT_FOR_DISTRIBUTION)
    if refusal := _first_refusal(rules, coupon, uses, now):
        refusal.ends_at = ends_at(coupon, uses)
    return refusal


def refuse_archived(coupon: Coupon, uses: Sequence[Redemption], now: datetime) -> Refusal | None:
    """An archived coupon is like none."""
    return CouponNotFound() if coupon.archived_at is not None else None


def refuse_disabled(coupon: Coupon, uses: Sequence[Redemption], now: datetime) -> Refusal | None:
    """A coupon can be switched off."""
    return None if coupon.active else CouponDisabled()


def refuse_expired(coupon: Coupon, uses: Sequence[Redemption], now: datetime) -> Refusal | None:
    """The coupon ends for everybody, and perhaps earlier for this customer."""
    return CouponExpired() if now >= ends_at(coupon, uses) else None


def refuse_not_started(coupon: Coupon, uses: Sequence[Redemption], now: datetime) -> Refusal | None:
    """The active period has a start."""
    return CouponNotStarted() if now < coupon.starts_at else None


def refuse_not_open(coupon: Coupon, uses: Sequence[Redemption], now: datetime) -> Refusal | None:
    """The coupon may have opening hours."""
    hours, timezone = coupon.hours, coupon.timezone
    if hours is None or opening_hours.is_open(hours, now, timezone):
        return None
    opens_at = opening_hours.next_opening(hours, now, timezone, before=ends_at(coupon, uses))
    return CouponNotOpen(opens_at=opens_at and times.format_utc(opens_at))


def refuse_max_uses(coupon: Coupon, uses: Sequence[Redemption], now: datetime) -> Refusal | None:
    """A customer may have a limit of uses; one who was erased has none left."""
    if any(use.is_closed for use in uses):
        return CustomerMaxUsesReached()
    left = uses_left(coupon, uses)
    return CustomerMaxUsesReached() if left is not None and left <= 0 else None


def refuse_period_uses(coupon: Coupon, uses: Sequence[Redemption], now: datetime) -> Refusal | None:
    """A customer may have a limit of uses in each day, week or month of the coupon's time zone."""
    limit, timezone = coupon.period_limit, coupon.timezone
    if limit is None:
        return None
    period = use_periods.first_day(now, limit.per, timezone)
    times_used = [use.redeemed_at for use in uses if use.is_redeemed and use.redeemed_at]
    in_period = [use_periods.first_day(at, limit.per, timezone) == period for at in times_used]
    if sum(in_period) < limit.uses:
        return None
    again_at = use_periods.next_period(now, limit.per, timezone)
    is_in_time = again_at < ends_at(coupon, uses)
    return CustomerPeriodUsesReached(again_at=times.format_utc(again_at) if is_in_time else None)


# In the order of the contract: of several refusals that fit, the first is the response.
_RULES: tuple[Rule, ...] = (
    refuse_archived,
    refuse_disabled,
    refuse_expired,
    refuse_not_started,
    refuse_not_open,
    refuse_max_uses,
    refuse_period_uses,
)
# The page of a customer who got the coupon early says when it can be used.
_NOT_FOR_DISTRIBUTION = (refuse_not_started, refuse_not_open)


def _first_refusal(
    rules: Iterable[Rule], coupon: Coupon, uses: Sequence[Redemption], now: datetime
) -> Refusal | None:
    return next((refusal for rule in rules if (refusal := rule(coupon, uses, now))), None)


def has_rules_on_first_use(coupon: Coupon) -> bool:
    """Whether even the first use depends on when it was distributed or on other uses."""
    return coupon.valid_for is not None or coupon.period_limit is not None


def has_uses_without_number(coupon: Coupon, now: datetime) -> bool:
    """Whether the period of `now` may have uses that a till made before uses were numbered.

    A till with an older coupon in its cache may make some until the change has returned.
    """
    limit, since = coupon.period_limit, coupon.numbered_since
    if limit is None or since is None:
        return False
    last, period = (
        use_periods.first_day(at, limit.per, coupon.timezone)
        for at in (since + _LONGEST_CHANGE, now)
    )
    return last >= period


def newest_uses_needed(coupon: Coupon) -> int:
    """Return how many of the customer's newest numbered uses the rules and the page need."""
    limit = coupon.period_limit
    # One more, because the newest may be open.
    return max(MOST_SHOWN, limit.uses + 1 if limit else 0)


def last_received(uses: Sequence[Redemption]) -> datetime | None:
    """Return when a flow gave the customer the coupon last; None if none did."""
    received = (at for use in uses for at in (use.distributed_at, use.received_at) if at)
    return max(received, default=None)


def ends_at(coupon: Coupon, uses: Sequence[Redemption]) -> datetime:
    """Return when the coupon ends for a customer with these uses (exclusive).

    Of several distributions the newest counts. A customer who got none has no end of their own.
    """
    received = last_received(uses)
    if coupon.valid_for is None or received is None:
        return coupon.ends_at
    return min(coupon.ends_at, own_end(received, coupon.valid_for, coupon.timezone))


def count_redeemed(uses: Sequence[Redemption]) -> int:
    """Count the uses that the customer made.

    `uses` may lack the oldest: every number below the lowest one was used, as numbers are used in
    order.
    """
    return lowest_number(uses) - 1 + sum(use.is_redeemed for use in uses)


def lowest_number(uses: Sequence[Redemption]) -> int:
    """Return the lowest use number; 1 if there is none."""
    return min((use.number for use in uses if use.number is not None), default=1)


def next_number(uses: Sequence[Redemption]) -> int:
    """Return the lowest number that is not used yet, distributed or not."""
    used = sum(use.is_redeemed and use.number is not None for use in uses)
    return lowest_number(uses) + used


def uses_left(coupon: Coupon, uses: Sequence[Redemption]) -> int | None:
    """How many more uses the limit per customer allows; None without a limit."""
    limit = coupon.max_redemptions_per_customer
    return None if limit is None else limit - count_redeemed(uses)


def status(coupon: Coupon, remaining: int, now: datetime) -> CouponStatus:
    """The status of the coupon at `now`; the first that fits, in the order of CouponStatus."""
    if coupon.archived_at is not None:
        return CouponStatus.ARCHIVED
    if not coupon.active:
        return CouponStatus.DISABLED
    if now >= coupon.ends_at:
        return CouponStatus.EXPIRED
    if remaining == 0:
        return CouponStatus.SOLD_OUT
    if now < coupon.starts_at:
        return CouponStatus.SCHEDULED
    return CouponStatus.ACTIVE


def shards_for(max_redemptions: int | None, most: int) -> int:
    """The number of quota shards of a limit: one for each 16 units, at least 1, at most `most`."""
    if max_redemptions is None:
        return most
    return max(1, min(max_redemptions // UNITS_A_SHARD, most))


def shares(units: int, shards: int) -> list[int]:
    """Split `units` into `shards` whole parts that differ by at most one."""
    each, over = divmod(units, shards)
    return [each + (number < over) for number in range(shards)]


def additions(held: list[int], units: int) -> list[int]:
    """Split `units` over shards that hold so many each, so that the smallest shards get them.

    The result depends on nothing but where the shards end: added in part and split again, the
    same shares come out. So a raise that was interrupted ends where an uninterrupted one does.
    """
    by_size = sorted(range(len(held)), key=lambda number: (held[number], number))
    for count in range(len(held), 0, -1):
        smallest = sorted(by_size[:count])
        level, over = divmod(units + sum(held[number] for number in smallest), count)
        if all(held[number] <= level for number in smallest):
            break
    added = [0] * len(held)
    for place, number in enumerate(smallest):
        added[number] = level + (place < over) - held[number]
    return added
