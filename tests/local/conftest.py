"""Local stacks of a small service, which shows the stack's behaviour without our own code."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from local import ports
from tests.support.stacks import StackProcess

SERVICE = Path(__file__).parent / "service"


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """A copy of the small service that a test may break; the path of its template."""
    return shutil.copytree(SERVICE, tmp_path / "service") / "template.yaml"


@pytest.fixture
def service_stack(new_stack: Callable[..., StackProcess], service: Path) -> StackProcess:
    """A stack of the small service that is not started yet."""
    return new_stack("--template", str(service), "--no-demo")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackProcess]:
    """A running stack of the small service per test module."""
    folder = tmp_path_factory.mktemp("running")
    template = shutil.copytree(SERVICE, folder / "service") / "template.yaml"
    stack = StackProcess(folder / "state", "--template", str(template), "--no-demo")
    try:
        yield stack.start()
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def http(running: StackProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.base_url, timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that this process listens on."""
    with socket.create_server((ports.LOOPBACK, 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture(autouse=True)
def default_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stacks run on the default engine, unless a test names another."""
    monkeypatch.delenv("ENGINE", raising=False)
