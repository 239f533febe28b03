"""The DynamoDB engines of the local stack, one beside the other: docs/decisions.md says what
follows.

For each: whether 32 threads get exactly what a limit allows, transactions a second, start, memory,
and how many acknowledged writes are gone after the engine was ended or killed while clients were
writing.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from bench.report import Row
from local import engines
from local.child_processes import StackFailed
from local.engines import Engine
from local.intrinsics import REGION
from tools.paths import DEFAULT_ENGINE, ToolMissing

THREADS, TRIES, LIMIT = 32, 2_000, 500
WRITERS, SECONDS_OF_WRITING, ROUNDS = 8, 1.0, 3
LICENCES = {"roto": "MIT", "ministack": "MIT", "dynamodb-local": "AWS's own, not open source"}
SCHEMA: dict[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
}
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
# The answer to a request may be lost with the engine: only what was answered must be there.
NO_ANSWER = (BotoCoreError, ClientError)


@dataclass(frozen=True)
class Race:
    """What came of the tries, and how many a second there were."""

    outcomes: Counter[str]
    used: int
    rate: float

    @property
    def is_exact(self) -> bool:
        return (
            self.outcomes["accepted"] == self.used == LIMIT and sum(self.outcomes.values()) == TRIES
        )


def rows() -> Iterator[Row]:
    for name in engines.ENGINES:
        what = f"{name} ({LICENCES[name]})"
        try:
            yield _measure(name, what)
        except (OSError, StackFailed, ToolMissing):
            yield Row("engines", what, f"not here: make install ENGINE={name}")


def _measure(name: str, what: str) -> Row:
    with _started(name, on_disk=False) as (engine, started, _):
        in_memory = _race(_client(engine))
        old, streams = _sends_old_item(_client(engine)), _has_streams(engine)
        memory = _peak_memory(engine)
    with _started(name) as (engine, _, _):
        on_disk = _race(_client(engine))
    ended = sum(_lost(name, kill=False) for _ in range(ROUNDS))
    killed = sum(_lost(name, kill=True) for _ in range(ROUNDS))
    exact = in_memory.is_exact and on_disk.is_exact
    measured = [
        "exact"
        if exact
        else f"**not exact**: {dict(in_memory.outcomes)}, {dict(on_disk.outcomes)}",
        f"{in_memory.rate:.0f} tx/s in memory, {on_disk.rate:.0f} on disk",
        f"up in {started:.1f} s",
        f"{memory:.0f} MB",
        f"lost at TERM: {ended}",
        f"lost at kill -9: {killed}",
        f"old item of a refused single write: {'sent' if old else 'withheld'}",
        f"streams: {'yes' if streams else 'no'}",
    ]
    is_met = exact and not ended and not killed if name == DEFAULT_ENGINE else None
    must = "exact, nothing lost" if name == DEFAULT_ENGINE else ""
    return Row("engines", what, "; ".join(measured), must, is_met)


@contextmanager
def _started(
    name: str, *, on_disk: bool = True, data: Path | None = None
) -> Iterator[tuple[Engine, float, Path]]:
    """The engine, the seconds until its first answer, and its folder."""
    with tempfile.TemporaryDirectory() as folder:
        files = data or Path(folder) / "data"
        begin = time.perf_counter()
        with engines.ENGINES[name](Path(folder), files if on_disk else None) as engine:
            engines.wait_for(engine)
            _client(engine, tries=5).list_tables()
            yield engine, time.perf_counter() - begin, files


def _client(engine: Engine, tries: int = 1) -> Any:
    config = Config(max_pool_connections=THREADS, retries={"total_max_attempts": tries})
    return boto3.client("dynamodb", endpoint_url=engine.endpoint, region_name=REGION, config=config)


def _race(client: Any) -> Race:
    """Many threads redeem, each once, what a counter allows fewer of."""
    client.create_table(TableName="race", **SCHEMA)
    counter = {"pk": {"S": "counter"}}
    client.put_item(TableName="race", Item=counter | {"left": _number(LIMIT), "used": _number(0)})

    def redeem(number: int) -> str:
        put = {
            "Item": {"pk": {"S": f"redemption {number}"}},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        take = {
            "Key": counter,
            "UpdateExpression": "SET #left = #left - :one, used = used + :one",
            "ConditionExpression": "#left > :zero",
            "ExpressionAttributeNames": {"#left": "left"},
            "ExpressionAttributeValues": {":one": _number(1), ":zero": _number(0)},
        }
        writes = [
            {kind: {"TableName": "race", **body}} for kind, body in (("Put", put), ("Update", take))
        ]
        try:
            client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "accepted"

    begin = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = Counter(pool.map(redeem, range(TRIES)))
    rate = TRIES / (time.perf_counter() - begin)
    used = client.get_item(TableName="race", Key=counter, ConsistentRead=True)["Item"]["used"]["N"]
    return Race(outcomes, int(used), rate)


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def _lost(name: str, *, kill: bool) -> int:
    """How many acknowledged writes a restart does not bring back."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        with _started(name, data=data) as (engine, _, _):
            client = _client(engine)
            client.create_table(TableName="kept", **SCHEMA)
            acknowledged = _write_until_it_ends(client, engine, kill)
        with _started(name, data=data) as (engine, _, _):
            return len(acknowledged - _stored(_client(engine)))


def _write_until_it_ends(client: Any, engine: Engine, kill: bool) -> set[str]:
    acknowledged = set[str]()

    def write(writer: int) -> None:
        with suppress(*NO_ANSWER):
            for number in count():
                key = f"{writer} {number}"
                client.put_item(TableName="kept", Item={"pk": {"S": key}})
                acknowledged.add(key)

    end = engine.process.kill if kill else engine.process.terminate
    timer = threading.Timer(SECONDS_OF_WRITING, end)
    timer.start()
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    timer.join()
    engine.process.wait()
    return acknowledged


def _stored(client: Any) -> set[str]:
    try:
        pages = client.get_paginator("scan").paginate(TableName="kept", ConsistentRead=True)
        return {item["pk"]["S"] for page in pages for item in page["Items"]}
    except client.exceptions.ResourceNotFoundException:
        return set()


def _sends_old_item(client: Any) -> bool:
    refused = {
        "Item": {"pk": {"S": "counter"}},
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    try:
        client.put_item(TableName="race", **refused)
    except client.exceptions.ConditionalCheckFailedException as error:
        return "Item" in error.response
    raise AssertionError("a put over an existing item was not refused")


def _has_streams(engine: Engine) -> bool:
    _client(engine).create_table(TableName="streamed", StreamSpecification=STREAM, **SCHEMA)
    streams = boto3.client("dynamodbstreams", endpoint_url=engine.endpoint, region_name=REGION)
    try:
        return bool(streams.list_streams(TableName="streamed")["Streams"])
    except ClientError:
        return False


def _peak_memory(engine: Engine) -> float:
    status = Path(f"/proc/{engine.process.pid}/status").read_text()
    (peak,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1_024
