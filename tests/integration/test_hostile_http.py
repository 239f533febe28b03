"""R7: each route in every spelling of HTTP: header names in any case, odd content types, encodings,
methods and paths. The answer is never a 5xx, always well formed, and the same for every spelling
of the header names.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from couponflow.web.http import origin
from couponflow.web.http.request import Request
from couponflow.web.http.routes import DEFAULT, ROUTES
from local.http_events import HttpRequest, HttpResponse, response_of
from tests.integration import fuzzing
from tests.integration.example_requests import EXAMPLES, build_request
from tests.support.api import Api
from tests.support.gateway import LambdaContext

CASES = 170

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get"]
CONTENT_TYPES = [
    None,
    "",
    ";",
    "application/json",
    "Application/JSON; charset=UTF-8",
    "application/json; charset=utf-16",
    "application/json; charset=nonsense",
    "application/merge-patch+json",
    "text/plain",
    "text/json",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=iso-8859-1",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "image/png",
    "é/ü",
]
ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda body: body,
    "byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "UTF-16": lambda body: body.decode().encode("utf-16"),
    "UTF-32": lambda body: body.decode().encode("utf-32"),
    "Latin-1 bytes": lambda body: body.replace(b"a", b"\xe9"),
    "gzip": lambda body: gzip.compress(body, mtime=0),
    "half": lambda body: body[: len(body) // 2],
    "twice": lambda body: body * 2,
    "NUL inside": lambda body: body[:5] + b"\0" + body[5:],
    "nothing": lambda body: b"",
    "too large": lambda body: body + b" " * 70_000,
    "deep": lambda body: b"[" * 9_000 + body,
}
ACCEPTS = [None, "", "*/*", "text/html", "application/json", "text/html;q=0, */*;q=x", ",;=", "é"]
ACCEPT_ENCODINGS = [None, "", "gzip", "gzip;q=0", "*;q=0", "br", "identity;q=0", "gzip;q=x", ",,;"]
PATH_ENDS = ["", "", "", "/", ".", ")", "%20", "%00", "//", "/..%2f", "%E9", "%f0%9f%98%80", "?"]
KEYS = ["right", "right", "right", None, "Bearer", "Bearer \u00e9", "Basic eDp5", "bearer  two"]
SPELLINGS: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "UPPER": str.upper,
    "Title": str.title,
    "mIXED": lambda name: "".join(
        letter.upper() if number % 2 else letter for number, letter in enumerate(name)
    ),
}


class Spelling(NamedTuple):
    """How one request is spelled. `changed_method`: None is the route's own."""

    changed_method: str | None
    content_type: str | None
    encoding: str
    content_encoding: str | None
    accept: str | None
    accept_encoding: str | None
    path_end: str
    key: str | None
    names: str
    form: bool


spellings = st.builds(
    Spelling,
    st.none() | st.none() | st.sampled_from(METHODS),
    st.just("application/json") | st.sampled_from(CONTENT_TYPES),
    st.just("as it is") | st.sampled_from(sorted(ENCODINGS)),
    st.none() | st.sampled_from(["gzip", "br", "identity", "x"]),
    st.sampled_from(ACCEPTS),
    st.sampled_from(ACCEPT_ENCODINGS),
    st.sampled_from(PATH_ENDS),
    st.sampled_from(KEYS),
    st.sampled_from(sorted(SPELLINGS)),
    st.booleans(),
)


class Sender:
    """Sends the example request of a route in a spelling, straight to the handler."""

    def __init__(self, api: Api, route: str) -> None:
        self._api, self._known = api, fuzzing.ids(api)
        self._key = api.keys.get(ROUTES.get(route) or "admin", "")
        self._dice = random.Random(route)
        self._query: dict[str, Any] = {}
        if route == DEFAULT:
            self._method, self._path, self._body = "GET", "/nothing", None
        elif "{path+}" in route or route in ("GET /", "HEAD /", "GET /console", "HEAD /console"):
            self._method, self._path = route.replace("{path+}", "index.html").split(" ", 1)
            self._body = None
        else:
            values = EXAMPLES | {"coupon_id": self._known["coupon_id"]}
            self._method, self._path, self._query, self._body = build_request(
                route, self._known, values
            )

    def send(self, spelling: Spelling) -> HttpResponse:
        """Raises ValueError for a response that API Gateway would refuse."""
        headers = {
            "host": "coupons.example",
            "content-type": spelling.content_type,
            "content-encoding": spelling.content_encoding,
            "accept": spelling.accept,
            "accept-encoding": spelling.accept_encoding,
            "authorization": f"Bearer {self._key}" if spelling.key == "right" else spelling.key,
            "cookie": "look_again=1",
        }
        path, _, mark = f"{self._path}{spelling.path_end}".partition("?")
        method = spelling.changed_method or self._method
        request = HttpRequest(
            method=method,
            path=path,
            query=urlencode(self._query) + mark,
            headers=[(name, value) for name, value in headers.items() if value is not None],
            body=self._sent_body(spelling),
            # Another address each time: this is not a test of the rate limits.
            source_ip=f"10.{'.'.join(str(self._dice.randrange(256)) for _ in range(3))}",
            protocol="HTTP/1.1",
        )
        event, function = self._api.gateway.event_of(request)
        event["headers"] = {
            SPELLINGS[spelling.names](name): value for name, value in event["headers"].items()
        }
        handler = self._api.gateway.function(function).handler
        return response_of(json.dumps(handler(event, LambdaContext())).encode())

    def _sent_body(self, spelling: Spelling) -> bytes:
        if self._body is None:
            return b""
        flat = {name: value for name, value in self._body.items() if isinstance(value, str)}
        body = urlencode(flat) if spelling.form else json.dumps(self._body)
        return ENCODINGS[spelling.encoding](body.encode())


def check(response: HttpResponse) -> None:
    """Assert that the response is well formed and no server error."""
    assert response.status < 500, response.body[:300]
    headers = {name.lower(): value for name, value in response.headers}
    body = (
        gzip.decompress(response.body)
        if headers.get("content-encoding") == "gzip"
        else response.body
    )
    if "json" in headers.get("content-type", "") and body:
        document = json.loads(body)
        if response.status >= 400:
            assert int(document["status"]) == response.status  # a flow gets text
            assert "Traceback" not in body.decode()


@pytest.mark.parametrize("route", [*ROUTES, DEFAULT])
def test_every_spelling_of_http_is_answered(api: Api, bucket: None, route: str):
    sender = Sender(api, route)

    @settings(
        max_examples=CASES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(spelling=spellings)
    def is_answered(spelling: Spelling) -> None:
        check(sender.send(spelling))

    is_answered()


def test_5000_spellings_are_tried():
    assert (len(ROUTES) + 1) * CASES >= 5_000


def readable(response: HttpResponse) -> tuple[int, str]:
    types = [value for name, value in response.headers if name.lower() == "content-type"]
    return response.status, types[0] if types else ""


PLAIN = Spelling(
    None, "application/json", "as it is", None, None, None, "", "right", "lower", False
)


@pytest.mark.parametrize("names", sorted(SPELLINGS))
@pytest.mark.parametrize("route", [route for route in ROUTES if route.startswith(("GET", "HEAD"))])
def test_header_names_are_read_in_any_case(api: Api, bucket: None, route: str, names: str):
    sender = Sender(api, route)
    assert readable(sender.send(PLAIN._replace(names=names))) == readable(sender.send(PLAIN))


def test_control_case_of_header_names_is_noticed(
    api: Api, bucket: None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(origin, "lower_names", lambda headers: headers or {})
    sender = Sender(api, "GET /v1/coupons")
    assert sender.send(PLAIN).status == 200
    assert sender.send(PLAIN._replace(names="Title")).status == 401


def test_control_failing_content_type_is_noticed(
    api: Api, bucket: None, monkeypatch: pytest.MonkeyPatch
):
    def only_json(request: Request) -> str:
        return {"application/json": "application/json"}[request.headers["content-type"]]

    monkeypatch.setattr(Request, "media_type", property(only_json))
    sender = Sender(api, "POST /v1/coupons")
    check(sender.send(PLAIN))
    with pytest.raises(AssertionError, match="internal_error"):
        check(sender.send(PLAIN._replace(content_type="text/plain")))
