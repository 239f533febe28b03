"""A table whose every call can be given trouble, of each kind that DynamoDB and the way to it have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from simulator.engine import READS, Engine, cancelled, error

Request = Mapping[str, Any]
# Which trouble a call has, by its number (from 0) and method.
Plan = Callable[[int, str], "str | None"]


def _throttled(method: str, request: Request) -> Exception:
    if method == "transact_write_items":
        return cancelled([{"Code": "ThrottlingError"}, *[{"Code": "None"}] * (len(request["TransactItems"]) - 1)])
    return error("ProvisionedThroughputExceededException")


def _conflicted(method: str, request: Request) -> Exception:
    if method == "transact_write_items":
        return cancelled([{"Code": "TransactionConflict"}, *[{"Code": "None"}] * (len(request["TransactItems"]) - 1)])
    return error("TransactionConflictException")


# What the caller is told, and whether the call was done nevertheless.
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


def from_then_on(place: int, kind: str) -> Plan:
    return lambda number, _: kind if number >= place else None


class TroubledClient:
    """As boto3's; `calls` are those made since `begin`, by method."""

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
        told, is_done = KINDS[kind]
        if is_done:
            with suppress(ClientError):  # a refusal is lost as well
                self.engine.call(method, request)
        raise told(method, request)
