"""Workers of one function: one per concurrent request, up to a cap."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

from local.runtime_api import Answer
from local.sam_template import Function
from local.worker import Surroundings, Worker


class Pool:
    """The workers of one function. Requests beyond the cap wait in order of arrival."""

    def __init__(self, function: Function, surroundings: Surroundings, cap: int) -> None:
        self.function = function
        self._surroundings = surroundings
        self._turn = asyncio.Semaphore(cap)
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()

    async def warm(self) -> str | None:
        """Start one worker before the first request. Returns None, or the error in one line."""
        async with self._turn:
            worker = await self._new_worker()
            if isinstance(worker, Answer):
                return self._in_words("does not start", worker)
            self._idle.append(worker)
            return None

    async def invoke(self, event: bytes) -> Answer:
        async with self._turn:
            worker = await self._idle_worker()
            if isinstance(worker, Answer):
                self._surroundings.say(self._in_words("does not start", worker))
                return worker
            answer = await worker.invoke(event)
            if worker.is_alive:
                self._idle.append(worker)
            else:
                await self._drop(worker)
        if answer.is_error:
            self._surroundings.say(self._in_words("failed", answer))
        return answer

    async def stop(self) -> None:
        await asyncio.gather(*(worker.stop() for worker in self._all))

    async def _idle_worker(self) -> Worker | Answer:
        while self._idle:
            worker = self._idle.pop()
            if worker.is_alive:
                return worker
            await self._drop(worker)
        return await self._new_worker()

    async def _new_worker(self) -> Worker | Answer:
        worker = Worker(self.function, self._surroundings)
        self._all.add(worker)
        failure = await worker.start()
        if failure is None:
            return worker
        await self._drop(worker)
        return failure

    async def _drop(self, worker: Worker) -> None:
        self._all.discard(worker)
        await worker.stop()

    def _in_words(self, what: str, failure: Answer) -> str:
        error = json.loads(failure.payload)
        place = _place(error.get("stackTrace") or [])
        words = f"{error.get('errorType')}: {error.get('errorMessage')}{place}"
        return (
            f"{self.function.name} {what}: {words}, see {self._surroundings.log_of(self.function)}"
        )


def _place(stack_trace: list[str]) -> str:
    """Location of an error as ` (service.py:12)`."""
    found = re.search(r'File "(.+?)", line (\d+)', stack_trace[-1]) if stack_trace else None
    return f" ({Path(found[1]).name}:{found[2]})" if found else ""
