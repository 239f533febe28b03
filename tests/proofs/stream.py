"""A stream of the simulated table: shards that split, and pollers that deliver batches as badly as
Lambda may.

What Lambda promises is kept: the first delivery of a shard's records is in order. Everything else
goes wrong: batches come again, cut differently, after a crash, out of order, from two pollers.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from couponflow.domain.statistics import EventKind
from couponflow.services.statistics_counter import StatisticsCounter
from couponflow.store.backoff import Backoff
from couponflow.store.coupons import CouponStore
from couponflow.store.dynamodb import Table
from couponflow.store.failure_queue import FailureQueue
from couponflow.store.statistics import StatisticsStore
from couponflow.store.stream_records import record_of
from simulator.dynamodb import Crashed
from simulator.engine import Engine, Item, Key
from simulator.faults import KINDS, FaultyClient

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
STREAMED = ("HOLDER#", "OPENED#")
TIMES = {
    "distributed_at": EventKind.DISTRIBUTED,
    "opened_at": EventKind.OPENED,
    "redeemed_at": EventKind.REDEEMED,
    "rolled_back_at": EventKind.ROLLED_BACK,
}
Truth = Counter[tuple[str, EventKind]]


@dataclass
class Shard:
    """A shard of the stream for a range of hashed keys."""

    name: str
    low: int
    high: int
    parent: Shard | None = None
    is_closed: bool = False
    records: list[dict[str, Any]] = field(default_factory=list)
    checkpoint: int = 0

    @property
    def is_done(self) -> bool:
        return self.checkpoint == len(self.records)

    @property
    def is_deliverable(self) -> bool:
        """Children wait for their parent, as with Lambda."""
        return not self.is_done and (self.parent is None or self.parent.is_done)


class StreamedEngine(Engine):
    """The table with its stream."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self._dice = dice
        # Numbers of three and of four digits: compared as texts they are out of order.
        self._sequence = dice.randrange(100, 990)
        self.shards = [Shard("shard-0", 0, 256)]
        self.deleted: list[Item] = []

    def store(self, key: Key, item: Item | None) -> None:
        old = self.items.get(key)
        super().store(key, item)
        if not key[0].startswith(STREAMED):
            return
        if item is None and old is not None:
            self.deleted.append(old)
        if old == item:
            return  # a stream has no record of a write that changes nothing
        self._sequence += self._dice.randrange(1, 5)
        images = {"OldImage": old, "NewImage": item}
        place = hashlib.sha256(key[0].encode()).digest()[0]
        (shard,) = [
            each for each in self.shards if not each.is_closed and each.low <= place < each.high
        ]
        change = {"SequenceNumber": str(self._sequence)} | {
            name: image for name, image in images.items() if image is not None
        }
        shard.records.append({"eventID": str(self._sequence), "dynamodb": change})

    def split(self) -> None:
        """Close a shard; two others take its keys."""
        wide = [each for each in self.shards if not each.is_closed and each.high - each.low > 1]
        parent = self._dice.choice(wide)
        parent.is_closed, middle = True, (parent.low + parent.high) // 2
        for low, high in ((parent.low, middle), (middle, parent.high)):
            self.shards.append(Shard(f"shard-{len(self.shards)}", low, high, parent))

    def truth(self) -> Truth:
        """What happened, read from the items and not from the stream."""
        return Counter(
            (item["pk"]["S"].split("#")[1], kind)
            for item in [*self.items.values(), *self.deleted]
            if item["pk"]["S"].startswith(STREAMED)
            for name, kind in TIMES.items()
            if name in item
        )


class PollersClient(FaultyClient):
    """Calls fail, crash their environment, or meet those of another poller."""

    def __init__(self, engine: Engine, dice: random.Random, faults: float) -> None:
        super().__init__()
        self.engine, self._dice, self._faults = engine, dice, faults
        self.interrupt: Callable[[], None] = lambda: None

    def _call(self, method: str, request: dict[str, Any]) -> Any:
        draw = self._dice.random()
        if draw < self._faults:
            raise Crashed
        if draw < 2 * self._faults:
            super()._call(method, request)
            raise Crashed
        if draw < 3 * self._faults:
            self.interrupt()
        self.begin(lambda *_: self._dice.choice([*KINDS]) if draw > 1 - 3 * self._faults else None)
        return super()._call(method, request)


class Deliveries:
    """Pollers of all shards, with the real counting code."""

    def __init__(self, engine: StreamedEngine, dice: random.Random, faults: float = 0.05) -> None:
        self.engine, self._dice, self._faults = engine, dice, faults
        self._environments: list[tuple[PollersClient, StatisticsCounter]] = []
        self._depth = 0
        self.failures: list[dict[str, Any]] = []
        self.delivered = 0

    def step(self) -> None:
        """Deliver one batch of one shard."""
        ready = [shard for shard in self.engine.shards if shard.is_deliverable]
        if ready:
            self._deliver(self._dice.choice(ready))

    def repeat(self) -> None:
        """Deliver some records again, out of order."""
        seen = [shard for shard in self.engine.shards if shard.checkpoint]
        if seen:
            shard = self._dice.choice(seen)
            first = self._dice.randrange(shard.checkpoint)
            self._count(shard, first, self._dice.randrange(first, shard.checkpoint) + 1)

    def finish(self) -> None:
        """Deliver what is left, without faults."""
        self._faults, self._environments = 0, []
        while any(not shard.is_done for shard in self.engine.shards):
            self.step()

    def _deliver(self, shard: Shard) -> None:
        first = shard.checkpoint
        last = min(len(shard.records), first + self._dice.randrange(1, 12))
        response = self._count(shard, first, last)
        # A response can be lost after the records were counted: they come again.
        if response is not None and self._dice.random() >= 2 * self._faults:
            shard.checkpoint = max(shard.checkpoint, first + response)

    def _count(self, shard: Shard, first: int, last: int) -> int | None:
        """How many of the records are counted; None if the environment crashed."""
        client, counter = self._environment()
        # Another poller of the same shard: its batch begins where this one's does.
        client.interrupt = lambda: self._interrupt(shard)
        records = [record_of(raw) for raw in shard.records[first:last]]
        self.delivered += len(records)
        try:
            uncounted = counter.count(shard.name, records, NOW)
        except Crashed:
            self._environments = [each for each in self._environments if each[1] is not counter]
            return None
        places = [record.sequence for record in records]
        return len(records) if uncounted is None else places.index(uncounted)

    def _interrupt(self, shard: Shard) -> None:
        if self._depth < 2:
            self._depth += 1
            try:
                self._deliver(shard) if not shard.is_done else self.repeat()
            finally:
                self._depth -= 1

    def _environment(self) -> tuple[PollersClient, StatisticsCounter]:
        """One of at most three environments, whose caches may be old."""
        if len(self._environments) < 3 and self._dice.random() < 0.5 or not self._environments:
            client = PollersClient(self.engine, self._dice, self._faults)
            table = Table(client, "couponflow", pause=lambda _: None)
            ticks = iter(range(1_000_000))
            counter = StatisticsCounter(
                StatisticsStore(table),
                CouponStore(table),
                _Failures(self.failures),
                lambda: Backoff(15, lambda _: None, lambda: next(ticks)),
                lambda: 0.0,
            )
            self._environments.append((client, counter))
            return self._environments[-1]
        return self._dice.choice(self._environments)


class _Failures(FailureQueue):
    def __init__(self, sent: list[dict[str, Any]]) -> None:
        super().__init__(lambda: None, "")
        self._sent = sent

    def send(self, message: Any) -> None:
        self._sent.append(dict(message))
