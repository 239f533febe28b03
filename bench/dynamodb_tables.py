"""A metered table on a real engine, with environments of the real service and a manual clock."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import boto3
from botocore.config import Config

from bench.meter import Meter
from couponflow.store.dynamodb import Table
from couponflow.store.parallel import run_parallel
from local import sam_template
from simulator.environments import Environment, environment, found_organisation, moment


class Clock:
    """A clock that a benchmark moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    @property
    def now(self) -> datetime:
        return moment(self.seconds)


@dataclass
class Bench:
    """A new table, a metered client, and environments on a manual clock."""

    table_name: str
    client: Any
    meter: Meter
    clock: Clock

    def environment(self) -> Environment:
        renamed = Renamed(self.client, self.table_name)
        return environment(renamed, lambda _: None, self.clock, random.Random(0), 16, run_parallel)

    def table(self) -> Table:
        return Table(self.client, self.table_name)


class Renamed:
    """Translates the simulator's table name "couponflow" to the name of this table."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name

    def __getattr__(self, method: str) -> Any:
        return lambda **request: self._theirs(getattr(self._client, method)(**self._ours(request)))

    def _ours(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                self._name if name == "couponflow" else name: self._ours(each)
                for name, each in value.items()
            }
        if isinstance(value, list):
            return [self._ours(each) for each in value]
        return self._name if value == "couponflow" else value

    def _theirs(self, answer: Any) -> Any:
        if "Responses" in answer:
            answer["Responses"]["couponflow"] = answer["Responses"].pop(self._name, [])
        return answer


@contextmanager
def fresh_table() -> Iterator[Bench]:
    schema: dict[str, Any] = dict(sam_template.table_schema())
    peek = boto3.client("dynamodb")
    name = f"bench-{uuid4().hex}"
    peek.create_table(TableName=name, **schema)
    client = boto3.client(
        "dynamodb", config=Config(parameter_validation=False, retries={"total_max_attempts": 1})
    )
    bench = Bench(name, client, Meter(client, peek), Clock())
    found_organisation(Renamed(peek, name))
    try:
        yield bench
    finally:
        peek.delete_table(TableName=name)
