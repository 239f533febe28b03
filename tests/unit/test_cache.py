"""Cached entries expire in time, even if one of the two clocks stops or is set back."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable

import pytest

from couponflow.cache import CACHE_CLOCK, CacheClock, ExpiringCache
from tests.support.service import ENVIRONMENT, set_all
from tests.unit.test_imports import MODULES, imports, name_of

KEPT = 10.0


class Clocks:
    """The two clocks of a machine; a test moves them."""

    wall, monotonic = 1_800_000_000.0, 50.0

    def cache(self) -> ExpiringCache[str, int]:
        made: ExpiringCache[str, int] = ExpiringCache(
            9, KEPT, CacheClock(lambda: self.wall, lambda: self.monotonic)
        )
        made["entry"] = 1
        return made


@pytest.mark.parametrize(
    ("wall", "monotonic"), [(KEPT, 0), (0, KEPT), (KEPT, KEPT), (5, KEPT), (KEPT, 5), (KEPT, -5)]
)
def test_entry_expires_by_the_faster_clock(wall, monotonic):
    clocks = Clocks()
    made = clocks.cache()
    clocks.wall += wall
    clocks.monotonic += monotonic
    assert "entry" not in made


def test_entry_stays_until_one_clock_reaches_its_age():
    clocks = Clocks()
    made = clocks.cache()
    clocks.wall += KEPT - 0.01
    clocks.monotonic += KEPT - 0.01
    assert made["entry"] == 1


def test_entry_expires_when_the_wall_clock_goes_back():
    clocks = Clocks()
    made = clocks.cache()
    clocks.wall -= 0.5
    assert "entry" not in made
    made["entry"] = 2
    clocks.wall += 1
    assert made["entry"] == 2, "an entry stored after the correction is as young as it looks"


def test_freezes_between_requests_add_up():
    clocks = Clocks()
    made = clocks.cache()
    for _ in range(4):  # frozen for two seconds, awake for half a second
        assert "entry" in made
        clocks.wall += 2.5
        clocks.monotonic += 0.5
    assert "entry" not in made


def _references(tree: ast.AST, name: str) -> bool:
    return any(
        (isinstance(node, ast.Name) and node.id == name)
        or (isinstance(node, ast.Attribute) and node.attr == name)
        for node in ast.walk(tree)
    )


def clock_faults(source: str) -> list[str]:
    """Classes that expire entries by the monotonic clock, and timed caches other than ours."""
    faults = []
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.ClassDef)
            and _references(node, "ExpiringCache")
            and _references(node, "monotonic")
        ):
            faults.append(f"{node.name} uses the monotonic clock")
        if isinstance(node, ast.Name | ast.Attribute) and _references(node, "TTLCache"):
            faults.append("TTLCache beside ours")
    return faults


@pytest.mark.parametrize("path", [path for path in MODULES if path.stem != "cache"], ids=name_of)
def test_no_cache_is_timed_by_the_monotonic_clock(path):
    assert not clock_faults(path.read_text())
    assert not [
        name
        for name in imports(path)
        if name.startswith("cachetools") and not name.endswith(".LRUCache")
    ]


@pytest.mark.parametrize(
    "source",
    [
        "class Keys:\n def __init__(self, timer=time.monotonic): self.keys = ExpiringCache(9, 9, "
        "timer)",
        "class Keys:\n def __init__(self): self.keys = TTLCache(9, 9)",
        "class Keys:\n def __init__(self): self.keys = cachetools.TTLCache(9, 9, time.time)",
    ],
)
def test_control_check_finds_a_cache_with_another_clock(source):
    assert clock_faults(source)


@pytest.mark.parametrize(
    "function", ["coupons", "redeem_page", "redeem", "distribute", "operator", "images"]
)
def test_every_cache_of_a_function_uses_the_shared_clock(
    function, load_function, monkeypatch: pytest.MonkeyPatch
):
    set_all(monkeypatch, ENVIRONMENT)
    clocks: list[object] = []

    def record(
        self: ExpiringCache[object, object],
        most: int,
        seconds: float,
        clock: Callable[[], float] = CACHE_CLOCK,
    ) -> None:
        clocks.append(clock)
        construct(self, most, seconds, clock)

    construct = ExpiringCache.__init__
    monkeypatch.setattr(ExpiringCache, "__init__", record)
    load_function(function)
    assert clocks or function == "operator"
    assert all(clock is CACHE_CLOCK for clock in clocks)


def test_shared_clock_combines_wall_and_monotonic_time():
    assert (CACHE_CLOCK.wall, CACHE_CLOCK.monotonic) == (time.time, time.monotonic)
