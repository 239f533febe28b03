"""HTTP responses, in the shape that API Gateway takes."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

# Nothing that is one customer's or one organisation's may be kept by anybody in between.
PRIVATE = {"cache-control": "no-store", "x-content-type-options": "nosniff"}

# Of every HTML page: the redeem page's and the console's.
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    # A link is as good as a ticket: it must not leak to the sites that the page links to.
    # With no-referrer, the browser would send forms with the origin "null".
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "strict-transport-security": "max-age=63072000",
}


@dataclass(frozen=True)
class Response:
    status: int
    body: str | bytes = ""
    headers: dict[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()

    def to_lambda(self) -> dict[str, Any]:
        """As API Gateway takes it, payload format 2.0."""
        is_binary = isinstance(self.body, bytes)
        body = base64.b64encode(self.body).decode() if isinstance(self.body, bytes) else self.body
        return {
            "statusCode": self.status,
            "headers": PRIVATE | self.headers,
            "cookies": list(self.cookies),
            "body": body,
            "isBase64Encoded": is_binary,
        }


def json_response(value: object, status: int = 200, **headers: str) -> Response:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(status, text, {"content-type": "application/json"} | headers)
