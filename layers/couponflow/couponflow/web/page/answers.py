"""The page as a response, with its headers."""

from couponflow.web.answers import Response
from couponflow.web.page import render
from couponflow.web.page.view import View

_HEADERS = {"content-type": "text/html; charset=utf-8"}


def shown(view: View, accept_language: str) -> Response:
    return Response(200, render.render(view, accept_language), dict(_HEADERS))


def not_found() -> Response:
    return Response(404, render.not_found(), dict(_HEADERS))


def unknown_outcome(token: str, accept_language: str) -> Response:
    """After a redeem by form whose outcome nobody knows: 503, to be asked again by looking."""
    return Response(503, render.unknown_outcome(token, accept_language), _HEADERS | {"retry-after": "2"})
