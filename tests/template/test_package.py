"""The template is valid, and the built package runs without any other library."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader

from layers.couponflow.build import SERVICES, find_python
from tests.support import permissions
from tests.support.stacks import StackProcess
from tests.template.tools import source
from tools.package import RUNTIME, build_once, sizes
from tools.paths import ROOT, SAM

pytestmark = pytest.mark.slow
MEGABYTE = 1_000_000
ELF_MACHINE, AARCH64 = slice(18, 20), 183


@pytest.fixture(scope="module")
def deployable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of `make build` for the deployed architecture."""
    return build_once("arm64", tmp_path_factory.mktemp("build") / "arm64").parent


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_sam_validates_the_template():
    command = [str(SAM / "bin" / "sam"), "validate", "--lint", "--region", "us-east-1"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "SAM_CLI_TELEMETRY": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "is a valid SAM Template" in done.stdout) == (0, True), (
        done.stdout + done.stderr
    )


def test_layer_is_built_for_the_chosen_architecture(deployable):
    libraries = list(deployable.rglob("*.so"))
    assert libraries
    assert {int.from_bytes(path.read_bytes()[ELF_MACHINE], "little") for path in libraries} == {
        AARCH64
    }


def test_build_without_uv_gives_an_identical_layer(deployable, tmp_path):
    source = shutil.copytree(ROOT / "layers" / "couponflow", tmp_path / "source")
    environment = {**os.environ, "ARCH": "arm64", "PATH": "/usr/bin:/bin"}
    assert shutil.which("uv", path=environment["PATH"]) is None
    subprocess.run(
        [sys.executable, str(source / "build.py"), str(tmp_path / "pip")],
        env=environment,
        check=True,
    )
    assert contents(deployable / "CouponflowLayer") == contents(tmp_path / "pip") != {}


@pytest.mark.skipif(
    find_python(RUNTIME) is None,
    reason=f"no Python {RUNTIME} on this machine compiles for Lambda's",
)
def test_every_source_file_has_its_bytecode(deployable):
    sources = list(deployable.rglob("*.py"))
    tag = f"cpython-{RUNTIME.replace('.', '')}"
    without = [
        path
        for path in sources
        if not (path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc").exists()
    ]
    assert sources and without == []


@pytest.mark.parametrize("service", ["dynamodb", "s3", "sqs"])
def test_layer_clients_have_every_operation_and_field(deployable, service):
    data = deployable / "CouponflowLayer" / "python" / "botocore" / "data"
    built = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    kept, whole = (loader.load_service_model(service, "service-2") for loader in (built, Loader()))
    assert kept["operations"].keys() == whole["operations"].keys()
    assert {name: fields(shape) for name, shape in kept["shapes"].items()} == {
        name: fields(shape) for name, shape in whole["shapes"].items()
    }
    assert "documentation" not in kept


def fields(shape: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """A shape's members without documentation; a member itself may be named "documentation"."""
    return {
        name: {about: value for about, value in member.items() if about != "documentation"}
        for name, member in shape.get("members", {}).items()
    }


def test_licence_of_every_library_is_included(deployable):
    lock = (ROOT / "layers" / "couponflow" / "requirements.txt").read_text()
    libraries = {
        line.split("==")[0].replace("-", "_") for line in lock.splitlines() if "==" in line
    }
    kept = {
        path.name.rpartition("-")[0]
        for path in (deployable / "CouponflowLayer" / "python" / "licenses").iterdir()
    }
    assert {name.lower() for name in kept} >= libraries


def test_redeem_package_stays_small(deployable):
    size = sizes(deployable)
    assert size["RedeemFunction"] + size["CouponflowLayer"] <= 25 * MEGABYTE


@pytest.fixture
def any_service() -> Iterator[str]:
    """Endpoint of a server that responds to every request with an empty document."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), EmptyAnswers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class EmptyAnswers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        body = b"{}" if "x-amz-target" in self.headers else b"<Answer/>"
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = answer

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_built_layer_alone_can_call_every_operation(
    built_stack: StackProcess, any_service: str, service: str
):
    """No call reads a file that the build removes from botocore, before or after the request."""
    script = Path(__file__).with_name("call_every_operation.py")
    layer = built_stack.state / "built" / "CouponflowLayer" / "python"
    command = [runtime_python(built_stack), "-I", str(script), str(layer), any_service, service]

    done = subprocess.run(command, env={}, capture_output=True, text=True, check=True)

    assert done.stdout == ""
    assert int(done.stderr.split()[-1]) > 20


def test_functions_need_only_the_kept_services():
    """A function that calls another service needs it in SERVICES and in the test above."""
    allowed = {
        action.partition(":")[0]
        for function in permissions.functions(source())
        for statement in permissions.statements(source(), function)
        for action in [statement["Action"]] * isinstance(statement["Action"], str)
        or statement["Action"]
    }
    assert allowed - {"logs", "xray"} == SERVICES


def test_runtime_has_none_of_our_libraries(built_stack):
    environment = runtime_python(built_stack)
    names = ("awslambdaric", "boto3", "pydantic")
    ask = f"import importlib.util as u; print([u.find_spec(n) is not None for n in {names}])"
    found = subprocess.run(
        [environment, "-c", ask], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert found == "[True, False, False]"
    assert importlib.util.find_spec("boto3") is not None


def runtime_python(stack: StackProcess) -> str:
    """The Python that runs the stack's functions."""
    (python,) = {
        Path(f"/proc/{child.pid}/cmdline").read_bytes().split(b"\0")[0].decode()
        for child in stack.children()
        if child.name.endswith("Function")
    }
    return python
