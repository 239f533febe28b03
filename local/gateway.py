"""The stack's one port: the HTTP API's routes, and Lambda's own Invoke API for direct
invocation.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Coroutine, Mapping

from aiohttp import web

from local import http_events, ports
from local.child_processes import StackFailed
from local.http_events import HttpRequest, HttpResponse
from local.router import Router
from local.runtime_api import Answer
from local.worker_pool import Pool

INTEGRATION_SECONDS = 30
LARGEST_REQUEST = 10 * 1024 * 1024
INVOKE_PATH = "/2015-03-31/functions/{function}/invocations"


class Front:
    def __init__(
        self, router: Router, pools: Mapping[str, Pool], say: Callable[[str], None]
    ) -> None:
        self._router = router
        self._pools = pools
        self._say = say
        self._running: set[asyncio.Task[Answer]] = set()
        app = web.Application(client_max_size=LARGEST_REQUEST)
        app.router.add_post(INVOKE_PATH, self._invoke)
        app.router.add_route("*", "/{anything:.*}", self._http)
        # API Gateway passes a compressed body on as it came.
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=1, auto_decompress=False
        )

    async def start(self, port: int) -> None:
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, ports.LOOPBACK, port).start()
        except OSError as error:
            raise StackFailed(f"port {port} can't be used: {error}") from error

    async def stop(self) -> None:
        await self._runner.cleanup()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _http(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _sent(http_events.REQUEST_ENTITY_TOO_LARGE)
        return _sent(await self._integrated(_received(request, body)))

    async def _integrated(self, request: HttpRequest) -> HttpResponse:
        match = self._router.match(request.method, request.path)
        if match is None:
            return http_events.NOT_FOUND
        route, path_parameters = match
        event = http_events.event_of(request, route, path_parameters)
        call = self._started(self._pools[route.function].invoke(json.dumps(event).encode()))
        try:
            # As on Lambda, a function continues after its client got a timeout.
            answer = await asyncio.wait_for(asyncio.shield(call), INTEGRATION_SECONDS)
        except TimeoutError:
            return http_events.SERVICE_UNAVAILABLE
        if answer.is_error:
            return (
                http_events.SERVICE_UNAVAILABLE
                if answer.timed_out
                else http_events.INTERNAL_SERVER_ERROR
            )
        try:
            return http_events.response_of(answer.payload)
        except (TypeError, ValueError, AttributeError) as error:
            self._say(f"{route.function} gave an answer that API Gateway refuses: {error}")
            return http_events.INTERNAL_SERVER_ERROR

    async def _invoke(self, request: web.Request) -> web.Response:
        name = request.match_info["function"].rpartition(":function:")[2].partition(":")[0]
        pool = self._pools.get(name)
        if pool is None:
            return _refused(404, "ResourceNotFoundException", f"Function not found: {name}")
        try:
            event = await request.read() or b"{}"
            json.loads(event)
        except web.HTTPRequestEntityTooLarge:
            return _refused(413, "RequestTooLargeException", "the event is too large")
        except ValueError as error:
            return _refused(
                400, "InvalidRequestContentException", f"the event is not JSON: {error}"
            )
        kind = request.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        if kind == "DryRun":
            return web.Response(status=204)
        call = self._started(pool.invoke(event))
        if kind == "Event":
            return web.Response(status=202)
        answer = await asyncio.shield(call)
        headers = {"X-Amz-Executed-Version": "$LATEST", "X-Amzn-RequestId": str(uuid.uuid4())}
        if answer.is_error:
            headers["X-Amz-Function-Error"] = "Unhandled"
        return web.Response(body=answer.payload, content_type="application/json", headers=headers)

    def _started(self, call: Coroutine[None, None, Answer]) -> asyncio.Task[Answer]:
        task = asyncio.create_task(call)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task


def _received(request: web.Request, body: bytes) -> HttpRequest:
    path, _, query = request.raw_path.partition("?")
    if not path.startswith("/"):
        path = request.rel_url.raw_path
    return HttpRequest(
        method=request.method,
        path=path,
        query=query,
        # aiohttp keeps bytes that are no UTF-8 as surrogates, which JSON would pass on to the
        # function.
        headers=[
            (name, value.encode(errors="surrogateescape").decode(errors="replace"))
            for name, value in request.headers.items()
        ],
        body=body,
        source_ip=request.remote or ports.LOOPBACK,
        protocol=f"HTTP/{request.version.major}.{request.version.minor}",
    )


def _sent(response: HttpResponse) -> web.Response:
    sent = web.Response(status=response.status, body=response.body)
    for name, value in response.headers:
        if name.lower() == "set-cookie":
            sent.headers.add(name, value)
        else:
            sent.headers[name] = value
    return sent


def _refused(status: int, kind: str, words: str) -> web.Response:
    return web.json_response(
        {"Type": "User", "Message": words}, status=status, headers={"X-Amzn-ErrorType": kind}
    )
