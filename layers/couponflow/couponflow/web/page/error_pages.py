"""Errors as pages, for every function that people can reach.

The renderer is imported with the first error: a start without it takes 10 ms less.
"""

from collections.abc import Mapping

from couponflow.web.http.responses import Response


def error_page(
    problem: Response, token: str | None, headers: Mapping[str, str], may_be_redeemed: bool
) -> Response:
    """Return the page of a problem. The arguments are those of `http.app.ErrorPage`."""
    from couponflow.web.page import responses

    return responses.error_page(problem, token, headers, may_be_redeemed)
