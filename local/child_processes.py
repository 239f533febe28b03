"""Child processes that never outlive the stack, and the cleanup after a killed stack."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
PATIENCE_SECONDS = 10
_libc = ctypes.CDLL(None)


class StackFailed(Exception):
    """Why the stack can't run, in one line."""


def tied_to_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """A preexec function: the child gets `death_signal` when its parent ends for any reason.

    Call Popen from the main thread: the kernel watches the parent's thread, not its process.
    """
    parent = os.getpid()

    def tie() -> None:
        die_with_parent(death_signal)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return tie


def die_with_parent(death_signal: signal.Signals) -> None:
    _libc.prctl(PR_SET_PDEATHSIG, death_signal)


def end(process: subprocess.Popen[bytes]) -> None:
    """End the process by SIGTERM, then by SIGKILL, which can cost DynamoDB Local its last
    transaction.
    """
    process.terminate()
    try:
        process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def claimed(state: Path, base_url: str) -> Iterator[Ledger]:
    """Lock the state folder for this stack and end the processes that a killed stack left."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise StackFailed(f"a stack already runs on {state}: {lock.read()}") from None
        lock.truncate(0)
        lock.write(f"{base_url}, pid {os.getpid()}")
        lock.flush()
        ledger = Ledger(state / "processes")
        ledger.end_leftovers()
        try:
            yield ledger
        finally:
            ledger.path.unlink(missing_ok=True)


class Ledger:
    """The stack's processes on disk, so that the next stack can end them after a kill."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, pid: int, name: str) -> None:
        with self.path.open("a") as entries:
            entries.write(f"{pid} {_start_time(pid)} {name}\n")

    def end_leftovers(self) -> None:
        for child in survivors(self.path):
            print(
                f"Ending {child.name} (pid {child.pid}), left behind by a killed stack", flush=True
            )
            _end_leftover(child)
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Child:
    """A process by pid and start time, because a pid alone may be reused."""

    pid: int
    start_time: str
    name: str

    @property
    def is_alive(self) -> bool:
        return _start_time(self.pid) == self.start_time


def survivors(ledger: Path) -> list[Child]:
    """The running processes in a stack's ledger."""
    lines = ledger.read_text().splitlines() if ledger.exists() else []
    entries = (line.split(" ", 2) for line in lines)
    children = [Child(int(pid), start_time, name) for pid, start_time, name in entries]
    return [child for child in children if child.is_alive]


def _end_leftover(child: Child) -> None:
    for by in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, by)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while child.is_alive and time.monotonic() < deadline:
            time.sleep(0.05)


def _start_time(pid: int) -> str:
    """Start time in ticks since boot; empty if the process has ended, reaped or not."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if after_name[0] in "ZX" else after_name[19]
