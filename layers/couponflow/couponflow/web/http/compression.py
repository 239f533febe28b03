"""Compression of responses for clients that accept gzip, because API Gateway does not compress.

Only responses over HTTP come here. The result of a direct invocation is not compressed.
"""

from dataclasses import replace

from couponflow.web.http import accept
from couponflow.web.http.responses import Response

# A smaller body fits into one packet with its headers.
SMALLEST = 1_000
_TYPES = ("text/", "application/json", "application/problem+json", "image/svg+xml")


def compress(response: Response, accept_encoding: str) -> Response:
    """The response, in gzip if that is worth it and the client accepts it.

    A strong ETag names exact bytes, and clients send it back as the version of a coupon: its
    response, a single small object, stays as it is.
    """
    body = response.body.encode() if isinstance(response.body, str) else response.body
    headers = response.headers
    is_compressible = (
        len(body) >= SMALLEST
        and "content-encoding" not in headers
        and headers.get("content-type", "").startswith(_TYPES)
        and headers.get("etag", "W/").startswith("W/")
    )
    if not is_compressible:
        return response
    headers = headers | {"vary": _with_encoding(headers.get("vary", ""))}
    if not accepts_gzip(accept_encoding):
        return replace(response, headers=headers)
    import gzip  # most responses are small

    compressed = gzip.compress(body, 6, mtime=0)
    return replace(response, body=compressed, headers=headers | {"content-encoding": "gzip"})


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether the header accepts gzip, and does not prefer plain text (RFC 9110, 12.5.3)."""
    qualities = dict(accept.weighted_values(accept_encoding))
    quality = qualities.get("gzip", qualities.get("x-gzip", qualities.get("*", 0.0)))
    return quality > 0 and quality >= qualities.get("identity", 0.0)


def _with_encoding(vary: str) -> str:
    names = [name.strip() for name in vary.split(",") if name.strip()]
    return ", ".join(names if "accept-encoding" in names else [*names, "accept-encoding"])
