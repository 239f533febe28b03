"""P9 to P12: cold starts in fresh processes, the handler's own CPU, and the package.

CPU seconds of whole processes, both sides in turn: what else runs on the machine counts for neither.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from local import build
from local.tools import ROOT

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
BASELINE = 'import boto3; boto3.client("dynamodb")'
START = "import app"


@dataclass(frozen=True)
class Package:
    """Where functions and layer lie, and the Python that runs them."""

    python: str
    layer: Path
    functions: dict[str, Path]
    is_built: bool


def from_source() -> Package:
    functions = {name: ROOT / "functions" / name for name in FUNCTIONS}
    return Package(sys.executable, ROOT / "layers" / "couponflow", functions, False)


def built(folder: Path) -> Package:
    """Raises BuildFailed."""
    template, python = build.local_build(folder)
    here = template.parent
    return Package(python, here / "CouponflowLayer" / "python", {name: here / part for name, part in FUNCTIONS.items()}, True)


def cpu_seconds(package: Package, code: str, function: str | None = None) -> float:
    """Of one fresh process."""
    path = [str(package.layer), *([str(package.functions[function])] if function else [])]
    if not package.is_built:
        path.append(str(ROOT))
    child = subprocess.Popen(
        [package.python, "-c", code],
        env={**ENVIRONMENT, "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(path)},
        cwd=tempfile.gettempdir(),
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"{function or 'baseline'} does not start")
    return used.ru_utime + used.ru_stime


def cold_starts(package: Package, rounds: int = 15) -> dict[str, float]:
    """Medians, in terms of boto3's DynamoDB client ready."""
    seconds: dict[str, list[float]] = {name: [] for name in ("baseline", *FUNCTIONS)}
    for number in range(rounds + 1):
        taken = {"baseline": cpu_seconds(package, BASELINE)}
        taken |= {name: cpu_seconds(package, START, name) for name in FUNCTIONS}
        if number:  # the first round fills caches
            for name, each in taken.items():
                seconds[name].append(each)
    medians = {name: statistics.median(each) for name, each in seconds.items()}
    return {"milliseconds of the baseline": 1000 * medians["baseline"]} | {
        name: medians[name] / medians["baseline"] for name in FUNCTIONS
    }


def handler_ratio(package: Package) -> float:
    """CPU of the redeem handler to that of the bare boto3 call it must make, with the network stubbed in both."""
    path = os.pathsep.join([str(package.layer), str(package.functions["redeem"])])
    done = subprocess.run(
        [package.python, str(ROOT / "bench" / "handler_cpu.py")],
        env={**ENVIRONMENT, "PATH": os.environ["PATH"], "PYTHONPATH": path, "POWERTOOLS_LOG_LEVEL": "INFO"},
        capture_output=True,
        text=True,
        check=True,
    )
    ratio: float = json.loads(done.stdout.splitlines()[-1])["ratio"]
    return ratio


def package_size(package: Package) -> tuple[float, int]:
    """MB of redeem's zip and the layer unpacked, and how many of their .py files have no .pyc."""
    parts = [package.layer, package.functions["redeem"]]
    files = [file for part in parts for file in part.rglob("*") if file.is_file()]
    sources = [file for file in files if file.suffix == ".py"]
    bare = [file for file in sources if not list((file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"))]
    return sum(file.stat().st_size for file in files) / 1_000_000, len(bare)
