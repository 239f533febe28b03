"""Counts the records of the table's stream, each once, however often and however cut they come.

docs/statistics.md has the design, and what it was attacked with.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from couponflow import observability
from couponflow.cache import CACHE_CLOCK, ExpiringCache
from couponflow.domain.errors import CouponNotFound, TryAgain
from couponflow.domain.statistics import Event, tally
from couponflow.store.backoff import Backoff, Jitter
from couponflow.store.coupons import CouponStore
from couponflow.store.dynamodb import ContentionError, UnknownResultError
from couponflow.store.failure_queue import FailureQueue
from couponflow.store.statistics import (
    MOST_ITEMS,
    CountingState,
    MarkMovedError,
    OutdatedStateError,
    StatisticsStore,
)
from couponflow.store.stream_records import PoisonRecordError, StreamRecord

# Shards of the stream meet on the counts of a busy coupon. What they don't get through in this time
# is delivered again.
SECONDS_FOR_A_BATCH = 20
_JITTER = Jitter(first=0.02, longest=0.5)
_SECONDS_REMEMBERED, _MOST_REMEMBERED = 60, 1_000

# An item that a transaction writes: its kind, its coupon and what distinguishes it.
_Touched = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Counting:
    """A coupon as counting sees it: its local days and the state of its statistics."""

    timezone: str
    state: CountingState


class StatisticsCounter:
    """Adds the events of stream records to the statistics of their coupons."""

    def __init__(
        self,
        statistics: StatisticsStore,
        coupons: CouponStore,
        failures: FailureQueue,
        backoff: Callable[[], Backoff] = lambda: Backoff(SECONDS_FOR_A_BATCH, jitter=_JITTER),
        clock: Callable[[], float] = CACHE_CLOCK,
    ) -> None:
        self._statistics, self._coupons = statistics, coupons
        self._failures, self._backoff = failures, backoff
        # Both may be outdated: the conditions of the transaction refuse what they no longer fit.
        self._marks: ExpiringCache[str, str | None] = ExpiringCache(
            _MOST_REMEMBERED, _SECONDS_REMEMBERED, clock
        )
        self._counting: ExpiringCache[str, _Counting] = ExpiringCache(
            _MOST_REMEMBERED, _SECONDS_REMEMBERED, clock
        )

    def count(self, shard: str, records: Sequence[StreamRecord], now: datetime) -> str | None:
        """Count the records of one shard, in the shard's order.

        Returns the sequence number of the first record that has to come again; None if all are
        counted, now or earlier.
        """
        left, backoff = list(records), self._backoff()
        try:
            while left:
                try:
                    mark = self._mark(shard)
                    left = self._count_first(shard, mark, uncounted(left, mark), now)
                except (MarkMovedError, OutdatedStateError, ContentionError, UnknownResultError):
                    # A lost answer may have counted them, so the mark is read again.
                    self._forget(shard)
                    backoff.wait_or_raise()
        except TryAgain:
            self._forget(shard)
            return left[0].sequence
        return None

    def _mark(self, shard: str) -> str | None:
        if shard not in self._marks:
            self._marks[shard] = self._statistics.mark(shard)
        return self._marks[shard]

    def _count_first(
        self, shard: str, mark: str | None, records: list[StreamRecord], now: datetime
    ) -> list[StreamRecord]:
        """Count as many of the first records as one transaction can hold; return the others.

        `mark` is the one that the records were compared with: a newer one would let the transaction
        count records that another poller has counted.
        """
        touched: set[_Touched] = {("mark",)}
        by_coupon: defaultdict[str, list[Event]] = defaultdict(list)
        counted = 0
        for record in records:
            events = self._events_of(shard, record)
            grown = touched.union(*(self._items_of(event) for event in events))
            if len(grown) > MOST_ITEMS:
                break
            touched, counted = grown, counted + 1
            for event in events:
                by_coupon[event.coupon_id].append(event)
        if by_coupon:
            self._add(shard, mark, records[counted - 1].sequence, by_coupon, now)
        observability.count("counted", sum(map(len, by_coupon.values())))
        return records[counted:]

    def _add(
        self,
        shard: str,
        mark: str | None,
        counted_to: str,
        by_coupon: dict[str, list[Event]],
        now: datetime,
    ) -> None:
        counting = {coupon_id: self._counting_of(coupon_id) for coupon_id in by_coupon}
        tallies = {
            coupon_id: tally(events, counting[coupon_id].state.directory, each.timezone)
            for (coupon_id, events), each in zip(by_coupon.items(), counting.values(), strict=True)
        }
        states = {coupon_id: each.state for coupon_id, each in counting.items()}
        self._statistics.add(shard, mark, counted_to, tallies, states, now)
        self._marks[shard] = counted_to
        for coupon_id, added in tallies.items():
            states[coupon_id].directory = added.directory

    def _events_of(self, shard: str, record: StreamRecord) -> list[Event]:
        """The events of a record that no repair has counted.

        A poison record has none. It goes to the failure queue, and the others are counted.
        """
        try:
            events = record.events()
            return [event for event in events if self._is_wanted(event)]
        except PoisonRecordError as poison:
            observability.count("poisoned")
            self._failures.send(
                {"shardId": shard, "sequenceNumber": record.sequence, "reason": str(poison)}
            )
            return []

    def _is_wanted(self, event: Event) -> bool:
        since = self._counting_of(event.coupon_id).state.since
        return since is None or event.reported_at >= since

    def _counting_of(self, coupon_id: str) -> _Counting:
        """Raises PoisonRecordError for a coupon that does not exist: coupons are never deleted."""
        found = self._counting.get(coupon_id)
        if found is None:
            try:
                coupon = self._coupons.get(coupon_id)
            except CouponNotFound:
                raise PoisonRecordError("no coupon of this id") from None
            found = _Counting(coupon.timezone, self._statistics.state(coupon_id))
            self._counting[coupon_id] = found
        return found

    def _items_of(self, event: Event) -> set[_Touched]:
        counting = self._counting_of(event.coupon_id)
        items: set[_Touched] = {
            ("total", event.coupon_id),
            ("day", event.coupon_id, str(event.day(counting.timezone))),
        }
        if event.inbox_id is not None and event.inbox_id not in counting.state.directory.numbers:
            items.add(("inbox", event.coupon_id, event.inbox_id))
        return items

    def _forget(self, shard: str) -> None:
        self._marks.pop(shard, None)
        self._counting.clear()


def uncounted(records: list[StreamRecord], mark: str | None) -> list[StreamRecord]:
    """The records after the shard's mark."""
    return [record for record in records if mark is None or record.place > int(mark)]
