"""What serving customers needs to know of a coupon, remembered for less than two seconds."""

import time
from collections.abc import Callable
from dataclasses import replace

from cachetools import TTLCache

from couponflow.domain.errors import CouponNotFound, NotFound
from couponflow.domain.models import Coupon, Organisation, Terms
from couponflow.store.coupons import CouponStore
from couponflow.store.organisations import OrganisationStore

# Pages and flows follow a change within two seconds: that is part of the contract.
SECONDS_REMEMBERED = 1.5
_MOST = 2_000


class TermsMemory:
    """One for each execution environment. Only gates on quota shards decide; what is remembered here may be old."""

    def __init__(
        self, coupons: CouponStore, organisations: OrganisationStore, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._coupons, self._organisations = coupons, organisations
        self._terms: TTLCache[str, Terms] = TTLCache(_MOST, SECONDS_REMEMBERED, timer)
        self._missing: TTLCache[str, bool] = TTLCache(_MOST, SECONDS_REMEMBERED, timer)
        self._organisation: TTLCache[str, Organisation] = TTLCache(_MOST, SECONDS_REMEMBERED, timer)
        self._codes: TTLCache[tuple[str, str], str] = TTLCache(_MOST, SECONDS_REMEMBERED, timer)

    def of(self, coupon_id: str) -> Terms:
        """Raises CouponNotFound."""
        terms = self._terms.get(coupon_id)
        if terms is None:
            if coupon_id in self._missing:
                raise CouponNotFound
            terms = self._terms[coupon_id] = self._read(coupon_id)
        return terms

    def fresh(self, coupon: Coupon) -> Coupon:
        """The coupon as it is now. Raises CouponNotFound."""
        fresh = self._coupons.get(coupon.coupon_id)
        if terms := self._terms.get(coupon.coupon_id):
            self._terms[coupon.coupon_id] = replace(terms, coupon=fresh)
        return fresh

    def of_code(self, organisation_id: str, code: str) -> Terms:
        """Raises CouponNotFound."""
        coupon_id = self._codes.get((organisation_id, code))
        if coupon_id is None:
            coupon_id = self._coupons.id_by_code(organisation_id, code)
            if coupon_id is None:
                raise CouponNotFound
            self._codes[organisation_id, code] = coupon_id
        return self.of(coupon_id)

    def organisation(self, organisation_id: str) -> Organisation:
        """Raises NotFound."""
        organisation = self._organisation.get(organisation_id)
        if organisation is None:
            organisation = self._organisation[organisation_id] = self._organisations.get(organisation_id)
        return organisation

    def _read(self, coupon_id: str) -> Terms:
        try:
            coupon, page = self._coupons.with_page(coupon_id)
            return Terms(coupon, page, self.organisation(coupon.organisation_id))
        except (CouponNotFound, NotFound) as missing:
            self._missing[coupon_id] = True
            raise CouponNotFound from missing
