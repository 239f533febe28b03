"""Full jitter, the one way to wait between tries: each pause is random between 0 and a limit that
doubles.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from couponflow.domain.errors import TryAgain


@dataclass(frozen=True, slots=True)
class Jitter:
    """Pauses in seconds: `first` limits the first one, `longest` all of them."""

    first: float
    longest: float

    def seconds(
        self, tries: int, uniform: Callable[[float, float], float] = random.uniform
    ) -> float:
        """A random pause after `tries` earlier pauses."""
        return uniform(0, min(self.longest, self.first * 2**tries))


# A change of a busy coupon, which competes with every redemption on its shards.
CHANGE = Jitter(first=0.01, longest=0.25)


class Backoff:
    """The pauses of one call, until its `seconds` are over."""

    def __init__(
        self,
        seconds: float,
        pause: Callable[[float], None] = time.sleep,
        timer: Callable[[], float] = time.monotonic,
        jitter: Jitter = CHANGE,
    ) -> None:
        self._ends_at, self._pause, self._timer, self._jitter = (
            timer() + seconds,
            pause,
            timer,
            jitter,
        )
        self._tries = 0

    def wait_or_raise(self) -> None:
        """Pause before the next try. Raises TryAgain when the seconds are over."""
        if self._timer() >= self._ends_at:
            raise TryAgain
        self._pause(self._jitter.seconds(self._tries))
        self._tries += 1
