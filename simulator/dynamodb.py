"""DynamoDB under load on virtual time: latencies, transaction conflicts, write budgets.

A transaction locks its items for the conflict window: other writes to them are refused, and its own
writes become visible one by one. A partition key has 1,000 write units a second. Eventually
consistent reads may be old.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from simulator.engine import (
    SINGLE_WRITES,
    Engine,
    Item,
    Key,
    cancelled,
    error,
    key_in,
    key_of,
    keys_written,
)
from simulator.virtual_time import Scheduler

MILLISECOND = 0.001


@dataclass(frozen=True)
class Assumptions:
    """Assumptions, in seconds and units a second."""

    one_way: float = 1 * MILLISECOND
    simple_call: float = 3 * MILLISECOND
    conflict_window: float = 8 * MILLISECOND
    write_budget: float = 1_000
    burst: float = 100
    staleness: float = 20 * MILLISECOND


class Crashed(BaseException):
    """The execution environment crashed during a call."""


@dataclass(frozen=True)
class Faults:
    """Probability of each fault per call."""

    crash_before: float = 0
    crash_after: float = 0
    lost_request: float = 0
    lost_answer: float = 0
    throttle: float = 0
    conflict: float = 0

    def strike(self, dice: random.Random) -> str | None:
        draw = dice.random()
        for name in self.__dataclass_fields__:
            draw -= getattr(self, name)
            if draw < 0:
                return name
        return None


NO_FAULTS = Faults()


@dataclass
class Tally:
    """Write units per key, including failed tries."""

    written: dict[Key, float] = field(default_factory=dict)

    def add(self, key: Key, units: float) -> None:
        self.written[key] = self.written.get(key, 0) + units


class SimulatedDynamoDB:
    def __init__(self, scheduler: Scheduler, assumptions: Assumptions | None = None) -> None:
        self.scheduler, self.assumptions, self.engine = (
            scheduler,
            assumptions or Assumptions(),
            Engine(),
        )
        self.tally = Tally()
        self.watchers: list[Callable[[Key, Item | None, Item | None], None]] = []
        self._locked: dict[Key, float] = {}
        self._budgets: dict[str, tuple[float, float]] = {}
        self._older: dict[Key, tuple[float, Item | None]] = {}

    def client(self, faults: Faults = NO_FAULTS) -> Client:
        return Client(self, faults)

    def is_at_rest(self) -> bool:
        return not any(until > self.scheduler.now for until in self._locked.values())

    def read(self, method: str, request: Mapping[str, Any]) -> dict[str, Any]:
        self.scheduler.sleep(self.assumptions.simple_call)
        answer = self.engine.call(method, request)
        return answer if _is_strong(request) else self._aged(method, answer)

    def write(self, method: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Raises ClientError."""
        if method == "transact_write_items":
            return self._transact(request["TransactItems"])
        self.scheduler.sleep(self.assumptions.simple_call)
        key = key_in(request)
        if not self._spend(key, 1):
            raise error("ProvisionedThroughputExceededException")
        if self._is_locked(key):
            raise error("TransactionConflictException")
        before = self.engine.items.get(key)
        answer = self.engine.call(method, request)
        self._changed(key, before)
        return answer

    def _transact(self, writes: Any) -> dict[str, Any]:
        keys = keys_written("transact_write_items", {"TransactItems": writes})
        within = [self._spend(key, 2) for key in keys]
        if not all(within):
            raise cancelled(
                [{"Code": "None" if is_within else "ThrottlingError"} for is_within in within]
            )
        locked = {key for key in keys if self._is_locked(key)}
        after = self.engine.prepared(writes, locked)
        window = self.assumptions.conflict_window
        for key, item in after.items():
            self._locked[key] = self.scheduler.now + window
            self.scheduler.call_at(
                self.scheduler.now + window * self.scheduler.dice.random(),
                partial(self._commit, key, item),
            )
        self.scheduler.sleep(window)
        return {}

    def _commit(self, key: Key, item: Item | None) -> None:
        before = self.engine.items.get(key)
        self.engine.store(key, item)
        self._changed(key, before)

    def _changed(self, key: Key, before: Item | None) -> None:
        self._older[key] = self.scheduler.now, before
        for watch in self.watchers:
            watch(key, before, self.engine.items.get(key))

    def _is_locked(self, key: Key) -> bool:
        return self._locked.get(key, 0) > self.scheduler.now

    def _spend(self, key: Key, units: float) -> bool:
        self.tally.add(key, units)
        assumptions, now = self.assumptions, self.scheduler.now
        left, since = self._budgets.get(key[0], (assumptions.burst, now))
        left = min(assumptions.burst, left + (now - since) * assumptions.write_budget)
        is_within = left >= units
        self._budgets[key[0]] = (left - units if is_within else left, now)
        return is_within

    def _aged(self, method: str, answer: dict[str, Any]) -> dict[str, Any]:
        """An eventually consistent read: each item may lack its last change if that is recent."""
        if method == "get_item":
            return (
                {"Item": item} if "Item" in answer and (item := self._old(answer["Item"])) else {}
            )
        if method == "query":
            return {
                **answer,
                "Items": [item for each in answer["Items"] if (item := self._old(each))],
            }
        ((name, found),) = answer["Responses"].items()
        return {
            **answer,
            "Responses": {name: [item for each in found if (item := self._old(each))]},
        }

    def _old(self, item: Item) -> Item | None:
        changed_at, before = self._older.get(key_of(item), (-1.0, None))
        is_late = (
            self.scheduler.now - changed_at < self.assumptions.staleness
            and self.scheduler.dice.random() < 0.5
        )
        return before if is_late and changed_at >= 0 else item


class Client:
    """A client with boto3's interface, for one execution environment."""

    def __init__(self, cloud: SimulatedDynamoDB, faults: Faults) -> None:
        self._cloud, self._faults = cloud, faults

    def get_item(self, **request: Any) -> dict[str, Any]:
        return self._call("get_item", request)

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        return self._call("batch_get_item", request)

    def query(self, **request: Any) -> dict[str, Any]:
        return self._call("query", request)

    def put_item(self, **request: Any) -> dict[str, Any]:
        return self._call("put_item", request)

    def update_item(self, **request: Any) -> dict[str, Any]:
        return self._call("update_item", request)

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        return self._call("transact_write_items", request)

    def _call(self, method: str, request: dict[str, Any]) -> dict[str, Any]:
        cloud, scheduler = self._cloud, self._cloud.scheduler
        fault = self._faults.strike(scheduler.dice)
        if fault == "crash_before":
            raise Crashed
        scheduler.sleep(cloud.assumptions.one_way)
        if fault == "lost_request":
            raise EndpointConnectionError(endpoint_url="simulated")
        if fault == "throttle":
            raise _throttled(method, request)
        if fault == "conflict" and (method in SINGLE_WRITES or method == "transact_write_items"):
            raise _conflicted(method, request, scheduler.dice)
        is_write = method in SINGLE_WRITES or method == "transact_write_items"
        answer = cloud.write(method, request) if is_write else cloud.read(method, request)
        if fault == "crash_after":
            raise Crashed
        if fault == "lost_answer":
            raise ReadTimeoutError(endpoint_url="simulated")
        scheduler.sleep(cloud.assumptions.one_way)
        return answer


def _throttled(method: str, request: Mapping[str, Any]) -> Exception:
    if method == "transact_write_items":
        return cancelled(
            [{"Code": "None"}, *[{"Code": "ThrottlingError"}] * (len(request["TransactItems"]) - 1)]
        )
    return error("ThrottlingException")


def _conflicted(method: str, request: Mapping[str, Any], dice: random.Random) -> Exception:
    if method != "transact_write_items":
        return error("TransactionConflictException")
    reasons = [
        {"Code": dice.choice(["None", "TransactionConflict"])} for _ in request["TransactItems"]
    ]
    reasons[dice.randrange(len(reasons))] = {"Code": "TransactionConflict"}
    return cancelled(reasons)


def _is_strong(request: Mapping[str, Any]) -> bool:
    if "RequestItems" in request:
        return any(wanted.get("ConsistentRead") for wanted in request["RequestItems"].values())
    return bool(request.get("ConsistentRead"))
