"""A customer uses a coupon, once: by the link's page, or at a till."""

from couponflow.bootstrap import Parts
from couponflow.services.shard_redeemer import Redeemed
from couponflow.web.http import origin
from couponflow.web.http.app import Request
from couponflow.web.http.responses import Response
from couponflow.web.redeem import requests
from couponflow.web.redeem.requests import RedeemForm, TillRequest

parts = Parts()
couponflow = parts.couponflow
app = parts.edge(page=requests.trouble)
handler = app.handler


@app.route("POST /r/{token}/redeem", scope=None)
def redeem_by_link(request: Request) -> Response:
    origin.check(request.headers, request.base_url)
    token, form = request.params["token"], RedeemForm.of(request)

    def redeem() -> Redeemed:
        return couponflow.redeem_by_link(token, form.use, request.now)

    return requests.by_link(redeem, form, token, request)


@app.route("POST /v1/redemptions", scope="redeem")
def redeem_at_till(request: Request) -> Response:
    till = TillRequest.of(request)
    terms = couponflow.terms(request.organisation_id, coupon_id=till.coupon_id, code=till.code)
    return requests.redeemed(
        couponflow.redeem_at_till(terms.coupon, till.customer_id, till.inbox_id, till.idempotency_key, request.now)
    )
