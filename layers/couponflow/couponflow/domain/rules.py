"""The rules when a coupon may be distributed and used. Time is an argument."""

from datetime import datetime

from couponflow.domain.errors import (
    CouponDisabled,
    CouponExpired,
    CouponNotFound,
    CouponNotStarted,
    CustomerMaxUsesReached,
    Refusal,
)
from couponflow.domain.models import Coupon, CouponStatus

UNITS_A_SHARD = 16


def refusal(coupon: Coupon, now: datetime, nth_use: int = 1) -> Refusal | None:
    """Why the customer's `nth_use` of the coupon is refused at `now`, as far as the coupon alone can tell.

    The first that fits counts. That all uses of the coupon are taken comes last, and needs a proof from the shards.
    """
    return distribution_refusal(coupon, now) or (
        CouponNotStarted()
        if now < coupon.starts_at
        else CustomerMaxUsesReached()
        if not is_within_customer_limit(coupon, nth_use)
        else None
    )


def distribution_refusal(coupon: Coupon, now: datetime) -> Refusal | None:
    """Why the coupon can't be given out; one that has not started yet can."""
    if coupon.archived_at is not None:
        return CouponNotFound()
    if not coupon.active:
        return CouponDisabled()
    if now >= coupon.ends_at:
        return CouponExpired()
    return None


def is_within_customer_limit(coupon: Coupon, nth_use: int) -> bool:
    """Whether the limit per customer allows the customer's `nth_use`."""
    limit = coupon.max_redemptions_per_customer
    return limit is None or nth_use <= limit


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
