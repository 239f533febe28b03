"""Measures the cost of DynamoDB calls by the documented rules: round trips, write units, read
units.

It is a botocore event hook, so the real code makes the calls. DynamoDB Local reports wrong figures
for transactions, so units are computed from the items in the table before and after each write.

  write            1 unit for each started KB of the larger of the item before and after; in a
  transaction 2
  index            0 if the index entry does not change, 1 if it is added, removed or changed, 2 if
  its key changes
  read, strong     1 unit for each started 4 KB, eventual half; a batch counts each item, a query
  all items together
  refused write    a write's units for the stored item (at least 1); the old item in the response
  costs nothing
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

INDEX_KEY = ("gpk", "gsk")
Item = Mapping[str, Any]


@dataclass
class Bill:
    """The counted units. Concurrent round trips count as one."""

    calls: list[str] = field(default_factory=list)
    round_trips: int = 0
    write_units: float = 0
    index_units: float = 0
    read_units: float = 0

    @property
    def units(self) -> float:
        """Written, in the table and the index."""
        return self.write_units + self.index_units

    def __str__(self) -> str:
        units = in_words(self.round_trips, self.write_units, self.index_units, self.read_units)
        return f"{units} ({', '.join(self.calls)})"


def in_words(round_trips: int, write_units: float, index_units: float, read_units: float) -> str:
    trips = "1 trip" if round_trips == 1 else f"{round_trips} trips"
    return f"{trips}, {write_units:g} WCU + {index_units:g} index, {read_units:g} RCU"


class Meter:
    """Put on a boto3 client; `peek` reads items before and after writes through a client of its
    own, unmetered.
    """

    def __init__(self, client: Any, peek: Any) -> None:
        self._peek, self._lock = peek, threading.Lock()
        self._bill: Bill | None = None
        self._under_way = 0
        events = client.meta.events
        events.register("provide-client-params.dynamodb.*", self._before)
        events.register("after-call.dynamodb.*", self._after)
        events.register("after-call-error.dynamodb.*", self._failed)

    @contextmanager
    def counting(self) -> Iterator[Bill]:
        bill = self._bill = Bill()
        try:
            yield bill
        finally:
            self._bill = None

    def _before(self, params: Any, model: Any, context: Any, **_: Any) -> None:
        if self._bill is None:
            return
        with self._lock:
            self._bill.round_trips += self._under_way == 0
            self._under_way += 1
            self._bill.calls.append(model.name)
        context["metered"] = (
            params,
            [(self._item(body), body) for body in writes_of(model.name, params)],
        )

    def _after(self, parsed: Any, model: Any, context: Any, **_: Any) -> None:
        if self._bill is None or "metered" not in context:
            return
        params, writes = context["metered"]
        factor = 2 if model.name == "TransactWriteItems" else 1
        for before, body in writes:
            after = self._item(body)
            self._bill.write_units += factor * write_units(before, after, body.get("Item"))
            self._bill.index_units += index_units(before, after)
        if "Error" not in parsed:
            self._bill.read_units += read_units(model.name, params, parsed)
        self._ended()

    def _failed(self, context: Any, **_: Any) -> None:
        if self._bill is not None and "metered" in context:
            self._ended()

    def _ended(self) -> None:
        with self._lock:
            self._under_way -= 1

    def _item(self, body: Item) -> Item | None:
        key = body.get("Key") or {name: body["Item"][name] for name in ("pk", "sk")}
        found: Item | None = self._peek.get_item(
            TableName=body["TableName"], Key=key, ConsistentRead=True
        ).get("Item")
        return found


def writes_of(operation: str, params: Mapping[str, Any]) -> list[Item]:
    if operation == "TransactWriteItems":
        return [body for write in params["TransactItems"] for body in write.values()]
    return [params] if operation in ("PutItem", "UpdateItem", "DeleteItem") else []


def write_units(*items: Item | None) -> int:
    """Write units from the item before, after, and as requested (also if the write was refused)."""
    return max(1, math.ceil(max(map(size, items)) / 1024))


def index_units(before: Item | None, after: Item | None) -> int:
    """Write units of an index that projects all attributes."""
    was, is_ = _entry(before), _entry(after)
    if was == is_ and before == after:
        return 0
    if was is not None and is_ is not None and was != is_:
        return _units(before) + _units(after)
    if was is None and is_ is None:
        return 0
    return max(_units(before) if was else 0, _units(after) if is_ else 0)


def read_units(operation: str, params: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    strong = params.get("ConsistentRead", False)
    if operation == "GetItem":
        return _read(size(answer.get("Item")), strong)
    if operation == "Query":
        return _read(sum(map(size, answer["Items"])), strong)
    if operation == "BatchGetItem":
        ((table, wanted),) = params["RequestItems"].items()
        left_out = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        found = answer["Responses"].get(table, [])
        nothing_there = len(wanted["Keys"]) - len(left_out) - len(found)
        sizes = [*map(size, found), *[0] * nothing_there]
        return sum(_read(each, wanted.get("ConsistentRead", False)) for each in sizes)
    return 0


def size(item: Item | None) -> int:
    """Bytes, as DynamoDB counts them: names and values."""
    return (
        0
        if item is None
        else sum(len(name.encode()) + _size_of(value) for name, value in item.items())
    )


def _size_of(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return number_size(content)
        case "M":
            return 3 + sum(
                1 + len(name.encode()) + _size_of(each) for name, each in content.items()
            )
        case "L":
            return 3 + sum(1 + _size_of(each) for each in content)
    return 1


def number_size(written: str) -> int:
    """About one byte for two significant digits, and one; one more where it is negative."""
    digits = written.lstrip("-0").replace(".", "").rstrip("0")
    return math.ceil(len(digits) / 2) + 1 + written.startswith("-")


def _entry(item: Item | None) -> tuple[Any, ...] | None:
    return (
        tuple(item[name]["S"] for name in INDEX_KEY)
        if item and all(name in item for name in INDEX_KEY)
        else None
    )


def _units(item: Item | None) -> int:
    return max(1, math.ceil(size(item) / 1024))


def _read(size_: int, strong: bool) -> float:
    return max(1, math.ceil(size_ / 4096)) * (1 if strong else 0.5)
