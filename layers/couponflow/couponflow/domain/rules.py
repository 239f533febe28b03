"""The rules of a coupon: when it may be distributed and used.

Pure functions; time is an argument.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from couponflow.domain.errors import (
    CouponDisabled,
    CouponExpired,
    CouponflowError,
    CouponNotFound,
    CouponNotStarted,
    CustomerMaxUsesReached,
    RedeemNotOffered,
    Refusal,
)
from couponflow.domain.models import ButtonBehavior, Coupon, CouponStatus, Redemption

UNITS_A_SHARD = 16


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
    if refusal := distribution_refusal(coupon, now):
        return refusal
    if now < coupon.starts_at:
        return CouponNotStarted()
    if not is_within_customer_limit(coupon, count_redeemed(uses) + 1):
        return CustomerMaxUsesReached()
    return Permit(coupon)


def distribution_refusal(coupon: Coupon, now: datetime) -> Refusal | None:
    """Return why the coupon can't be distributed; a coupon that has not started yet can be."""
    if coupon.archived_at is not None:
        return CouponNotFound()
    if not coupon.active:
        return CouponDisabled()
    if now >= coupon.ends_at:
        return CouponExpired()
    return None


def count_redeemed(uses: Sequence[Redemption]) -> int:
    """Count the uses that were made; the others are open."""
    return sum(use.is_redeemed for use in uses)


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
