"""How long a change keeps trying on a busy coupon."""

import random
import time
from collections.abc import Callable

from couponflow.domain.errors import TryAgain

FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.25


class Backoff:
    """Waits between tries, with full jitter, until its seconds are over."""

    def __init__(
        self,
        seconds: float,
        pause: Callable[[float], None] = time.sleep,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ends_at, self._pause, self._timer = timer() + seconds, pause, timer
        self._longest = FIRST_PAUSE

    def wait_or_raise(self) -> None:
        """Raises TryAgain."""
        if self._timer() >= self._ends_at:
            raise TryAgain
        self._pause(random.uniform(0, self._longest))
        self._longest = min(LONGEST_PAUSE, self._longest * 2)
