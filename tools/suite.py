"""`make test`, `make test-fast` and `make soak`: the tests on all cores, and how long they took."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

from tools.paths import ROOT, VENV

PYTEST = [str(VENV / "bin" / "pytest")]
COVERAGE = ["--cov", "--cov-report=term"]
# tests/support/grouping.py says which tests stay together, and puts the longest first.
PARALLEL = ["--dist", "loadgroup", "--no-loadscope-reorder"]
# What a change of the core breaks first: each has the whole path from the handler to a real engine.
CORE = (
    "coupons",
    "distribute",
    "limit_changes",
    "link_uses",
    "main_flow",
    "period_borders",
    "refusals",
    "tenants",
    "till",
)
FAST = ["tests/unit", "tests/mutation", *(f"tests/integration/test_{name}.py" for name in CORE)]

SOAK = ["tests/proofs", "tests/integration/test_fuzz.py"]
SOAK_OF_A_SEED = [
    "tests/proofs/test_schedules.py",
    "tests/proofs/test_exhaustive.py",
    "tests/integration/test_fuzz.py",
    "-k",
    "every_interleaving or of_the_seed or every_response",
]

Step = tuple[str, list[str]]


def steps(fast: bool, workers: int, soak: str | None) -> list[Step]:
    parallel = [*PYTEST, "-n", str(workers), *PARALLEL]
    if soak is not None:
        os.environ |= {"SOAK": soak, "FUZZ_SEED": soak}
        return [("soak", [*parallel, *(SOAK if soak == "all" else SOAK_OF_A_SEED)])]
    tests = [*parallel, "-q", *FAST] if fast else [*parallel, *COVERAGE, "--durations=20"]
    return [
        ("checks", [os.environ.get("MAKE", "make"), "--no-print-directory", "check"]),
        ("tests", tests),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make test")
    parser.add_argument(
        "--fast",
        action="store_true",
        help="the checks, unit tests and the core's integration tests",
    )
    parser.add_argument(
        "--workers",
        type=int,
        # One more than cores: tests also wait, for browsers and for changes to be followed.
        default=1 + max(2, os.cpu_count() or 2),
        help="processes that run tests",
    )
    parser.add_argument(
        "--soak", metavar="SEED", help="the long proofs: `all`, or the part of a number"
    )
    options = parser.parse_args()
    seconds: dict[str, float] = {}
    failed: list[str] = []
    for name, command in steps(options.fast, options.workers, options.soak):
        began = time.monotonic()
        if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
            failed.append(name)
        seconds[name] = time.monotonic() - began
    for name, taken in seconds.items():
        print(f"{name:8} {taken:6.0f} s{'   FAILED' if name in failed else ''}")
    print(f"{'total':8} {sum(seconds.values()):6.0f} s")
    if options.soak and options.soak != "all":
        print(f"repeat with: make soak SEED={options.soak}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
