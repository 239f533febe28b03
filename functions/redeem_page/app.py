"""GET /r/{token}: what the customer of a link sees. Changes nothing, whoever fetches it."""

from couponflow.bootstrap import Services
from couponflow.domain.errors import CouponNotFound
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response
from couponflow.web.page import responses, state
from couponflow.web.redeem import refresh_cookie

services = Services()
redemption_service = services.redemption_service
app = services.http_app(writes=False, page=responses.error_page)


@app.route("GET /r/{token}", scope=None)
@app.route("HEAD /r/{token}", scope=None)
def page(request: Request) -> Response:
    try:
        opened = redemption_service.open_link(request.params["token"], look_again=refresh_cookie.wants_refresh(request))
    except CouponNotFound:
        return responses.not_found(request)
    return responses.page_response(state.page_state_for(opened, request.now), request)


handler = app.handler
