"""Runs independent reads in parallel threads."""

import threading
from collections.abc import Callable
from typing import Any


def run_parallel(*reads: Callable[[], Any]) -> list[Any]:
    """Return the results in order. Raises the error of the first read that failed."""
    found: list[Any] = [None] * len(reads)
    failed: dict[int, BaseException] = {}

    def read(place: int) -> None:
        try:
            found[place] = reads[place]()
        except BaseException as error:
            failed[place] = error

    threads = [threading.Thread(target=read, args=[place]) for place in range(1, len(reads))]
    for thread in threads:
        thread.start()
    read(0)
    for thread in threads:
        thread.join()
    if failed:
        raise failed[min(failed)]
    return found


def run_sequential(*reads: Callable[[], Any]) -> list[Any]:
    """Run the reads one after the other, for tests."""
    return [read() for read in reads]
