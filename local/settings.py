"""Settings of `make run`, and the paths in a stack's state folder."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from local import ports, sam_template
from tools.package import local_build


@dataclass(frozen=True)
class Settings:
    port: int
    state: Path
    template: Path = sam_template.TEMPLATE
    python: str = sys.executable
    shows_logs: bool = False
    has_demo: bool = True
    is_built: bool = False

    @property
    def base_url(self) -> str:
        return f"http://{ports.LOOPBACK}:{self.port}"

    @property
    def data(self) -> Path:
        return self.state / "data"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def runs(self) -> str:
        """What is run, in words: what is deployed is the package."""
        if self.is_built:
            return f"the built package, from {self.template.parent}"
        return "the source tree, as it is now; BUILT=1 runs the package that is deployed"

    @property
    def demo(self) -> Path:
        return self.state / "demo.json"


def from_command_line() -> Settings:
    """Read the settings. Raises BuildFailed if the requested package cannot be built."""
    parser = argparse.ArgumentParser(prog="make run")
    parser.add_argument("--port", type=int, default=3000)
    parser.add_argument("--state", type=Path, default=Path(".local"))
    parser.add_argument("--template", type=Path, default=sam_template.TEMPLATE)
    parser.add_argument("--log", action="store_true")
    parser.add_argument("--built", action="store_true")
    parser.add_argument("--no-demo", action="store_true")
    given = parser.parse_args()
    state = given.state.resolve()
    path, python = local_build(state / "built") if given.built else (given.template, sys.executable)
    return Settings(given.port, state, path, python, given.log, not given.no_demo, given.built)
