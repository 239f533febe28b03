"""The page as a response, with its security headers."""

import gzip
from collections.abc import Mapping

from couponflow.web.http.request import Request
from couponflow.web.http.responses import SECURITY_HEADERS, Response
from couponflow.web.page import assets, render
from couponflow.web.page.colors import WHITE
from couponflow.web.page.state import PageState

_HEADERS = SECURITY_HEADERS | {
    "content-type": "text/html; charset=utf-8",
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex, nofollow",
    "vary": "accept-encoding, accept-language",
}


def page_response(view: PageState, request: Request) -> Response:
    """The page of a link."""
    html = render.render(view, _language(request), request.base_url)
    return _html(200, html, request.headers, view.page.background_color)


def not_found(request: Request, status: int = 404) -> Response:
    """The page of an unknown link."""
    return _html(status, render.not_found(_language(request)), request.headers)


def unknown_outcome(token: str, request: Request) -> Response:
    """503 after a redemption with an unknown result. The page leads back to the link, which shows it."""
    return error_page(503, token, request.headers, "2")


def error_page(status: int, token: str, headers: Mapping[str, str], retry_after: str) -> Response:
    """The page of a temporary error, which reloads itself."""
    html = render.unknown_outcome(token, headers.get("accept-language", ""))
    return _html(status, html, headers, **{"retry-after": retry_after})


def _language(request: Request) -> str:
    return request.headers.get("accept-language", "")


def _html(status: int, html: str, received: Mapping[str, str], background: str = WHITE, **more: str) -> Response:
    headers = _HEADERS | {"content-security-policy": assets.security_policy(background)} | more
    if "gzip" not in received.get("accept-encoding", ""):
        return Response(status, html, headers)
    # The gateway does not compress. A page that fits into the first packets appears a round trip earlier.
    return Response(status, gzip.compress(html.encode(), 6, mtime=0), headers | {"content-encoding": "gzip"})
