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


def error_page(
    problem: Response, token: str, headers: Mapping[str, str], may_be_redeemed: bool
) -> Response:
    """Return the page that looks again, and says whether a use may have been counted."""
    html = render.unknown_outcome(
        token, headers.get("accept-language", ""), may_be_redeemed=may_be_redeemed
    )
    return _html(
        problem.status, html, headers, **{"retry-after": problem.headers.get("retry-after", "2")}
    )


def _language(request: Request) -> str:
    return request.headers.get("accept-language", "")


def _html(
    status: int, html: str, received: Mapping[str, str], background: str = WHITE, **more: str
) -> Response:
    headers = _HEADERS | {"content-security-policy": assets.security_policy(background)} | more
    if "gzip" not in received.get("accept-encoding", ""):
        return Response(status, html, headers)
    # The gateway does not compress. A page that fits into the first packets appears a round trip
    # earlier.
    return Response(
        status, gzip.compress(html.encode(), 6, mtime=0), headers | {"content-encoding": "gzip"}
    )
