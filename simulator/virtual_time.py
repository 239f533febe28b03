"""Virtual time: concurrent processes in one thread, in an order that a seed determines."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable

from greenlet import getcurrent, greenlet


class Scheduler:
    """Processes on virtual time. Equal seeds give equal runs."""

    def __init__(self, seed: int = 0) -> None:
        self.now = 0.0
        self.dice = random.Random(seed)
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._count = 0
        self._hub = getcurrent()

    def call_at(self, moment: float, do: Callable[[], object]) -> None:
        self._count += 1
        heapq.heappush(self._due, (moment, self._count, do))

    def start(self, run: Callable[[], object], at: float | None = None) -> None:
        """Start a process, which may `sleep`."""
        process = greenlet(run, parent=self._hub)
        self.call_at(self.now if at is None else at, process.switch)

    def sleep(self, seconds: float) -> None:
        self.call_at(self.now + seconds, getcurrent().switch)
        self._hub.switch()

    def timer(self) -> float:
        return self.now

    def run(self) -> None:
        """Run until no event is left."""
        while self._due:
            self.now, _, do = heapq.heappop(self._due)
            do()
