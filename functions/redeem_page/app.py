"""GET /r/{token}: what the customer of a link sees. Changes nothing, whoever fetches it."""

from couponflow.bootstrap import Parts
from couponflow.domain.errors import CouponNotFound
from couponflow.web.http.app import Request
from couponflow.web.http.responses import Response
from couponflow.web.page import responses, state
from couponflow.web.redeem import refresh_cookie

parts = Parts()
couponflow = parts.couponflow
edge = parts.edge(writes=False, page=responses.troubled)


@edge.route("GET /r/{token}", scope=None)
@edge.route("HEAD /r/{token}", scope=None)
def page(request: Request) -> Response:
    try:
        opened = couponflow.open(request.params["token"], look_again=refresh_cookie.asked(request))
    except CouponNotFound:
        return responses.not_found(request)
    return responses.shown(state.of(opened, request.now), request)


handler = edge.handler
