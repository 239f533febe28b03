"""The page as a response, with its security headers."""

from collections.abc import Mapping

from couponflow.web.http.request import Request
from couponflow.web.http.responses import SECURITY_HEADERS, Response
from couponflow.web.page import assets, render
from couponflow.web.page.colors import WHITE
from couponflow.web.page.state import PageState

_TEMPORARY = {429, 500, 503}
_NEUTRAL = {404, 405}
_OF_THE_PROBLEM = ("allow", "retry-after", "www-authenticate")
_HEADERS = SECURITY_HEADERS | {
    "content-type": "text/html; charset=utf-8",
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex, nofollow",
    "vary": "accept, accept-encoding, accept-language",
}


def page_response(view: PageState, request: Request) -> Response:
    """The page of a link."""
    html = render.render(view, _language(request), request.base_url)
    return _html(200, html, view.page.background_color)


def not_found(request: Request, status: int = 404) -> Response:
    """The page of an unknown link."""
    return _html(status, render.not_found(_language(request)))


def error_page(
    problem: Response, token: str | None, headers: Mapping[str, str], may_be_redeemed: bool
) -> Response:
    """Return the page of a problem.

    What can be tried again leads back to the link, and says whether a use may have been counted.
    Everything else is the neutral page.
    """
    language = headers.get("accept-language", "")
    is_temporary = problem.status in _TEMPORARY
    if is_temporary or (token and problem.status not in _NEUTRAL):
        html = render.unknown_outcome(token, language, may_be_redeemed=may_be_redeemed)
    else:
        html = render.not_found(language)
    kept = {name: problem.headers[name] for name in _OF_THE_PROBLEM if name in problem.headers}
    if is_temporary:
        kept.setdefault("retry-after", "2")
    return _html(problem.status, html, **kept)


def _language(request: Request) -> str:
    return request.headers.get("accept-language", "")


def _html(status: int, html: str, background: str = WHITE, **more: str) -> Response:
    policy = {"content-security-policy": assets.security_policy(background)}
    return Response(status, html, _HEADERS | policy | more)
