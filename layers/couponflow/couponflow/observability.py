"""What is written down of each request: one line, which CloudWatch also reads as metrics (embedded metric format).

Never a token, a key, a code or a customer's id; a customer's requests are found together by a hash.
"""

import hashlib
import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aws_lambda_powertools import Logger

logger = Logger()

# An execution environment answers one request at a time: what is counted here is of the request under way.
_counts: dict[str, int] = {}
_about: dict[str, Any] = {}
_NAMESPACE = os.environ.get("METRICS_NAMESPACE", "Couponflow")


def start_request(request_id: str) -> None:
    """API Gateway sends the same id to the client, as `apigw-requestid`."""
    _counts.clear()
    _about.clear()
    _about["correlation_id"] = request_id


def set_customer(coupon_id: str, mac: str) -> None:
    """Whom the request is about, so that one customer's requests can be found together. No link can be made of it."""
    _about["customer"] = hashlib.sha256(f"{coupon_id}{mac}".encode()).hexdigest()[:16]


def count(name: str, times: int = 1) -> None:
    if times:
        _counts[name] = _counts.get(name, 0) + times


def log_exception(route: str) -> None:
    """Call it where the exception is caught: its kind and where it came from are written down; its text may name a customer."""
    count("failed")
    _, error, frames = sys.exc_info()
    code = getattr(error, "response", {}).get("Error", {}).get("Code")  # of AWS
    trace = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(frames)]
    logger.error("failed", route=route, error=code or type(error).__name__, trace=trace, **_about)


def set_refusal(reason: str) -> None:
    """Why the request was refused; the metric is told apart by it."""
    count("refused")
    _about["reason"] = reason


def log_response(route: str, status: int, seconds: float) -> None:
    logger.info("answered", route=route, status=status, milliseconds=round(seconds * 1000, 1), **_about, **_embedded())


@contextmanager
def log_invocation(route: str, context: object) -> Iterator[None]:
    """A direct invocation, which no edge writes down."""
    start_request(getattr(context, "aws_request_id", ""))
    started = time.perf_counter()
    yield
    log_response(route, 200, time.perf_counter() - started)


def _embedded() -> dict[str, Any]:
    """What was counted, with what makes CloudWatch take it for metrics."""
    if not _counts:
        return {}
    plain = [{"Name": name, "Unit": "Count"} for name in _counts if name != "refused"]
    directives = [{"Namespace": _NAMESPACE, "Dimensions": [[]], "Metrics": plain}] if plain else []
    if "refused" in _counts:
        metric = {"Name": "refused", "Unit": "Count"}
        directives.append({"Namespace": _NAMESPACE, "Dimensions": [["reason"]], "Metrics": [metric]})
    return {**_counts, "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": directives}}
