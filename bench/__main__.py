"""`make bench`: the table of goals P1 to P14, each figure beside what it must and should be; all of
it in bench/results.json.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results.json"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "POWERTOOLS_LOG_LEVEL": "ERROR",
}


def main(names: list[str]) -> int:
    """Run all or the named parts. Returns 1 if a required figure is not met."""
    os.environ |= ENVIRONMENT  # must be set before the service is imported
    from bench import cold_starts, hot_coupon, http_load, postgres, records, request_units
    from bench import engines as engine_figures
    from bench.report import Row, table
    from local import engines

    parts: dict[str, Callable[[], Iterable[Row]]] = {
        "starts": cold_starts.rows,
        "units": request_units.rows,
        "records": records.rows,
        "hot": hot_coupon.rows,
        "changes": hot_coupon.rows_under_changes,
        "load": http_load.rows,
        "postgres": postgres.rows,
        "engines": engine_figures.rows,
    }
    if unknown := set(names) - set(parts):
        sys.exit(f"make bench: there is no {', '.join(unknown)}; there are {', '.join(parts)}")
    found: list[Row] = []
    # MiniStack sends the item of a refused single write, as DynamoDB does: calls are counted on it.
    with tempfile.TemporaryDirectory() as folder, engines.ministack(Path(folder)) as engine:
        engines.wait_for(engine)
        for name in names or parts:
            print(f"{name} …", file=sys.stderr, flush=True)
            # The load's own stack has an engine of its own.
            os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = engine.endpoint
            if name in ("load", "starts"):
                del os.environ["AWS_ENDPOINT_URL_DYNAMODB"]
            found += parts[name]()
    found.sort(
        key=lambda row: (
            not row.goal.startswith("P"),
            int(row.goal[1:]) if row.goal.startswith("P") else 0,
        )
    )
    when = datetime.now(UTC)
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    results = {
        "when": when.isoformat(timespec="seconds"),
        "machine": machine,
        "rows": [asdict(row) for row in found],
    }
    RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n")
    print(f"`make bench` of {when:%Y-%m-%d} on {machine}:\n\n{table(found)}")
    return int(any(row.is_met is False for row in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
