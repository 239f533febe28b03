"""Caches coupons, their pages and organisations for less than two seconds."""

from collections.abc import Callable

from couponflow.cache import CACHE_CLOCK, ExpiringCache
from couponflow.domain.errors import CouponNotFound
from couponflow.domain.models import Coupon, Organisation, RedeemPage, Terms
from couponflow.store.coupons import CouponStore
from couponflow.store.organisations import OrganisationStore

# The contract: pages and flows follow a change within two seconds.
SECONDS_REMEMBERED = 1.5
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
        self._offers: ExpiringCache[str, tuple[Coupon, RedeemPage]] = ExpiringCache(
            _MOST, SECONDS_REMEMBERED, timer
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
            if coupon_id in self._missing:
                raise CouponNotFound
            offer = self._offers[coupon_id] = self._read(coupon_id)
        return offer

    def refresh(self, coupon: Coupon) -> Coupon:
        """Read the coupon again and return it. Raises CouponNotFound."""
        offer = self._offers[coupon.coupon_id] = self._coupons.get_with_page(
            coupon.coupon_id, consistent=True
        )
        return offer[0]

    def get_by_code(self, organisation_id: str, code: str) -> Terms:
        """Raises CouponNotFound."""
        coupon_id = self._codes.get((organisation_id, code))
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

    def is_remembered(self, organisation_id: str) -> bool:
        """Whether the organisation is in the cache."""
        return organisation_id in self._organisation

    def _read(self, coupon_id: str) -> tuple[Coupon, RedeemPage]:
        try:
            return self._coupons.get_with_page(coupon_id)
        except CouponNotFound:
            self._missing[coupon_id] = True
            raise
