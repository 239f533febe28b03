"""Redemption records of a coupon by status and time, read from the index."""

import heapq
import itertools
from collections.abc import Iterator
from datetime import datetime

from couponflow.domain import times
from couponflow.domain.models import Coupon, Redemption, RedemptionStatus
from couponflow.store import keys
from couponflow.store.dynamodb import Item, Table
from couponflow.store.redemptions import redemption_of

# Sorts after every position in a list of records.
LAST_PLACE = "9999"
_PAGE = 2_000
_MORE_THAN_ITS_SHARE = 5


class RedemptionRecordStore:
    """Reads the index of records; eventually consistent."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def list_newest(
        self, coupon: Coupon, status: RedemptionStatus, since: str | None, before: str, at_most: int
    ) -> list[Redemption]:
        """Return records of a status, newest first.

        `since` is a time; `before` (exclusive) is a time or a position in the list.
        """
        if since is not None and since > before:
            return []  # DynamoDB refuses such a range
        # Customers are spread evenly, so a little more than its share of each bucket is mostly
        # enough.
        share = at_most // coupon.record_buckets + _MORE_THAN_ITS_SHARE
        buckets = [
            self._of_bucket(
                keys.records(coupon.coupon_id, status, number), since or "0", before, share
            )
            for number in range(coupon.record_buckets)
        ]
        merged = heapq.merge(*buckets, key=_order, reverse=True)
        return list(map(redemption_of, itertools.islice(merged, at_most)))

    def _of_bucket(self, bucket: str, since: str, before: str, page: int) -> Iterator[Item]:
        """Yield the items of a bucket, newest first. Pages are read as they are needed."""
        while True:
            values = {":gpk": bucket, ":since": since, ":before": before}
            condition = "gpk = :gpk AND gsk BETWEEN :since AND :before"
            items = self._table.query(
                condition, values, index=keys.INDEX, newest_first=True, at_most=page + 1
            )
            yield from (item for item in items[:page] if item["gsk"] != before)
            if len(items) <= page:
                yield from (item for item in items[page:] if item["gsk"] != before)
                return
            before = items[page - 1]["gsk"]

    def iterate(
        self, coupon: Coupon, status: RedemptionStatus, since: str | None, before: str
    ) -> Iterator[Redemption]:
        """Yield all records of a status, in no order. Pages are read as they are needed."""
        for bucket in range(coupon.record_buckets):
            place, is_more = before, True
            while is_more:
                values = {
                    ":gpk": keys.records(coupon.coupon_id, status, bucket),
                    ":since": since or "0",
                    ":before": place,
                }
                items = self._table.query(
                    "gpk = :gpk AND gsk BETWEEN :since AND :before",
                    values,
                    index=keys.INDEX,
                    newest_first=True,
                    at_most=_PAGE,
                )
                yield from (redemption_of(item) for item in items if item["gsk"] != place)
                is_more = len(items) == _PAGE
                place = items[-1]["gsk"] if is_more else place


def _order(item: Item) -> str:
    place: str = item["gsk"]
    return place


def moment_of(redemption: Redemption) -> datetime:
    """Return the time at which the redemption got its status."""
    at = redemption.redeemed_at if redemption.is_redeemed else redemption.distributed_at
    assert at is not None, "a record has the time of its status"
    return at


def place_of(redemption: Redemption) -> str:
    """Return the position of a record in the list of its status."""
    return keys.record_order(times.format_utc(moment_of(redemption)), redemption.redemption_id)
