"""Pages answer from what was read of a coupon up to two seconds ago; whoever was just refused must see why at once.

A cookie of ten seconds on that one link makes the page read the coupon anew. It says nothing, and nobody else's page is slower.
"""

from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response

_NAME = "look_again"


def wants_refresh(request: Request) -> bool:
    return f"{_NAME}=1" in request.cookies


def set_refresh_cookie(response: Response, token: str) -> Response:
    cookie = f"{_NAME}=1; Path=/r/{token}; Max-Age=10; HttpOnly; SameSite=Lax"
    return Response(response.status, response.body, response.headers, (cookie,))
