"""Erases a customer's personal data in every coupon of an organisation.

Counts, limits and records stay exact: only the names are removed. The order of the steps matters:
after the first two, nothing personal can be written, so nothing appears after the third.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from couponflow.domain import links
from couponflow.domain.models import Coupon, Holder
from couponflow.services.coupons import CouponService
from couponflow.services.redemption import next_slot
from couponflow.store import coupons as coupon_items
from couponflow.store import keys
from couponflow.store.coupons import CouponStore
from couponflow.store.journal import JournalEntry, JournalStore
from couponflow.store.redemptions import RedemptionStore

ACTION = "customer_erased"
# Where the customer has nothing, a closed number refuses calls in flight. It is deleted later.
GUARD_LASTS = timedelta(hours=1)
# One call ends well before the function's timeout; the next one goes on where it stopped.
SECONDS_FOR_A_CALL, COUPONS_FOR_A_CALL, NAMES_AT_ONCE = 12, 100, 200
# The newest use is closed or tells the next number; the one before it may be redeemed.
NEWEST_USES = 2
# Sorts after the place of every coupon, and before every slot.
_ALL_COUPONS, _ALL_SLOTS = "9999", "0"


@dataclass(frozen=True, slots=True)
class ErasurePlace:
    """Where an erasure goes on: after this coupon, and in the next one after this slot."""

    coupon: str = _ALL_COUPONS
    slot: str = _ALL_SLOTS


@dataclass(frozen=True, slots=True)
class ErasureResult:
    """The records whose names were removed, and where the next call goes on; None at the end."""

    erased_records: int
    next_place: ErasurePlace | None


class ErasureService:
    """Erases customers. Each call may be repeated, and goes on where an earlier one stopped."""

    def __init__(
        self,
        coupons: CouponStore,
        redemptions: RedemptionStore,
        coupon_service: CouponService,
        journal: JournalStore,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._coupons, self._redemptions = coupons, redemptions
        self._coupon_service, self._journal, self._timer = coupon_service, journal, timer

    def erase(
        self,
        organisation_id: str,
        customer_id: str,
        key_id: str,
        now: datetime,
        place: ErasurePlace | None = None,
    ) -> ErasureResult:
        """Erase a customer (a canonical id) in every coupon after a place, archived ones too.

        Raises:
            TryAgain: a coupon was busy; the same request may be sent again.
        """
        ends_at, place, erased = self._timer() + SECONDS_FOR_A_CALL, place or ErasurePlace(), 0
        coupons = self._coupons.list_page(organisation_id, place.coupon, COUPONS_FOR_A_CALL)
        is_last = False
        for tried, coupon in enumerate(coupons):
            if tried and self._timer() > ends_at:
                break
            number, stopped_at = self.erase_in(coupon, customer_id, now, ends_at, place.slot)
            erased += number
            if stopped_at:
                place = ErasurePlace(place.coupon, stopped_at)
                break
            place = ErasurePlace(coupon_items.place_of(coupon))
        else:
            is_last = len(coupons) < COUPONS_FOR_A_CALL
        if erased or is_last:
            entry = JournalEntry(links.new_id(), now, ACTION, key_id, erased)
            self._journal.add(organisation_id, entry)
        return ErasureResult(erased, None if is_last else place)

    def erase_in(
        self,
        coupon: Coupon,
        customer_id: str,
        now: datetime,
        ends_at: float,
        after: str = _ALL_SLOTS,
    ) -> tuple[int, str | None]:
        """Erase the customer of one coupon.

        Returns the number of records, and the slot where the time was over; None if it is finished.
        """
        holder, erased = links.derive_holder(coupon, customer_id), 0
        if self._close_row(coupon, holder, now):
            # Where customers have no limit, tills write later uses beside the numbers, so the
            # closed number does not refuse them.
            self._coupon_service.void_open_calls(coupon.coupon_id, now)
        while True:
            named, more = self._redemptions.list_named(holder, after, NAMES_AT_ONCE)
            for slot in named:
                self._redemptions.erase_names(holder, slot, now)
            erased += len(named)
            if more is None or self._timer() > ends_at:
                return erased, more
            after = more

    def _close_row(self, coupon: Coupon, holder: Holder, now: datetime) -> bool:
        """Take the customer's next number; return whether they have used the coupon."""
        while True:
            uses = self._redemptions.list_newest(holder, NEWEST_USES)
            has_redeemed = any(use.is_redeemed for use in uses)
            if any(use.is_closed for use in uses) or (not uses and coupon.archived_at):
                return has_redeemed
            guard_until = None if uses else now + GUARD_LASTS
            slot = next_slot(uses) if uses else keys.FIRST_SLOT
            if self._redemptions.close_row(coupon, holder, slot, now, guard_until):
                return has_redeemed
