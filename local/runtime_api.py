"""The Runtime API that Lambda offers to one execution environment: next, response, error,
init/error.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass

from aiohttp import web

from local import ports
from local.intrinsics import ACCOUNT, REGION

VERSION = "/2018-06-01/runtime"
# Lambda's limit for a synchronous result; awslambdaric does not check it.
LARGEST_ANSWER = 6 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """A function's result, or Lambda's error payload with errorType and errorMessage."""

    payload: bytes
    is_error: bool = False
    timed_out: bool = False

    @classmethod
    def failure(cls, kind: str, words: str, timed_out: bool = False) -> Answer:
        payload = json.dumps({"errorType": kind, "errorMessage": words}).encode()
        return cls(payload, is_error=True, timed_out=timed_out)


@dataclass(frozen=True)
class Invocation:
    request_id: str
    event: bytes
    deadline: float
    answer: asyncio.Future[Answer]


class RuntimeApi:
    def __init__(self, function: str) -> None:
        self._arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
        self._next: asyncio.Queue[Invocation] = asyncio.Queue()
        self._current: Invocation | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the environment asks for its first event: the function's module was
        imported.
        """
        self.init_error: Answer | None = None
        app = web.Application(client_max_size=4 * LARGEST_ANSWER)
        app.router.add_get(f"{VERSION}/invocation/next", self._hand_over)
        app.router.add_post(
            f"{VERSION}/invocation/{{request_id}}/{{kind:response|error}}", self._take
        )
        app.router.add_post(f"{VERSION}/init/error", self._take_init_error)
        # The worker's death ends its wait for the next event; aiohttp takes a time-out of 0 as
        # none.
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )

    async def start(self) -> str:
        """Start the server; return the value for AWS_LAMBDA_RUNTIME_API."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, ports.LOOPBACK, 0)
        await site.start()
        host, port = self._runner.addresses[0]
        return f"{host}:{port}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    def invoke(self, invocation: Invocation) -> None:
        self._next.put_nowait(invocation)

    async def _hand_over(self, request: web.Request) -> web.Response:
        if not self.ready.done():
            self.ready.set_result(None)
        self._current = await self._next.get()
        digits = self._current.request_id.replace("-", "")[:24]
        trace = f"Root=1-{int(time.time()):08x}-{digits};Sampled=0"
        return web.Response(
            body=self._current.event,
            headers={
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": self._current.request_id,
                "Lambda-Runtime-Deadline-Ms": str(int(self._current.deadline * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": self._arn,
                "Lambda-Runtime-Trace-Id": trace,
            },
        )

    async def _take(self, request: web.Request) -> web.Response:
        payload = await request.read()
        current = self._current
        if current is None or current.request_id != request.match_info["request_id"]:
            return web.json_response({"errorType": "InvalidRequestID"}, status=400)
        if len(payload) > LARGEST_ANSWER:
            limit = f"maximum allowed payload size ({LARGEST_ANSWER} bytes)"
            words = f"Response payload size exceeded {limit}."
            answer = Answer.failure("Function.ResponseSizeTooLarge", words)
        else:
            answer = Answer(payload, is_error=request.match_info["kind"] == "error")
        if not current.answer.done():
            current.answer.set_result(answer)
        return web.json_response({"status": "OK"}, status=202)

    async def _take_init_error(self, request: web.Request) -> web.Response:
        self.init_error = Answer(await request.read(), is_error=True)
        return web.json_response({"status": "OK"}, status=202)
