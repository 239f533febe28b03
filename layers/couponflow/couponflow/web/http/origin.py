"""The origin of a request: the address behind the CDN, and the page that sent it."""

import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from couponflow.domain.errors import ForeignOrigin


def lower_names(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return the headers with names in lower case, as API Gateway sends them; other senders of its
    events do not.
    """
    return {name.lower(): value for name, value in (headers or {}).items()}


def cookies_in(headers: Mapping[str, str]) -> list[str]:
    """Return the cookies of a Cookie header, which API Gateway turns into a list of their own and
    other senders do not.
    """
    return [cookie.strip() for cookie in headers.get("cookie", "").split(";") if cookie.strip()]


def trust_cdn_headers(event: dict[str, Any], secret: str) -> dict[str, Any]:
    """The event with the caller's address and the host name from the CDN's headers.

    `secret` is shared with the CDN. Without it the headers are ignored, because any client can send
    them.
    """
    headers: dict[str, str] = event.get("headers") or {}
    if not secret or not hmac.compare_digest(
        headers.get("x-couponflow-origin", "").encode(), secret.encode()
    ):
        return event
    context = event["requestContext"]
    told = {
        "domainName": headers.get("x-couponflow-host", context["domainName"]),
        "http": context["http"]
        | {"sourceIp": headers.get("x-couponflow-viewer", context["http"]["sourceIp"])},
    }
    return event | {"requestContext": context | told}


def require_same_origin(headers: Mapping[str, str], base_url: str) -> None:
    """Raises ForeignOrigin if another site's page sent the request.

    Programs send no origin and pass.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        is_foreign = site not in ("same-origin", "none")
    else:  # browsers before 2023; a page without a referrer sends "null"
        is_foreign = origin is not None and _host(origin) != _host(base_url)
    if is_foreign:
        raise ForeignOrigin


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""
