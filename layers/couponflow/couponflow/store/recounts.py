"""Reads every event of a coupon from its records, to compare the statistics with them."""

from collections.abc import Iterator
from datetime import datetime

from couponflow.domain.models import Coupon
from couponflow.domain.statistics import Event
from couponflow.store import keys
from couponflow.store.dynamodb import Item, Table
from couponflow.store.stream_records import events_between

# In the order in which a redemption passes them: one that moves on while this reads comes twice,
# and the later look counts. The other order could miss it.
_STATUSES = (keys.OPENED, "distributed", "redeemed", "rolled_back")
_PAGE = 2_000


class RecountStore:
    """Reads the index of records; eventually consistent."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def events(self, coupon: Coupon, before: datetime | None = None) -> list[Event]:
        """Return what the coupon's records tell of, before a moment or all of it."""
        latest = {
            (item["pk"], item["sk"]): events_between(None, item)
            for status in _STATUSES
            for item in self._items(coupon, status)
        }
        return [
            event
            for events in latest.values()
            for event in events
            if before is None or event.at < before
        ]

    def _items(self, coupon: Coupon, status: str) -> Iterator[Item]:
        for bucket in range(coupon.record_buckets):
            place, is_more = "0", True
            while is_more:
                values = {
                    ":gpk": keys.records(coupon.coupon_id, status, bucket),
                    ":place": place,
                }
                items = self._table.query(
                    "gpk = :gpk AND gsk > :place", values, index=keys.INDEX, at_most=_PAGE
                )
                yield from items
                is_more = len(items) == _PAGE
                place = items[-1]["gsk"] if is_more else place
