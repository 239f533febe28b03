"""HTTP transports to a local stack, and to a deployment on the emulator.

Tests use the same client for both; only its base URL and its connections differ.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import httpx


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
