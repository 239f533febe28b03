"""POST /r/{token}/redeem: a customer redeems on the page. POST /r/{token}/opened: the page reports
that it is seen. POST /v1/redemptions: a till redeems.
"""

from couponflow.domain.errors import CouponNotFound
from couponflow.web.http import origin
from couponflow.web.http.app import HttpApp
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response
from couponflow.web.redeem import requests
from couponflow.web.redeem.requests import RedeemForm, TillRequest
from couponflow.web.services import Services


def add_routes(app: HttpApp, services: Services) -> None:
    """Register both ways to redeem, and the page's report."""
    redemptions = services.redemption_service

    @app.route("POST /r/{token}/redeem")
    def redeem_by_link(request: Request) -> Response:
        origin.require_same_origin(request.headers, request.base_url)
        token, form = request.params["token"], RedeemForm.of(request)
        try:
            result = redemptions.redeem_by_link(token, form.use, request.now)
        except requests.LINK_ERRORS as error:
            return requests.link_error_response(error, form, token, request)
        return requests.link_response(result, form, token)

    @app.route("POST /r/{token}/opened")
    def report_opened(request: Request) -> Response:
        origin.require_same_origin(request.headers, request.base_url)
        try:
            services.opened_link_service.report(request.params["token"], request.now)
        except CouponNotFound:
            return Response(204, is_failed_guess=True)
        return Response(204)

    @app.route("POST /v1/redemptions")
    def redeem_at_till(request: Request) -> Response:
        till = TillRequest.of(request)
        rest = till.customer_id, till.inbox_id, till.idempotency_key, request.now
        if till.code is not None:
            result = redemptions.redeem_at_till_by_code(request.organisation_id, till.code, *rest)
        else:
            terms = redemptions.find_coupon(request.organisation_id, coupon_id=till.coupon_id)
            result = redemptions.redeem_at_till(terms.coupon, *rest)
        return requests.redeemed_response(result)
