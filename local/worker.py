"""One process per execution environment, as on Lambda: one request at a time each."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.child_processes import Ledger, tied_to_parent
from local.runtime_api import Answer, Invocation, RuntimeApi
from local.sam_template import Function

# Lambda allows 10 s, but does not start all environments on the two cores of a laptop.
INIT_SECONDS = 30
LONGEST_LOG_LINE = 1024 * 1024


@dataclass(frozen=True)
class Surroundings:
    """Settings that all functions of a stack share."""

    python: str
    environment: Mapping[str, str]
    logs: Path
    ledger: Ledger
    shows_logs: bool
    say: Callable[[str], None]

    def log_of(self, function: Function) -> Path:
        return self.logs / f"{function.name}.log"

    def environment_of(self, function: Function, runtime_api: str) -> dict[str, str]:
        return {
            **function.environment,
            **self.environment,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_LAMBDA_RUNTIME_API": runtime_api,
            "LAMBDA_TASK_ROOT": str(function.folder),
            "PYTHONPATH": os.pathsep.join(map(str, function.python_path)),
            "_HANDLER": function.handler,
        }


class Worker:
    """One execution environment: a process under awslambdaric and the Runtime API that feeds it."""

    def __init__(self, function: Function, surroundings: Surroundings) -> None:
        self._function = function
        self._surroundings = surroundings
        self._api = RuntimeApi(function.name)
        self._process: asyncio.subprocess.Process | None = None
        self._ended: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._echo: asyncio.Task[None] | None = None

    @property
    def is_alive(self) -> bool:
        return not self._ended.done()

    async def start(self) -> Answer | None:
        """Start the worker. Returns None when it is ready, else the error."""
        await self._spawn(await self._api.start())
        ready = self._api.ready
        await asyncio.wait(
            {ready, self._ended}, timeout=INIT_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if ready.done():
            return None
        if self._ended.done():
            return self._api.init_error or self._exit_error()
        return Answer.failure(
            "Sandbox.Timedout", f"Init timed out after {INIT_SECONDS:.2f} seconds"
        )

    async def invoke(self, event: bytes) -> Answer:
        timeout = self._function.timeout
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._api.invoke(Invocation(str(uuid.uuid4()), event, time.time() + timeout, answer))
        await asyncio.wait(
            {answer, self._ended}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        if answer.done():
            given: Answer = answer.result()
            return given
        if self._ended.done():
            return self._exit_error()
        await self.stop()
        return Answer.failure(
            "Sandbox.Timedout", f"Task timed out after {timeout:.2f} seconds", timed_out=True
        )

    async def stop(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._ended
        if self._echo is not None:
            await self._echo
        await self._api.stop()

    async def _spawn(self, address: str) -> None:
        around, function = self._surroundings, self._function
        log = around.log_of(function)
        with log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *(around.python, "-m", "awslambdaric", function.handler),
                cwd=function.folder,
                env=around.environment_of(function, address),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if around.shows_logs else output,
                stderr=asyncio.subprocess.STDOUT,
                # Ctrl-C reaches only the stack, which then ends the workers.
                start_new_session=True,
                preexec_fn=tied_to_parent(signal.SIGKILL),
                limit=LONGEST_LOG_LINE,
            )
        around.ledger.add(self._process.pid, function.name)
        self._ended = asyncio.create_task(self._process.wait())
        if self._process.stdout is not None:
            self._echo = asyncio.create_task(self._show(self._process.stdout, log))

    def _exit_error(self) -> Answer:
        return Answer.failure(
            "Runtime.ExitError", f"Runtime exited with status {self._ended.result()}"
        )

    async def _show(self, lines: asyncio.StreamReader, log: Path) -> None:
        with log.open("ab", buffering=0) as kept:
            while line := await lines.readline():
                kept.write(line)
                self._surroundings.say(
                    f"{self._function.name} | {line.decode(errors='replace').rstrip()}"
                )
