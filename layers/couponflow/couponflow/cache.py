"""The one kind of cache: entries expire by the wall clock and by the monotonic clock, whichever is
first.
"""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from cachetools import TTLCache

Key = TypeVar("Key")
Value = TypeVar("Value")

# Longer than any entry is kept: the wall clock went back, so the age of every entry is unknown.
_EXPIRE_ALL = 7 * 24 * 3_600.0


class CacheClock:
    """Seconds since the environment started, counted by the faster of two clocks.

    Lambda freezes an environment between requests. The monotonic clock may stop then, and the wall
    clock may be set. So each interval between two calls counts as long as the longer of the two
    says.
    """

    def __init__(
        self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.wall, self.monotonic = wall, monotonic
        self._lock = threading.Lock()
        self._elapsed, self._last_wall, self._last_monotonic = 0.0, wall(), monotonic()

    def __call__(self) -> float:
        """The seconds so far."""
        with self._lock:
            wall, monotonic = self.wall(), self.monotonic()
            passed = wall - self._last_wall
            if passed < 0:
                self._elapsed += _EXPIRE_ALL
            self._elapsed += max(passed, monotonic - self._last_monotonic)
            self._last_wall, self._last_monotonic = wall, monotonic
            return self._elapsed


# One for each execution environment.
CACHE_CLOCK = CacheClock()


class ExpiringCache(TTLCache[Key, Value]):
    """A bounded cache.

    An entry is gone `seconds` after it was stored, also if the environment was frozen.
    """

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = CACHE_CLOCK) -> None:
        super().__init__(most, seconds, clock)
