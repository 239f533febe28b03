"""P9 to P12: cold starts in new processes, CPU time of the handler, and package size.

CPU seconds of whole processes, both sides in turn: what else runs on the machine counts for
neither. They are compared with boto3 as anybody installs it, its bytecode compiled too, under the
same Python.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.report import Row, at_most
from tools import package as build
from tools.paths import ROOT, VENV, locked

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_DEFAULT_REGION": "us-east-1",
    "TABLE_NAME": "couponflow",
    "IMAGES_BUCKET": "images",
    "MAX_SHARDS": "16",
    "PUBLIC_BASE_URL": "https://coupons.example",
    "POWERTOOLS_SERVICE_NAME": "couponflow",
}
FUNCTIONS = {
    "redeem": "RedeemFunction",
    "redeem_page": "RedeemPageFunction",
    "coupons": "CouponsFunction",
    "distribute": "DistributeFunction",
}
# The process exits as soon as it is ready: Lambda never shuts a process down in an orderly way.
READY = "; import os; os._exit(0)"
BASELINE = f'import boto3; boto3.client("dynamodb"){READY}'
START = f"import app{READY}"


@dataclass(frozen=True)
class Package:
    """Paths of functions and layer, the Python that runs them, and boto3 alone."""

    python: str
    layer: Path
    functions: dict[str, Path]
    boto3: Path


# What each must be at most, and what it should be: the table of docs/benchmarks.md.
GOALS = {"P9": (0.75, 0.5), "P10": (1.1, 0.9), "P11": (1.0, 0.8), "P12": (20.0, 12.0)}


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        package = built(Path(folder))
        medians = cold_starts(package)
        baseline = medians.pop("baseline")
        yield Row(
            "P9",
            "boto3's DynamoDB client ready, as anybody installs it",
            f"{1000 * baseline:.0f} ms of CPU",
        )
        for name, seconds in medians.items():
            goal = "P9" if name.startswith("redeem") else "P10"
            what = f"cold start of {name} ÷ boto3's client"
            yield at_most(goal, what, seconds / baseline, " ×", *GOALS[goal])
        yield at_most(
            "P11",
            "CPU of redeem's handler ÷ the bare boto3 call",
            handler_ratio(package),
            " ×",
            *GOALS["P11"],
        )
        size, bare = package_size(package)
        yield at_most("P12", "redeem and layer, unpacked", size, " MB", *GOALS["P12"])
        yield at_most("P12", "of their sources without bytecode", bare, "", 0)


def built(folder: Path) -> Package:
    """Raises BuildFailed."""
    template, python = build.local_build(folder)
    here = template.parent
    functions = {name: here / part for name, part in FUNCTIONS.items()}
    return Package(
        python,
        here / "CouponflowLayer" / "python",
        functions,
        _boto3_alone(python, folder / "boto3"),
    )


def _boto3_alone(python: str, target: Path) -> Path:
    lock = target.with_suffix(".txt")
    lock.write_text(
        locked("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
    )
    install = [
        str(VENV / "bin" / "uv"),
        "pip",
        "install",
        "--quiet",
        "--require-hashes",
        "--no-deps",
        "--link-mode",
        "copy",
    ]
    subprocess.run(
        [*install, "--python", python, "--target", str(target), "-r", str(lock)], check=True
    )
    subprocess.run(
        [python, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(target)],
        check=True,
    )
    return target


def cold_starts(package: Package, rounds: int = 15) -> dict[str, float]:
    """Median CPU seconds of a new process until it is ready."""
    seconds: dict[str, list[float]] = {name: [] for name in ("baseline", *FUNCTIONS)}
    for _ in range(rounds + 1):  # the first fills caches
        seconds["baseline"].append(_cpu_seconds(package.python, BASELINE, [package.boto3]))
        for name in FUNCTIONS:
            seconds[name].append(
                _cpu_seconds(package.python, START, [package.layer, package.functions[name]])
            )
    return {name: statistics.median(taken[1:]) for name, taken in seconds.items()}


def _cpu_seconds(python: str, code: str, path: list[Path]) -> float:
    child = subprocess.Popen(
        [python, "-c", code], env=_environment(path), cwd=tempfile.gettempdir()
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"does not start: {code} with {path}")
    return used.ru_utime + used.ru_stime


def _environment(path: list[Path]) -> dict[str, str]:
    found = os.pathsep.join(str(each) for each in path)
    return {
        **ENVIRONMENT,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": found,
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def handler_ratio(package: Package) -> float:
    """CPU of the redeem handler to that of the bare boto3 call it must make, with the network
    stubbed in both.
    """
    done = subprocess.run(
        [package.python, str(ROOT / "bench" / "handler_cpu.py")],
        env=_environment([package.layer, package.functions["redeem"]]),
        stdout=subprocess.DEVNULL,  # log lines
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    ratio: float = json.loads(done.stderr.splitlines()[-1])["ratio"]
    return ratio


def package_size(package: Package) -> tuple[float, int]:
    """MB of redeem's zip and the layer unpacked, and how many of their .py files have no .pyc."""
    parts = [package.layer, package.functions["redeem"]]
    files = [file for part in parts for file in part.rglob("*") if file.is_file()]
    sources = [file for file in files if file.suffix == ".py"]
    bare = [
        file
        for file in sources
        if not list((file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"))
    ]
    return sum(file.stat().st_size for file in files) / 1_000_000, len(bare)
