"""How tests are shared out over the workers of pytest-xdist: which stay together, and which come first."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable

import pytest

# The longest first, so that no worker waits for another one at the end. Folders or files, as glob patterns.
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
# Each test is a unit of work: these files have no fixture that is worth sharing.
SPLIT = ("tests/proofs/*", "tests/local/test_stack.py")
# Stacks that take long to make, by the contract suite's target and by fixture: one worker makes each.
_TARGETS = {"source": "stack", "built": "built", "rehearsal": "rehearsal"}
_SHARED = {"built_stack": "built", "emulator": "rehearsal", "deployment": "rehearsal"}
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
    path, callspec = _path(item), getattr(item, "callspec", None)
    if callspec and "target" in callspec.params:
        return _TARGETS[callspec.params["target"]]
    for fixture, group in _SHARED.items():
        if fixture in getattr(item, "fixturenames", ()):
            return group
    if "stack" in getattr(item, "fixturenames", ()):
        return "stack"
    return None if _matches(path, SPLIT) else path


def _path(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _rank(path: str) -> int:
    return next((rank for rank, pattern in enumerate(LONGEST_FIRST) if fnmatch.fnmatch(path, pattern)), len(LONGEST_FIRST))


def _matches(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)
