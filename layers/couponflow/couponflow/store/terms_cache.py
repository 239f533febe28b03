"""Caches coupons, their pages and organisations for less than two seconds.

Nothing is refused from the cache: what would be refused is read again first.
"""

from collections.abc import Callable

from couponflow.cache import CACHE_CLOCK, ExpiringCache
from couponflow.domain.errors import CouponNotFound
from couponflow.domain.models import Coupon, Organisation, RedeemPage, Terms
from couponflow.store.coupons import CouponStore
from couponflow.store.organisations import OrganisationStore

# The contract: pages and flows follow a change within two seconds.
SECONDS_REMEMBERED = 1.5
# Refusals by the thousand (sold out, forged links) rely on a strong read that began at most this
# long ago. A change that lifts such a refusal returns only after SECONDS_TO_FOLLOW. So no request
# that begins after the change has returned gets the refusal, and a storm costs 5 reads a second.
SECONDS_CONFIRMED = 0.2
SECONDS_TO_FOLLOW = 0.3
_MOST = 2_000


class TermsCache:
    """The terms that one execution environment has cached.

    They may be outdated: quota shards decide.
    """

    def __init__(
        self,
        coupons: CouponStore,
        organisations: OrganisationStore,
        timer: Callable[[], float] = CACHE_CLOCK,
    ) -> None:
        self._coupons, self._organisations = coupons, organisations
        self._timer = timer
        self._offers: ExpiringCache[str, tuple[Coupon, RedeemPage]] = ExpiringCache(
            _MOST, SECONDS_REMEMBERED, timer
        )
        self._confirmed: ExpiringCache[str, tuple[float, Coupon]] = ExpiringCache(
            _MOST, SECONDS_CONFIRMED, timer
        )
        self._missing: ExpiringCache[str, bool] = ExpiringCache(_MOST, SECONDS_REMEMBERED, timer)
        self._organisation: ExpiringCache[str, Organisation] = ExpiringCache(
            _MOST, SECONDS_REMEMBERED, timer
        )
        self._codes: ExpiringCache[tuple[str, str], str] = ExpiringCache(
            _MOST, SECONDS_REMEMBERED, timer
        )

    def get(self, coupon_id: str) -> Terms:
        """Raises CouponNotFound."""
        coupon, page = self.get_coupon_and_page(coupon_id)
        return Terms(coupon, page, self.organisation(coupon.organisation_id))

    def get_coupon_and_page(self, coupon_id: str) -> tuple[Coupon, RedeemPage]:
        """Return coupon and page without the organisation, which costs another read.

        Raises CouponNotFound.
        """
        offer = self._offers.get(coupon_id)
        if offer is None:
            offer = self._offers[coupon_id] = self._read(coupon_id)
        return offer

    def refresh(self, coupon_id: str) -> tuple[Coupon, RedeemPage]:
        """Read coupon and page again, strongly. Raises CouponNotFound."""
        offer = self._offers[coupon_id] = self._coupons.get_with_page(coupon_id, consistent=True)
        return offer

    def read_again(self, coupon: Coupon) -> Coupon:
        """Return the coupon as it is now, read strongly: before a refusal, which costs 1 RCU more.

        If it changed, its page is read as well, and both are cached. Raises CouponNotFound.
        """
        began = self._timer()
        fresh = self._coupons.get(coupon.coupon_id)
        if not fresh.has_terms_of(coupon):
            fresh, _ = self.refresh(coupon.coupon_id)
        self._confirmed[coupon.coupon_id] = began, fresh
        return fresh

    def confirm(self, coupon: Coupon) -> Coupon:
        """As `read_again`, unless a read that began less than SECONDS_CONFIRMED ago found no
        change.
        """
        began, known = self._confirmed.get(coupon.coupon_id) or (0.0, None)
        is_recent = self._timer() - began < SECONDS_CONFIRMED
        if known is not None and is_recent and known.has_terms_of(coupon):
            return known
        return self.read_again(coupon)

    def get_by_code(self, organisation_id: str, code: str, *, look_again: bool = False) -> Terms:
        """Return the terms of the coupon that has the code; `look_again` reads the code strongly.

        Raises CouponNotFound.
        """
        coupon_id = None if look_again else self._codes.get((organisation_id, code))
        if coupon_id is None:
            coupon_id = self._coupons.id_by_code(organisation_id, code)
            if coupon_id is None:
                raise CouponNotFound
            self._codes[organisation_id, code] = coupon_id
        return self.get(coupon_id)

    def last_of_code(self, organisation_id: str, code: str) -> str | None:
        """Return the id of the coupon that was archived last with this code, or None."""
        return self._coupons.last_of_code(organisation_id, code)

    def organisation(self, organisation_id: str) -> Organisation:
        """Raises NotFound."""
        organisation = self._organisation.get(organisation_id)
        if organisation is None:
            organisation = self._organisation[organisation_id] = self._organisations.get(
                organisation_id
            )
        return organisation

    def has_addon(self, organisation_id: str) -> bool:
        """Return whether the add-on is on; "off" is read again, strongly. Raises NotFound."""
        return (
            self.organisation(organisation_id).addon_enabled
            or self.read_organisation_again(organisation_id).addon_enabled
        )

    def read_organisation_again(self, organisation_id: str) -> Organisation:
        """Return the organisation as it is now. Raises NotFound."""
        organisation = self._organisation[organisation_id] = self._organisations.get(
            organisation_id, consistent=True
        )
        return organisation

    def is_remembered(self, organisation_id: str) -> bool:
        """Whether the organisation is in the cache."""
        return organisation_id in self._organisation

    def is_missing(self, coupon_id: str) -> bool:
        """Whether the coupon was missing a moment ago. A guess costs no second read by this."""
        return coupon_id in self._missing

    def _read(self, coupon_id: str) -> tuple[Coupon, RedeemPage]:
        try:
            return self._coupons.get_with_page(coupon_id)
        except CouponNotFound:
            self._missing[coupon_id] = True
            raise
