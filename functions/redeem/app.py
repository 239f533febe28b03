"""A customer uses a coupon, once: by the link's page, or at a till."""

from couponflow.bootstrap import Services
from couponflow.services.shard_redeemer import RedemptionResult
from couponflow.web.http import origin
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response
from couponflow.web.redeem import requests
from couponflow.web.redeem.requests import RedeemForm, TillRequest

services = Services()
redemption_service = services.redemption_service
app = services.http_app(page=requests.error_page)
handler = app.handler


@app.route("POST /r/{token}/redeem", scope=None)
def redeem_by_link(request: Request) -> Response:
    origin.require_same_origin(request.headers, request.base_url)
    token, form = request.params["token"], RedeemForm.of(request)

    def redeem() -> RedemptionResult:
        return redemption_service.redeem_by_link(token, form.use, request.now)

    return requests.by_link(redeem, form, token, request)


@app.route("POST /v1/redemptions", scope="redeem")
def redeem_at_till(request: Request) -> Response:
    till = TillRequest.of(request)
    terms = redemption_service.find_coupon(request.organisation_id, coupon_id=till.coupon_id, code=till.code)
    return requests.redeemed_response(
        redemption_service.redeem_at_till(terms.coupon, till.customer_id, till.inbox_id, till.idempotency_key, request.now)
    )
