"""The stream of a test's table, for engines that have none: the differences of two scans.

Each item counts as changed once between two deliveries. tests/proofs delivers streams as they are.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import boto3

STREAMED = ("HOLDER#", "OPENED#")
Invoke = Callable[[str, object], Any]


class TableStream:
    """What changed in the table since the last delivery, as batches for the events function."""

    def __init__(self, endpoint: str, table: str, invoke: Invoke, shard: str = "shard-1") -> None:
        self._client = boto3.client("dynamodb", endpoint_url=endpoint)
        self._table, self._invoke, self.shard = table, invoke, shard
        self._seen: dict[tuple[str, str], dict[str, Any]] = {}
        self._numbers = itertools.count(1)

    def skip(self) -> None:
        """Deliver nothing of what is in the table now."""
        list(self._changes())

    def deliver(self, batch: int = 100) -> list[dict[str, Any]]:
        """Invoke the events function with every change; return the batches."""
        records = list(self._changes())
        batches = [
            event_of(records[n : n + batch], self.shard) for n in range(0, len(records), batch)
        ]
        for event in batches:
            assert self.invoke(event) == {"state": {}, "batchItemFailures": []}
        return batches

    def invoke(self, event: object) -> Any:
        """The events function's answer to one batch."""
        return self._invoke("EventsFunction", event)

    def _changes(self) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table, ConsistentRead=True
        )
        for item in (item for page in pages for item in page["Items"]):
            key = item["pk"]["S"], item["sk"]["S"]
            old = self._seen.get(key)
            if key[0].startswith(STREAMED) and old != item:
                self._seen[key] = item
                yield record_of(next(self._numbers), item, old)


def record_of(
    number: int, new: dict[str, Any] | None, old: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A record of the stream; items are attribute values."""
    images = {"NewImage": new, "OldImage": old}
    return {
        "eventID": str(number),
        "eventName": "INSERT" if old is None else "MODIFY",
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "SequenceNumber": str(number),
            "StreamViewType": "NEW_AND_OLD_IMAGES",
            **{name: image for name, image in images.items() if image is not None},
        },
    }


def event_of(records: list[dict[str, Any]], shard: str) -> dict[str, Any]:
    """The event of a batch, as Lambda makes it for a mapping with a window."""
    return {
        "Records": records,
        "window": {"start": "2026-11-28T12:00:00Z", "end": "2026-11-28T12:15:00Z"},
        "state": {},
        "shardId": shard,
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/s",
        "isFinalInvokeForWindow": False,
        "isWindowTerminatedEarly": False,
    }
