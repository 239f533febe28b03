"""`python -m bench.cost`: cost of a million requests of each kind and of an idle month.

Units come from the meter, prices are public. Time, sizes and samples are named assumptions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from local.intrinsics import read_yaml
from local.sam_template import TEMPLATE

HERE = Path(__file__).parent
PRICES = json.loads((HERE / "prices.json").read_text())
MILLION = 1_000_000
# Assumed: a warm execution, its 1 GB of memory, two log lines, the page compressed; X-Ray samples
# one request in twenty.
SECONDS, MEMORY_GB, LOG_KB, TRACED = 0.015, 1.0, 0.8, 0.05


@dataclass(frozen=True)
class Use:
    """Resources that one request uses."""

    name: str
    write_units: float
    read_units: float
    answer_kb: float


# P1 (the write and its copy in the index), P2 (warm), P3:
# tests/integration/test_request_units.py counts them on the real service.
USES = (
    Use("distribution", write_units=2, read_units=0, answer_kb=1),
    Use("page view", write_units=0, read_units=1, answer_kb=8),
    Use("redemption", write_units=6, read_units=0, answer_kb=0.5),
)


def parts(use: Use) -> dict[str, float]:
    """USD for a million, by service."""
    per_million, each = PRICES["per_million"], PRICES["each"]
    gigabytes = MILLION / 1_048_576
    return {
        "DynamoDB": use.write_units * per_million["dynamodb_write_units"]
        + use.read_units * per_million["dynamodb_read_units"],
        "Lambda": per_million["lambda_requests"]
        + MILLION * SECONDS * MEMORY_GB * each["lambda_arm_gb_second"],
        "API Gateway": per_million["api_gateway_http_requests"],
        "CDN": per_million["cloudfront_https_requests"]
        + per_million["cloudfront_function_calls"]
        + use.answer_kb * gigabytes * each["cloudfront_gb"],
        "logs, traces": LOG_KB * gigabytes * each["log_gb"] + TRACED * per_million["xray_traces"],
    }


def idle() -> dict[str, float]:
    """Return the USD a month of an unused stack, by resource."""
    resources = read_yaml(TEMPLATE)["Resources"].values()
    watched = sum(
        "MetricStat" in metric
        for resource in resources
        if resource["Type"] == "AWS::CloudWatch::Alarm"
        for metric in resource["Properties"]["Metrics"]
    )
    secrets = sum(resource["Type"] == "AWS::SecretsManager::Secret" for resource in resources)
    return {
        f"alarms ({watched} metrics)": watched * PRICES["each"]["alarm_metric_month"],
        "the CDN's secret": secrets * PRICES["each"]["secret_month"],
    }


def table() -> str:
    services = list(parts(USES[0]))
    lines = [
        f"Prices of {PRICES['region']}, {PRICES['dated']}, without free tier; units as the meter "
        "counts them.",
        "",
        f"| a million of | {' | '.join(services)} | USD |",
        f"|---|{'---:|' * (len(services) + 1)}",
    ]
    for use in USES:
        costs = parts(use)
        lines.append(
            f"| {use.name}s | {' | '.join(f'{cost:.2f}' for cost in costs.values())} | "
            f"**{sum(costs.values()):.2f}** |"
        )
    nothing = idle()
    lines += [
        "",
        "A month without requests: "
        + ", ".join(f"{name} {cost:.2f}" for name, cost in nothing.items()),
    ]
    lines[-1] += (
        f": **{sum(nothing.values()):.2f} USD**, plus storage in the table ($0.25 a GB) and the "
        "bucket ($0.023)."
    )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
