"""Fixtures for all tests: the table on real engines and in-process, functions, and the
whole stack.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from local import buckets, engines, sam_template, tables
from tests.support import aws_models, grouping, service
from tests.support import emulator as emulators
from tests.support.deployment import Deployment, build_package
from tests.support.emulator import Emulator
from tests.support.engines import FIRST
from tests.support.functions import load
from tests.support.stacks import StackProcess

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

CREDENTIALS = {**tables.CREDENTIALS, "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    grouping.arrange(items)


@pytest.fixture(scope="session", autouse=True)
def aws_models_parsed_once() -> Iterator[None]:
    with aws_models.parsed_once():
        yield


@pytest.fixture(scope="session", autouse=True)
def no_real_aws() -> Iterator[None]:
    """A test without an endpoint must fail instead of using a real AWS account."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def start_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """`start_engine(name)`: the endpoint of that DynamoDB engine, in memory.

    Each is started once.
    """
    with contextlib.ExitStack() as running:

        @functools.cache
        def start(name: str) -> str:
            folder = tmp_path_factory.mktemp(name)
            engine = running.enter_context(engines.ENGINES[name](folder))
            engines.wait_for(engine)
            return engine.endpoint

        yield start


@pytest.fixture(scope="session")
def engine_name(request: pytest.FixtureRequest) -> str:
    """The default engine; with `on_both_engines`, each engine in turn."""
    return str(getattr(request, "param", FIRST))


@pytest.fixture(scope="session")
def dynamodb(engine_name: str, start_engine: Callable[[str], str]) -> str:
    """The endpoint of a real engine: atomic, unlike moto."""
    return start_engine(engine_name)


@pytest.fixture(scope="session")
def s3_local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of the local S3 server with a bucket named images and the template's
    CORS rules.
    """
    folder = tmp_path_factory.mktemp("s3")
    (properties,) = sam_template.load().buckets.values()
    with engines.s3(folder, folder / "data") as engine:
        engines.wait_for(engine)
        buckets.ensure(engine.endpoint, {"images": properties})
        yield engine.endpoint


@pytest.fixture
def table(dynamodb: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    """A fresh table with the template's schema on the engine; TABLE_NAME and the endpoint
    are set.
    """
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb)
    with service.new_table() as made:
        monkeypatch.setenv("TABLE_NAME", made.name)
        yield made


@pytest.fixture
def moto_table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    """The same table in-process. moto is not atomic, so it proves nothing about concurrency."""
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
    with mock_aws(), service.new_table() as made:
        monkeypatch.setenv("TABLE_NAME", made.name)
        yield made


@pytest.fixture
def load_function(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """`load_function("redeem")` imports functions/redeem/app.py again, under its own module name.

    Every folder's module is called app. Set the environment first: functions read it as they are
    imported.
    """

    return partial(load, patch=monkeypatch)


@pytest.fixture(scope="session")
def source_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackProcess]:
    """The complete service as `make run` starts it, on its own port and data."""
    running = StackProcess(tmp_path_factory.mktemp("stack") / "state")
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture(scope="session")
def stack(source_stack: StackProcess) -> dict[str, Any]:
    """What the running stack's demo.json holds."""
    return source_stack.demo


@pytest.fixture(scope="session")
def built_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackProcess]:
    """The same from the built package: `make run BUILT=1`."""
    running = StackProcess(tmp_path_factory.mktemp("built") / "state", "--built")
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """MiniStack, with IAM enforced."""
    with emulators.emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built template of the package for the emulator."""
    return build_package(tmp_path_factory.mktemp("package") / "build")


@pytest.fixture(scope="session")
def deployment(emulator: Emulator, package: Path) -> Deployment:
    """The service as `sam deploy` makes it, on the emulator."""
    made = Deployment(emulator, package, "couponflow")
    made.deploy()
    return made


@pytest.fixture
def new_stack(tmp_path: Path) -> Iterator[Callable[..., StackProcess]]:
    """`new_stack(*options)`: a new stack, not started, which the test may start, stop and kill."""
    made: list[StackProcess] = []

    def new(*options: str, state: str = "state", port: int | None = None) -> StackProcess:
        made.append(StackProcess(tmp_path / state, *options, port=port))
        return made[-1]

    yield new
    for running in made:
        running.stop()
