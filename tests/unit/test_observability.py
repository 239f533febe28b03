"""One log line per request with embedded metrics, parsed as CloudWatch parses it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from couponflow import observability


@pytest.fixture
def line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """`line()`: log a response now and return the log line."""
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(
        observability.logger,
        "info",
        lambda message, **fields: lines.append({"message": message, **fields}),
    )
    observability.start_request("request-1")

    def answered() -> dict[str, Any]:
        observability.log_response("POST /r/{token}/redeem", 200, 0.0123)
        return dict(json.loads(json.dumps(lines.pop())))

    return answered


def metrics(line: dict[str, Any]) -> dict[tuple[str, str | None], int]:
    """Metric values by name and reason, read by the embedded metric format."""
    return {
        (
            metric["Name"],
            line[directive["Dimensions"][0][0]] if directive["Dimensions"][0] else None,
        ): line[metric["Name"]]
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", [])
        for metric in directive["Metrics"]
    }


def test_log_line_names_request_route_and_outcome(line):
    assert line() == {
        "message": "answered",
        "route": "POST /r/{token}/redeem",
        "status": 200,
        "milliseconds": 12.3,
        "correlation_id": "request-1",
    }


def test_counted_event_is_a_metric(line):
    observability.count("redeemed")
    observability.count("hops")
    observability.count("hops")
    assert metrics(line()) == {("redeemed", None): 1, ("hops", None): 2}


def test_event_that_did_not_happen_is_no_metric(line):
    observability.count("distributed", False)
    assert metrics(line()) == {}


def test_refusals_are_counted_by_reason(line):
    observability.set_refusal("coupon_expired")
    observability.count("sold_out")
    assert metrics(line()) == {("refused", "coupon_expired"): 1, ("sold_out", None): 1}


def test_counters_are_reset_for_the_next_request(line):
    observability.count("redeemed")
    observability.set_refusal("coupon_expired")
    observability.set_customer("coupon", "mac")
    observability.start_request("request-2")
    assert line().keys() == {"message", "route", "status", "milliseconds", "correlation_id"}


def test_customer_is_logged_as_a_stable_hash(line):
    observability.set_customer("0123456789abc", "zyxwvutsrqpnmkjhgfedcba987")
    first = line()["customer"]
    observability.start_request("request-2")
    observability.set_customer("0123456789abc", "zyxwvutsrqpnmkjhgfedcba987")
    assert line()["customer"] == first
    assert len(first) == 16 and first not in "zyxwvutsrqpnmkjhgfedcba987"
