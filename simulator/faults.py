"""A table whose calls can fail with every kind of fault of DynamoDB and the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from simulator.engine import READS, Engine, cancelled, error

Request = Mapping[str, Any]
# The fault of a call by its number (from 0) and method; None for no fault.
Plan = Callable[[int, str], "str | None"]


def _throttled(method: str, request: Request) -> Exception:
    if method == "transact_write_items":
        return cancelled(
            [{"Code": "ThrottlingError"}, *[{"Code": "None"}] * (len(request["TransactItems"]) - 1)]
        )
    return error("ProvisionedThroughputExceededException")


def _conflicted(method: str, request: Request) -> Exception:
    if method == "transact_write_items":
        return cancelled(
            [
                {"Code": "TransactionConflict"},
                *[{"Code": "None"}] * (len(request["TransactItems"]) - 1),
            ]
        )
    return error("TransactionConflictException")


# The error that the caller gets, and whether the call takes effect nevertheless.
KINDS: dict[str, tuple[Callable[[str, Request], Exception], bool]] = {
    "throttle": (_throttled, False),
    "conflict": (_conflicted, False),
    "time-out, not done": (lambda *_: ConnectTimeoutError(endpoint_url="simulated"), False),
    "time-out, done": (lambda *_: ReadTimeoutError(endpoint_url="simulated"), True),
    "5xx, not done": (lambda *_: error("InternalServerError", 500), False),
    "5xx, done": (lambda *_: error("ServiceUnavailable", 503), True),
}


def only_at(place: int, kind: str) -> Plan:
    return lambda number, _: kind if number == place else None


def from_call_on(place: int, kind: str) -> Plan:
    return lambda number, _: kind if number >= place else None


class FaultyClient:
    """A client with boto3's interface; `calls` are the methods called since `begin`."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.begin(lambda *_: None)

    def begin(self, plan: Plan) -> None:
        self._plan = plan
        self.calls: list[str] = []

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda **request: self._call(method, request)

    def _call(self, method: str, request: dict[str, Any]) -> Any:
        kind = self._plan(len(self.calls), method)
        self.calls.append(method)
        if kind is None or (kind == "conflict" and method in READS):
            return self.engine.call(method, request)
        failure, is_done = KINDS[kind]
        if is_done:
            with suppress(ClientError):  # the response to a refused write is lost too
                self.engine.call(method, request)
        raise failure(method, request)
