"""GET /r/{token}: the redeem page that the customer of a link sees.

It changes nothing: chat apps and scanners fetch links too.
"""

from couponflow.domain import links
from couponflow.domain.errors import CouponNotFound
from couponflow.web.http import accept
from couponflow.web.http.accept import Format
from couponflow.web.http.app import HttpApp
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response
from couponflow.web.page import refresh_cookie, responses, state
from couponflow.web.page.state import State
from couponflow.web.services import Services


def add_routes(app: HttpApp, services: Services) -> None:
    """Register the redeem page."""
    redemptions = services.redemption_service

    @app.route("GET /r/{token}")
    @app.route("HEAD /r/{token}")
    def get_page(request: Request) -> Response:
        token = request.params["token"]
        if not links.is_token(token) and (whole := links.recover_token(request.path)):
            return Response(308, headers={"location": f"/r/{whole}"})
        refresh = refresh_cookie.wants_refresh(request)
        try:
            opened = redemptions.open_link(token, request.now, look_again=refresh)
            page = state.page_state_for(opened, request.now)
            if page.state.is_refusal:
                is_sold_out = page.state is State.SOLD_OUT
                opened = redemptions.confirm_link(opened, is_sold_out=is_sold_out)
                page = state.page_state_for(opened, request.now)
            if page.state is State.NOT_FOUND:
                raise CouponNotFound
        except CouponNotFound:
            if accept.preferred_format(request.headers) is Format.JSON:
                raise
            return responses.not_found(request)
        return responses.page_response(page, request)
