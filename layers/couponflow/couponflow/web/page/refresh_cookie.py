"""A cookie that makes one page skip the cache: a customer who was just refused must see why at
once.

Pages show a coupon as it was read up to two seconds ago. The cookie is on one link for ten seconds,
has no data, and slows down no other page.
"""

from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response

_NAME = "look_again"


def wants_refresh(request: Request) -> bool:
    """Whether the request has the cookie."""
    return f"{_NAME}=1" in request.cookies


def set_refresh_cookie(response: Response, token: str) -> Response:
    """The response with the cookie for the link of `token`."""
    cookie = f"{_NAME}=1; Path=/r/{token}; Max-Age=10; HttpOnly; SameSite=Lax"
    return Response(response.status, response.body, response.headers, (cookie,))
