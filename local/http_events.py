"""HTTP to payload format 2.0 and back, as an HTTP API does it."""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from local.intrinsics import ACCOUNT
from local.sam_template import Route

# A real HTTP API passes these types as text and all others, including forms, in base64.
TEXT_TYPES = re.compile(
    r"text/.*|application/(.+\+)?(json|xml)|application/javascript", re.IGNORECASE
)
NOT_FOR_CLIENTS = {
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "server",
    "transfer-encoding",
}


@dataclass(frozen=True)
class HttpRequest:
    method: str
    path: str
    """As sent: still percent-encoded."""
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    source_ip: str
    protocol: str


@dataclass(frozen=True)
class HttpResponse:
    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""

    @classmethod
    def message(cls, status: int, words: str) -> HttpResponse:
        """An error body in API Gateway's format."""
        return cls(
            status,
            [("content-type", "application/json")],
            json.dumps({"message": words}, separators=(",", ":")).encode(),
        )


INTERNAL_SERVER_ERROR = HttpResponse.message(500, "Internal Server Error")
SERVICE_UNAVAILABLE = HttpResponse.message(503, "Service Unavailable")
NOT_FOUND = HttpResponse.message(404, "Not Found")
REQUEST_ENTITY_TOO_LARGE = HttpResponse.message(413, "Request Entity Too Large")


def event_of(request: HttpRequest, route: Route, path_parameters: dict[str, str]) -> dict[str, Any]:
    headers = _joined((name.lower(), value) for name, value in request.headers)
    cookies = headers.pop("cookie", None)
    now = time.time()
    domain = headers.get("host", "localhost").rpartition(":")[0] or headers.get("host", "localhost")
    path = unquote(request.path)
    event = {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": headers | _forwarded(headers, request.source_ip),
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": domain,
            "domainPrefix": domain.partition(".")[0],
            "http": {
                "method": request.method,
                "path": path,
                "protocol": request.protocol,
                "sourceIp": request.source_ip,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": route.key,
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "timeEpoch": int(now * 1000),
        },
        **_body(request.body, headers.get("content-type", "")),
    }
    if cookies is not None:
        event["cookies"] = [cookie.strip() for cookie in cookies.split(";")]
    if query := _joined(parse_qsl(request.query, keep_blank_values=True)):
        event["queryStringParameters"] = query
    if path_parameters:
        event["pathParameters"] = path_parameters
    return event


def response_of(payload: bytes) -> HttpResponse:
    """The HTTP response for a function's result. Raises ValueError if API Gateway refuses it."""
    answer = json.loads(payload)
    if not (isinstance(answer, dict) and "statusCode" in answer):
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return HttpResponse(200, [("content-type", "application/json")], text.encode())
    shape = _Shape(
        **{name: answer[name] for name in _Shape.__annotations__ if answer.get(name) is not None}
    )
    headers = [(name, _as_text(value)) for name, value in shape.headers.items()]
    if "content-type" not in (name.lower() for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    cookies = [("set-cookie", cookie) for cookie in shape.cookies]
    kept = [(name, value) for name, value in headers if name.lower() not in NOT_FOR_CLIENTS]
    status = int(shape.statusCode)
    if not 200 <= status <= 599:
        raise ValueError(f"statusCode is {status}")
    if any("\n" in text or "\r" in text for header in kept + cookies for text in header):
        raise ValueError("a header has more than one line")
    return HttpResponse(status, kept + cookies, shape.bytes())


@dataclass(frozen=True)
class _Shape:
    statusCode: int | str
    headers: dict[str, Any] = field(default_factory=dict)
    cookies: list[str] = field(default_factory=list)
    body: str = ""
    isBase64Encoded: bool = False

    def bytes(self) -> bytes:
        if not isinstance(self.body, str):
            raise ValueError(f"body is {type(self.body).__name__}, not a string")
        try:
            return (
                base64.b64decode(self.body, validate=True)
                if self.isBase64Encoded
                else self.body.encode()
            )
        except binascii.Error as error:
            raise ValueError(f"body is not base64: {error}") from error


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _body(body: bytes, content_type: str) -> dict[str, Any]:
    if not body:
        return {"isBase64Encoded": False}
    media_type = content_type.partition(";")[0].strip()
    if not media_type or TEXT_TYPES.fullmatch(media_type):
        try:
            return {"body": body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def _forwarded(headers: dict[str, str], source_ip: str) -> dict[str, str]:
    before = headers.get("x-forwarded-for")
    return {
        "x-forwarded-for": f"{before}, {source_ip}" if before else source_ip,
        "x-forwarded-port": headers.get("host", "").rpartition(":")[2] or "80",
        "x-forwarded-proto": "http",
    }


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined
