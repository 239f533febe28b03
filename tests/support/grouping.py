"""How tests are shared out over the workers of pytest-xdist: which stay together, and which come
first.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable

import pytest

# The longest first, so that no worker waits for another one at the end. Folders or files, as glob
# patterns.
LONGEST_FIRST = (
    "tests/browser/console/*",
    "tests/browser/*",
    "tests/contract/*",
    "tests/rehearsal/*",
    "tests/template/test_package.py",
    "tests/concurrency/test_kills_under_load.py",
    "tests/local/*",
    "tests/template/*",
    "tests/proofs/*",
    "tests/integration/*",
    "tests/concurrency/*",
)
# Running services by the fixture that starts them; tests/contract names them so in its parameter.
TARGETS = {
    "source_stack": "source",
    "built_stack": "built",
    "deployment": "rehearsal",
    "emulator": "rehearsal",
}
# Each test is a unit of work: these files have no fixture that is worth sharing.
SPLIT = ("tests/proofs/*", "tests/local/test_stack.py")
# Coverage slows these searches by more than two, and other tests cover the same code.
WITHOUT_COVERAGE = ("tests/proofs/*",)


def arrange(items: list[pytest.Item]) -> None:
    """Sort the tests, and mark each with the group that one worker runs as a whole."""
    items.sort(key=lambda item: _rank(_path(item)))  # a stable sort: the order within a file stays
    for item in items:
        if group := _group(item):
            item.add_marker(pytest.mark.xdist_group(group))
        if _matches(_path(item), WITHOUT_COVERAGE):
            item.add_marker(pytest.mark.no_cover)


def _group(item: pytest.Item) -> str | None:
    if target := _target(item):
        return target
    path = _path(item)
    return None if _matches(path, SPLIT) else path


def _target(item: pytest.Item) -> str | None:
    """The running service that the test needs: each takes seconds to start."""
    parameters = getattr(item, "callspec", None)
    if parameters is not None and (target := parameters.params.get("target")) in TARGETS.values():
        return str(target)
    fixtures = getattr(item, "fixturenames", ())
    return next((target for fixture, target in TARGETS.items() if fixture in fixtures), None)


def _path(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _rank(path: str) -> int:
    return next(
        (rank for rank, pattern in enumerate(LONGEST_FIRST) if fnmatch.fnmatch(path, pattern)),
        len(LONGEST_FIRST),
    )


def _matches(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)
