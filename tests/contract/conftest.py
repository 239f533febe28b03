"""The contract over HTTP, against the same service three times: from source, from the package,
deployed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.support import targets
from tests.support.api import Api
from tests.support.targets import Target

# The emulator starts a process for every request that no idle one can take: no place for load.
NO_LOAD = "rehearsal"


@pytest.fixture(scope="session", params=["source", "built", NO_LOAD])
def target(request: pytest.FixtureRequest) -> Target:
    """The running service."""
    if request.param == NO_LOAD:
        return targets.of_deployment(request.getfixturevalue("deployment"))
    name = {"source": "source_stack", "built": "built_stack"}[request.param]
    return targets.of_stack(request.getfixturevalue(name))


@pytest.fixture(scope="session")
def http(target: Target) -> Iterator[httpx.Client]:
    with target.client() as client:
        yield client


@pytest.fixture(scope="session")
def api(target: Target, http: httpx.Client) -> Api:
    """An organisation per target; each test creates its own coupons."""
    return target.new_organisation(http)


@pytest.fixture
def new_api(target: Target, http: httpx.Client) -> Callable[[], Api]:
    """`new_api()`: a new organisation for this test."""
    return lambda: target.new_organisation(http)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the load cases out where the emulator would measure itself."""
    left_out = [
        item for item in items if item.get_closest_marker("load") and _target_of(item) == NO_LOAD
    ]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _target_of(item: pytest.Item) -> object:
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("target") if callspec else None
