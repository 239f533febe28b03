"""The running service as its clients use it over HTTP: the console, a flow, a customer's phone, a
till.

The base URL is all that differs between the local stack and a deployment.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

T = TypeVar("T")

# Pages and flows follow a change within two seconds; a busy machine may add some.
SECONDS_TO_FOLLOW = 10
# Valid now, without limits.
COUPON = {"name": "Free espresso", "starts_at": "2026-01-01", "ends_at": "2999-12-31"}


@dataclass(frozen=True)
class Emulated:
    """Address of the names under `localhost`, and their certificate."""

    port: int
    certificate: Path

    def configure_curl(self, folder: Path) -> dict[str, str]:
        """Write a .curlrc that does the same for curl; return the environment that makes it read
        that.
        """
        lines = [f'connect-to = "::127.0.0.1:{self.port}"', f'cacert = "{self.certificate}"']
        (folder / ".curlrc").write_text("\n".join(lines))
        return {"CURL_HOME": str(folder)}


class LoopbackTransport(httpx.HTTPTransport):
    """Connects every name under `localhost`, which replaces an AWS name, to the local emulator."""

    def __init__(self, emulated: Emulated, limits: httpx.Limits) -> None:
        super().__init__(
            verify=ssl.create_default_context(cafile=emulated.certificate), limits=limits
        )
        self._port = emulated.port

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a copy of the request: its Host header, the name in TLS and the owner of cookies
        stay as they are.
        """
        host = request.url.host
        if not host.endswith(".localhost"):
            return super().handle_request(request)
        extensions = {**request.extensions, "sni_hostname": host}
        url = request.url.copy_with(host="127.0.0.1", port=self._port)
        sent = httpx.Request(
            request.method,
            url,
            headers=request.headers,
            stream=request.stream,
            extensions=extensions,
        )
        return super().handle_request(sent)


def http_client(emulated: Emulated | None = None, base_url: str = "") -> httpx.Client:
    """Make a client for a local stack, or for what is deployed on an emulator.

    It reads no proxy from the environment.
    """
    limits = httpx.Limits(max_connections=50)
    transport = (
        LoopbackTransport(emulated, limits) if emulated else httpx.HTTPTransport(limits=limits)
    )
    return httpx.Client(transport=transport, timeout=60, trust_env=False, base_url=base_url)


@dataclass(frozen=True)
class ApiClient:
    """One organisation's keys, by scope, and the address of the service."""

    http: httpx.Client
    base_url: str
    organisation_id: str
    keys: Mapping[str, str]

    @classmethod
    def of_demo(cls, demo: Mapping[str, Any], http: httpx.Client) -> ApiClient:
        """The demo organisation of a local stack. `demo` is what its demo.json holds."""
        keys = {scope: demo[f"{scope}_key"] for scope in ("admin", "distribute", "redeem")}
        return cls(http, demo["base_url"], demo["organisation_id"], keys)

    def bearer(self, scope: str = "admin") -> dict[str, str]:
        """The header that authenticates a request."""
        return {"authorization": f"Bearer {self.keys[scope]}"}

    def call(
        self, method: str, path: str, body: object = None, scope: str = "admin", **headers: str
    ) -> httpx.Response:
        """Send JSON with the key of a scope. Header names have `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request(
            method, self.base_url + path, json=body, headers=self.bearer(scope) | named
        )

    def send(
        self, method: str, path: str, content: bytes, content_type: str | None, scope: str = "admin"
    ) -> httpx.Response:
        """Send any bytes under any content type."""
        headers = self.bearer(scope) | ({"content-type": content_type} if content_type else {})
        return self.http.request(method, self.base_url + path, content=content, headers=headers)

    def read(self, path: str) -> Any:
        """The JSON behind a path of the admin API. Raises AssertionError when it is refused."""
        return _json(self.call("GET", path))

    # Marketers

    def create_coupon(self, **changes: Any) -> dict[str, Any]:
        """Create a coupon that is valid now and unlimited, except for `changes`."""
        return _json(self.call("POST", "/v1/coupons", COUPON | changes), 201)

    def read_coupon(self, coupon: Mapping[str, Any]) -> dict[str, Any]:
        """The current coupon."""
        return dict(self.read(f"/v1/coupons/{coupon['coupon_id']}"))

    def change_coupon(self, coupon: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
        """Change the coupon on its current version."""
        body = changes | {"version": self.read_coupon(coupon)["version"]}
        return _json(self.call("PATCH", f"/v1/coupons/{coupon['coupon_id']}", body))

    def save_page(self, coupon: Mapping[str, Any], **settings: Any) -> dict[str, Any]:
        """Save the redeem page's settings; what is left out gets its default."""
        return _json(self.call("PUT", f"/v1/coupons/{coupon['coupon_id']}/redeem-page", settings))

    def records(self, coupon: Mapping[str, Any], query: str = "limit=100") -> list[dict[str, Any]]:
        """One page of the coupon's records."""
        return list(self.read(f"/v1/coupons/{coupon['coupon_id']}/redemptions?{query}")["items"])

    def create_block(self, coupon: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
        """Create a Distribute Coupon block."""
        return _json(
            self.call("POST", "/v1/flow/blocks", {"coupon_id": coupon["coupon_id"]} | fields), 201
        )

    def upload_image(self, kind: str, content: bytes, content_type: str) -> dict[str, Any]:
        """Announce, upload and complete an image: `{image_id, url, width, height}`."""
        body = {"kind": kind, "content_type": content_type, "size": len(content)}
        announced = _json(self.call("POST", "/v1/images", body), 201)
        form = announced["upload"]
        uploaded = self.http.post(
            form["url"], data=form["fields"], files={"file": ("image", content)}
        )
        assert uploaded.is_success, uploaded.text
        return _json(self.call("POST", f"/v1/images/{announced['image_id']}/complete"))

    # Flows

    def distribute(
        self, coupon: Mapping[str, Any], customer_id: str, **fields: Any
    ) -> dict[str, Any]:
        """Distribute the coupon to a customer; return the flow's response."""
        body = {
            "coupon_id": coupon["coupon_id"],
            "customer_id": customer_id,
            "inbox_id": "line-1",
        } | fields
        return _json(self.call("POST", "/v1/flow/distribute", body, "distribute"))

    def run_block(
        self, block: Mapping[str, Any], customer_id: str, **fields: Any
    ) -> dict[str, Any]:
        """Run a saved block for a customer; return the flow's response."""
        body = {"block_id": block["block_id"], "customer_id": customer_id} | fields
        return _json(self.call("POST", "/v1/flow/distribute", body, "distribute"))

    # Customers and tills

    def link(self, coupon: Mapping[str, Any], customer_id: str) -> str:
        """The address of the customer's redeem page."""
        return str(self.distribute(coupon, customer_id)["redeem_url"])

    def open(self, link: str) -> httpx.Response:
        """The redeem page."""
        return self.http.get(link)

    def page_state(self, link: str) -> str:
        """The redeem page's `data-state`."""
        return self.open(link).text.split('data-state="', 1)[1].split('"', 1)[0]

    def tap(self, link: str, use: int = 1) -> httpx.Response:
        """Redeem as the page's script does, which takes JSON."""
        headers = {"accept": "application/json"}
        return self.http.post(f"{link}/redeem", data={"use": str(use)}, headers=headers)

    def till(
        self, coupon: Mapping[str, Any], customer_id: object, **headers: str
    ) -> httpx.Response:
        """Redeem as a till does."""
        body = {"coupon_id": coupon["coupon_id"], "customer_id": customer_id}
        return self.call("POST", "/v1/redemptions", body, "redeem", **headers)


def eventually(ask: Callable[[], T], wanted: T) -> T:
    """The last answer: `wanted` as soon as it comes, within the time that the contract leaves for
    it.
    """
    ends_at = time.monotonic() + SECONDS_TO_FOLLOW
    while (answer := ask()) != wanted and time.monotonic() < ends_at:
        time.sleep(0.1)
    return answer


def _json(response: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, f"{response.status_code}: {response.text}"
    return dict(response.json())
