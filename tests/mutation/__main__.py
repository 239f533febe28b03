"""`make mutants`: break each rule of the core in copies of the project and run the tests.

Lists the mutants that no test notices; then the exit code is 1. ONLY=word runs mutants whose label
contains the word.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
from functools import partial
from multiprocessing.queues import SimpleQueue
from pathlib import Path

import boto3
import hypothesis.stateful
import pytest

from tests.mutation.mutant import CORE, Mutant, read
from tools.paths import ROOT

# Imported once, because the processes for mutants are forked from this one.
PRELOADED = (boto3, hypothesis.stateful)
# A worker process holds one copy of the project and forks a process per mutant.
FORK = multiprocessing.get_context("fork")
OURS = ("tests", "local", "simulator", "tools", "couponflow")
NOT_COPIED = (
    ".git",
    ".venv",
    ".local",
    ".aws-sam",
    "node_modules",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
)
# Fast stages first. Each stage runs only the mutants that no earlier stage noticed.
PROOFS = (
    "entry_points",
    "record_lists",
    "single_calls",
    "interleavings",
    "interrupted_changes",
    "lost_answers",
    "faults",
    "many_uses",
    "model",
)
STORED = (
    "records",
    "export",
    "tenants",
    "till",
    "link_uses",
    "repetition_by_code",
    "distribute",
    "redeem_page_settings",
    "erasure",
    "lost_answers",
)
STAGES = [
    [
        "tests/unit/test_rules.py",
        "tests/unit/test_own_ends_and_periods.py",
        *(f"tests/proofs/test_{name}.py" for name in PROOFS),
    ],
    ["tests/proofs/test_exhaustive.py"],
    [f"tests/integration/test_{name}.py" for name in STORED],
    [
        "tests/proofs/test_schedules.py",
        "tests/unit",
        "tests/concurrency/test_changes_under_load.py",
    ],
]
# Controls break rules themselves.
NO_CONTROLS = "not test_control_"


def main() -> int:
    unnoticed = [
        mutant
        for mutant in read()
        if not mutant.is_excused and os.environ.get("ONLY", "") in mutant.label
    ]
    count, began = len(unnoticed), time.monotonic()
    workers = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        copies = FORK.SimpleQueue()
        for number in range(workers):
            copies.put(copy_project(Path(folder) / f"project{number}"))
        with FORK.Pool(workers, take_copy, [copies]) as pool:
            for number, stage in enumerate(STAGES, 1):
                if not unnoticed:
                    break
                stage_began = time.monotonic()
                if failed := pool.apply(failure, [stage, 3_600]):
                    print(f"{failed} fails without any mutant")
                    return 2
                # A mutant may loop endlessly. The other workers may slow a stage.
                seconds = 30 + 5 * workers * round(time.monotonic() - stage_began)
                print(f"stage {number} of {len(STAGES)}: {len(unnoticed)} mutants", flush=True)
                noticed = pool.imap(partial(is_noticed, stage, seconds), unnoticed)
                unnoticed = [
                    mutant
                    for mutant, is_known in zip(unnoticed, noticed, strict=True)
                    if not is_known
                ]
    minutes = (time.monotonic() - began) / 60
    print(f"{count - len(unnoticed)} of {count} mutants noticed, in {minutes:.0f} min")
    print(*(f"NOT NOTICED  {mutant.label}" for mutant in unnoticed), sep="\n")
    return 1 if unnoticed else 0


def copy_project(copy: Path) -> Path:
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*NOT_COPIED), symlinks=True)
    for shared in (".venv", ".local"):
        (copy / shared).symlink_to(ROOT / shared)
    return copy


def take_copy(copies: SimpleQueue[Path]) -> None:
    """Give this worker process a copy of the project, as its working directory."""
    os.chdir(copies.get())


def is_noticed(stage: list[str], seconds: int, mutant: Mutant) -> bool:
    broken = Path(CORE.relative_to(ROOT), mutant.file)
    source = broken.read_text()
    _write(broken, mutant.applied_to(source))
    failed = failure(stage, seconds)
    _write(broken, source)
    print(f"  {mutant.label}: {failed or 'not yet'}", flush=True)
    return failed is not None


def _write(path: Path, source: str) -> None:
    path.write_text(source)
    # Python would reuse the bytecode, because the source's time stamp may be equal.
    shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)


def failure(stage: list[str], seconds: int) -> str | None:
    """The name of the first test that fails in this worker's copy; None if all pass."""
    copy = Path.cwd()
    output_path = copy.with_suffix(".out")
    output_path.touch()
    child = os.fork()
    if not child:
        os.setsid()
        signal.signal(signal.SIGALRM, lambda *_: os.killpg(0, signal.SIGKILL))
        signal.alarm(seconds)
        code = 3
        try:
            code = _run(stage, output_path)
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "timed out"
    lines = [
        line
        for line in output_path.read_text().splitlines()
        if line.startswith(("FAILED", "ERROR"))
    ]
    return None if status == 0 else next(iter(lines), "failed").split(" - ")[0]


def _run(stage: list[str], output_path: Path) -> int:
    output = output_path.open("w")
    for stream in (1, 2):
        os.dup2(output.fileno(), stream)
    os.environ["MUTANTS"] = "1"
    sys.path[:] = [path for path in sys.path if path not in ("", str(ROOT))]
    for name in [name for name in sys.modules if name.split(".")[0] in OURS]:
        del sys.modules[name]
    quiet = ["-q", "--no-header", "--tb=no", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return pytest.main(["-x", *quiet, "-p", "no:cacheprovider", "-k", NO_CONTROLS, *stage])


if __name__ == "__main__":
    sys.exit(main())
