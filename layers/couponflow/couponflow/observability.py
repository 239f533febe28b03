"""Logs: one line for each request, which CloudWatch also reads as metrics (embedded metric format).

A line never has a token, a key, a code or a customer id. A hash finds the requests of one customer.
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

# An execution environment serves one request at a time: these belong to the current one.
_counts: dict[str, int] = {}
_about: dict[str, Any] = {}
_NAMESPACE = os.environ.get("METRICS_NAMESPACE", "Couponflow")


def start_request(request_id: str) -> None:
    """Begin a line. API Gateway sends the same id to the client, as `apigw-requestid`."""
    _counts.clear()
    _about.clear()
    _about["correlation_id"] = request_id


def set_customer(coupon_id: str, mac: str) -> None:
    """Add a hash of the customer, which finds their requests. No link can be derived from it."""
    _about["customer"] = hashlib.sha256(f"{coupon_id}{mac}".encode()).hexdigest()[:16]


def count(name: str, times: int = 1) -> None:
    """Add to a metric of the current request; 0 and False add nothing."""
    if times:
        _counts[name] = _counts.get(name, 0) + times


def log_exception(route: str) -> None:
    """Log the current exception by type and stack.

    Its text is left out, because it may name a customer.
    """
    count("failed")
    _, error, frames = sys.exc_info()
    code = getattr(error, "response", {}).get("Error", {}).get("Code")  # of AWS
    trace = [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(frames)
    ]
    logger.error("failed", route=route, error=code or type(error).__name__, trace=trace, **_about)


def set_refusal(reason: str) -> None:
    """Count a refusal. The reason is a dimension of the metric."""
    count("refused")
    _about["reason"] = reason


def log_response(route: str, status: int, seconds: float) -> None:
    """Write the line of the current request, with its metrics."""
    logger.info(
        "answered",
        route=route,
        status=status,
        milliseconds=round(seconds * 1000, 1),
        **_about,
        **_embedded(),
    )


@contextmanager
def log_invocation(route: str, context: object) -> Iterator[None]:
    """Log a direct invocation, which has no HttpApp to log it."""
    start_request(getattr(context, "aws_request_id", ""))
    started = time.perf_counter()
    yield
    log_response(route, 200, time.perf_counter() - started)


def _embedded() -> dict[str, Any]:
    """The counts, with the directives that make CloudWatch read them as metrics."""
    if not _counts:
        return {}
    plain = [{"Name": name, "Unit": "Count"} for name in _counts if name != "refused"]
    directives = [{"Namespace": _NAMESPACE, "Dimensions": [[]], "Metrics": plain}] if plain else []
    if "refused" in _counts:
        metric = {"Name": "refused", "Unit": "Count"}
        directives.append(
            {"Namespace": _NAMESPACE, "Dimensions": [["reason"]], "Metrics": [metric]}
        )
    return {
        **_counts,
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": directives},
    }
