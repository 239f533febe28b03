"""The stream of the local table: what roto stores, delivered to the events function.

roto has no streams. Triggers in its own database note each change of a redemption, in the same
commit, so a killed stack loses none. Redeeming waits for nothing else: this reads beside it.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.intrinsics import ACCOUNT, REGION
from local.worker_pool import Pool

FUNCTION = "EventsFunction"
SECONDS_BETWEEN_LOOKS = 0.3
SECONDS_AFTER_A_FAILURE = 2
MOST_RECORDS = 1_000
_SOURCE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/local/stream/local"
_IS_STREAMED = "CAST(substr({0}.hk, 1, 7) AS TEXT) IN ('HOLDER#', 'OPENED#')"
_TRIGGERS = f"""
CREATE TABLE IF NOT EXISTS local_stream (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, old TEXT, new TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS local_stream_shard (name TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS local_stream_insert AFTER INSERT ON items
WHEN {_IS_STREAMED.format("NEW")}
BEGIN INSERT INTO local_stream (new) VALUES (NEW.item); END;
CREATE TRIGGER IF NOT EXISTS local_stream_update AFTER UPDATE ON items
WHEN {_IS_STREAMED.format("NEW")} AND OLD.item IS NOT NEW.item
BEGIN INSERT INTO local_stream (old, new) VALUES (OLD.item, NEW.item); END;
"""


class RotoStream:
    """The changes that roto stored, from the first one that is not counted."""

    def __init__(self, data: Path) -> None:
        """Begin before functions write: this changes roto's database."""
        self._file, self._checkpoint = data / "dynamodb.db", data / "stream-checkpoint"
        self.counted_to = int(self._checkpoint.read_text()) if self._checkpoint.exists() else 0
        with self._open() as database:
            database.executescript(_TRIGGERS)
            if not database.execute("SELECT name FROM local_stream_shard").fetchone():
                name = f"shardId-local-{secrets.token_hex(8)}"
                database.execute("INSERT INTO local_stream_shard VALUES (?)", (name,))
            (self.shard,) = database.execute("SELECT name FROM local_stream_shard").fetchone()
            database.execute("DELETE FROM local_stream WHERE sequence <= ?", (self.counted_to,))
        database.close()

    def read(self) -> list[tuple[int, str | None, str]]:
        """Return the next changes: their numbers and the items before and after."""
        with self._open() as database:
            found = database.execute(
                "SELECT sequence, old, new FROM local_stream WHERE sequence > ? "
                "ORDER BY sequence LIMIT ?",
                (self.counted_to, MOST_RECORDS),
            ).fetchall()
        database.close()
        return found

    def advance(self, sequence: int) -> None:
        """Record that the changes up to here are counted."""
        self.counted_to = sequence
        part = self._checkpoint.with_suffix(".part")
        part.write_text(str(sequence))
        part.rename(self._checkpoint)

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._file, timeout=10)


async def deliver(stream: RotoStream, pool: Pool, say: Callable[[str], None]) -> None:
    """Give the function every change, in order, until cancelled."""
    while True:
        changes = await asyncio.to_thread(stream.read)
        if not changes:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            continue
        answer = await pool.invoke(json.dumps(event_of(changes, stream.shard)).encode())
        if answer.is_error:
            await asyncio.sleep(SECONDS_AFTER_A_FAILURE)
            continue
        failures = json.loads(answer.payload)["batchItemFailures"]
        if failures:
            say(f"{FUNCTION}: the stream comes again from {failures[0]['itemIdentifier']}")
            stream.advance(int(failures[0]["itemIdentifier"]) - 1)
            await asyncio.sleep(SECONDS_AFTER_A_FAILURE)
        else:
            stream.advance(changes[-1][0])


def event_of(changes: list[tuple[int, str | None, str]], shard: str) -> dict[str, Any]:
    """The event of a batch, as Lambda makes it for a mapping with a window."""
    return {
        "Records": [_record(*change) for change in changes],
        "window": {"start": "2000-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z"},
        "state": {},
        "shardId": shard,
        "eventSourceARN": _SOURCE,
        "isFinalInvokeForWindow": False,
        "isWindowTerminatedEarly": False,
    }


def _record(sequence: int, old: str | None, new: str) -> dict[str, Any]:
    images = {"NewImage": json.loads(new)}
    if old is not None:
        images["OldImage"] = json.loads(old)
    keys = {name: images["NewImage"][name] for name in ("pk", "sk")}
    return {
        "eventID": f"local-{sequence}",
        "eventName": "INSERT" if old is None else "MODIFY",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": {"Keys": keys, "SequenceNumber": str(sequence), **images},
        "eventSourceARN": _SOURCE,
    }
