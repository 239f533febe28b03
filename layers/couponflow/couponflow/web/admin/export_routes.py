"""GET …/redemptions.csv: the records as a file. It lies in the bucket, because a function's answer is limited to 6 MB."""

from couponflow.services.coupons import CouponService
from couponflow.services.exports import ExportService
from couponflow.services.records import RecordFilter
from couponflow.web.admin import coupon_schemas
from couponflow.web.http import validation
from couponflow.web.http.app import HttpApp
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response


def add_routes(app: HttpApp, campaigns: CouponService, exports: ExportService) -> None:
    @app.route("GET /v1/coupons/{coupon_id}/redemptions.csv", scope="admin")
    def export_redemptions(request: Request) -> Response:
        coupon = campaigns.coupon(request.organisation_id, request.params["coupon_id"])
        query = validation.parse(
            coupon_schemas.RecordListing, validation.non_empty(request.query), lax=True, timezone=coupon.timezone
        )
        wanted = RecordFilter(query.status, query.from_, query.to)
        return Response(303, headers={"location": exports.csv(coupon, query.customer_id, wanted)})
