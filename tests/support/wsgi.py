"""The in-process gateway as a WSGI application, for tools that speak to one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from http import HTTPStatus
from ipaddress import IPv4Address
from typing import Any

import httpx

FIRST_ADDRESS = IPv4Address("198.18.0.0")


class Application:
    """Sends each request from a new address, because misses are rate-limited by address."""

    def __init__(self, gateway: httpx.BaseTransport) -> None:
        self._gateway, self._addresses = gateway, itertools.count()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., object]
    ) -> Iterable[bytes]:
        headers = [
            (name.removeprefix("HTTP_").replace("_", "-").lower(), value.encode("latin-1"))
            for name, value in environ.items()
            if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
        ]
        length = int(environ.get("CONTENT_LENGTH") or 0)
        path, query = environ["REQUEST_URI"].partition("?")[0], environ["QUERY_STRING"]
        request = httpx.Request(
            environ["REQUEST_METHOD"],
            f"https://coupons.example{path}?{query}" if query else f"https://coupons.example{path}",
            headers=[(name.encode(), value) for name, value in headers],
            content=environ["wsgi.input"].read(length),
            extensions={"source_ip": str(FIRST_ADDRESS + next(self._addresses))},
        )
        answer = self._gateway.handle_request(request)
        start_response(
            f"{answer.status_code} {HTTPStatus(answer.status_code).phrase}",
            list(answer.headers.items()),
        )
        return [answer.content]
