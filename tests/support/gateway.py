"""The functions behind API Gateway, in this process: real routes, real events, real handlers, no
network.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import httpx

from local import sam_template
from local.http_events import HttpRequest, event_of, response_of
from local.router import Router

Handler = Callable[[Any, Any], Any]
Watch = Callable[[str, Handler], Handler]


@dataclass(frozen=True)
class LambdaContext:
    """The part of Lambda's context object that our handlers read."""

    aws_request_id: str = "6f1f5bd4-52c1-4b7a-9c61-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return 15_000


class Gateway(httpx.BaseTransport):
    """An httpx transport that hands each request to the handler that the template routes it to."""

    def __init__(
        self, load: Callable[[str], ModuleType], watch: Watch = lambda name, handler: handler
    ) -> None:
        """`watch` may wrap each function's handler."""
        self._load, self._watch, self._functions = load, watch, dict[str, ModuleType]()
        self._template = sam_template.load()
        self._router = Router(self._template.routes)

    def function(self, name: str) -> ModuleType:
        """The module of a function, by its name in the template."""
        if name not in self._functions:
            module = self._functions[name] = self._load(self._template.functions[name].folder.name)
            module.__dict__["handler"] = self._watch(name, module.handler)
        return self._functions[name]

    def invoke(self, name: str, event: object) -> Any:
        """Invoke the function directly and return its result."""
        return json.loads(
            json.dumps(self.function(name).handler(json.loads(json.dumps(event)), LambdaContext()))
        )

    def restart(self) -> None:
        """Replace all execution environments by new ones with empty caches."""
        self._functions.clear()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        event, function = self.event(request)
        answer = response_of(
            json.dumps(self.function(function).handler(event, LambdaContext())).encode()
        )
        return httpx.Response(answer.status, headers=list(answer.headers), content=answer.body)

    def event(self, request: httpx.Request) -> tuple[dict[str, Any], str]:
        """The event of a request, and the name of the function that gets it."""
        raw_path, _, query = request.url.raw_path.decode().partition("?")
        return self.event_of(
            HttpRequest(
                method=request.method,
                path=raw_path,
                query=query,
                headers=[
                    (name.decode(), value.decode(errors="replace"))
                    for name, value in request.headers.raw
                ],
                body=request.read(),
                source_ip=request.extensions.get("source_ip", "203.0.113.7"),
                protocol="HTTP/1.1",
            )
        )

    def event_of(self, request: HttpRequest) -> tuple[dict[str, Any], str]:
        """Like `event`, for requests that httpx does not send, such as those with odd methods."""
        match = self._router.match(request.method, request.path)
        assert match is not None, "$default takes everything"
        route, parameters = match
        return event_of(request, route, parameters), route.function
