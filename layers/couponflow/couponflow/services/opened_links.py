"""Customers who have seen their redeem page, as the page's script reports them."""

from datetime import datetime

from couponflow.services.redemption import RedemptionService
from couponflow.store import keys
from couponflow.store.opened_links import OpenedLinkStore
from couponflow.store.redemptions import RedemptionStore


class OpenedLinkService:
    """Counts each link once."""

    def __init__(
        self, links: RedemptionService, redemptions: RedemptionStore, opened: OpenedLinkStore
    ) -> None:
        self._links, self._redemptions, self._opened = links, redemptions, opened

    def report(self, token: str, now: datetime) -> None:
        """Record that the customer of this link has seen the page; repeated, it changes nothing.

        Raises:
            CouponNotFound: the link is not one of ours, or its coupon is archived.
        """
        coupon, holder = self._links.find_holder(token)
        first = self._redemptions.get(holder, keys.FIRST_SLOT)
        # Only a distributed link has a page. The tag of the token can be right without one: a till
        # may have redeemed for a customer who never got a link.
        if first is not None:
            self._opened.record(coupon, holder, first.inbox_id, now)
