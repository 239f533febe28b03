"""Local stacks for tests, started as `make run` starts them; a test may kill and restart them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local import ports
from local.child_processes import Child, survivors
from tools.paths import ROOT

PATIENCE_SECONDS = 300


class StackEnded(Exception):
    """The stack ended before it was ready. The message is its output."""


class StackProcess:
    """One stack on a state folder, which can be started, stopped and killed."""

    def __init__(self, state: Path, *options: str, port: int | None = None) -> None:
        self.state = state
        self.options = options
        self.port = port or ports.free_port()
        self.demo: dict[str, Any] = {}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        return f"http://{ports.LOOPBACK}:{self.port}"

    @property
    def said(self) -> str:
        """Its output since the last start."""
        return self._output.read_text()

    @property
    def _output(self) -> Path:
        return self.state.with_suffix(".out")

    def start(self) -> StackProcess:
        """Start the stack and wait until it is ready. Raises StackEnded if it ends instead."""
        ready = self.state / "demo.json"
        ready.unlink(missing_ok=True)
        self.state.parent.mkdir(parents=True, exist_ok=True)
        command = [
            sys.executable,
            "-m",
            "local.stack",
            "--port",
            str(self.port),
            "--state",
            str(self.state),
        ]
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, *self.options],
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "MAKELEVEL": "1"},
            )
        process = self.process
        wait_until(lambda: ready.exists() or process.poll() is not None)
        if not ready.exists():
            raise StackEnded(self.said)
        self.demo = json.loads(ready.read_text())
        return self

    def stop(self) -> None:
        """Stop the stack like Ctrl-C."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(PATIENCE_SECONDS)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE_SECONDS)

    def children(self) -> list[Child]:
        """Its running engines and workers."""
        return survivors(self.state / "processes")


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {PATIENCE_SECONDS} s without success")
        time.sleep(0.02)
