"""First looks of customers at their redeem page, one item for each link."""

from contextlib import suppress
from datetime import datetime

from couponflow.domain import times
from couponflow.domain.models import Coupon, Holder
from couponflow.store import keys
from couponflow.store.dynamodb import ConditionFailedError, Table, put

IS_FIRST = "attribute_not_exists(pk)"


class OpenedLinkStore:
    """The customers who have seen their page.

    An item of its own: a write to the redemption could conflict with its redemption.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def record(self, coupon: Coupon, holder: Holder, inbox_id: str | None, now: datetime) -> None:
        """Record that the customer has seen the page; repeated, it changes nothing."""
        at = times.format_utc(now)
        item = keys.opened_link(holder) | {
            "gpk": keys.records_of(coupon, holder, keys.OPENED),
            "gsk": keys.record_order(at, holder.mac),
            "inbox_id": inbox_id,
            "opened_at": at,
        }
        with suppress(ConditionFailedError):
            self._table.put(put(item, IS_FIRST))
