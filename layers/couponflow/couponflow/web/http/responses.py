"""HTTP responses, in the shape that API Gateway takes."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

# No cache between us and the client may keep the data of one customer or organisation.
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
    """An HTTP response; a body of bytes is binary.

    `is_failed_guess`: it does not say so, but the request's link is not one of ours.
    """

    status: int
    body: str | bytes = ""
    headers: dict[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    is_failed_guess: bool = False

    def to_lambda(self) -> dict[str, Any]:
        """The response in payload format 2.0 of API Gateway."""
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
    """A JSON response with optional headers."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(status, text, {"content-type": "application/json"} | headers)
