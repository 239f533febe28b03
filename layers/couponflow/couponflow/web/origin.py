"""Which way a request came. Behind the CDN, it alone knows by which name it was called and from which address."""

import hmac
from typing import Any


def settled(event: dict[str, Any], secret: str) -> dict[str, Any]:
    """The event with the caller's own address and the name that was called, if the CDN says so.

    `secret` is what it shares with us: without it, anybody could say whose request theirs is.
    """
    headers: dict[str, str] = event.get("headers") or {}
    if not secret or not hmac.compare_digest(headers.get("x-couponflow-origin", "").encode(), secret.encode()):
        return event
    context = event["requestContext"]
    told = {
        "domainName": headers.get("x-couponflow-host", context["domainName"]),
        "http": context["http"] | {"sourceIp": headers.get("x-couponflow-viewer", context["http"]["sourceIp"])},
    }
    return event | {"requestContext": context | told}
