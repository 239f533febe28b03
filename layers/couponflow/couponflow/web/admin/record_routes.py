"""/v1/coupons/{coupon_id}/redemptions: redemption records as JSON, page by page, and as a
CSV file.
"""

from couponflow.domain.models import Coupon
from couponflow.services.records import RecordCursor, RecordFilter
from couponflow.web.admin.coupon_schemas import RecordListing
from couponflow.web.admin.response_models import ExportOut, Page, RecordOut
from couponflow.web.http import accept, cursors, validation
from couponflow.web.http.accept import Format
from couponflow.web.http.app import HttpApp
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response
from couponflow.web.services import Services


def add_routes(app: HttpApp, services: Services) -> None:
    """Register the routes that list and export redemption records."""
    coupons, records, exports = (
        services.coupon_service,
        services.record_service,
        services.export_service,
    )

    @app.route("GET /v1/coupons/{coupon_id}/redemptions")
    def list_redemptions(request: Request) -> Response:
        coupon = coupons.coupon(request.organisation_id, request.params["coupon_id"])
        query = _parse_query(request, coupon)
        after = RecordCursor.parse(*cursors.decode(query.cursor, parts=3)) if query.cursor else None
        wanted = _filter(query)
        if query.customer_id:
            page = records.list_by_customer(coupon, query.customer_id, wanted, after, query.limit)
        else:
            page = records.list_newest(coupon, wanted, after, query.limit)
        more = cursors.encode(*page.next.parts) if page.next else None
        items = list(map(RecordOut.from_redemption, page.records))
        return Page[RecordOut](items=items, next_cursor=more).response()

    @app.route("GET /v1/coupons/{coupon_id}/redemptions.csv")
    def export_redemptions(request: Request) -> Response:
        # The file is in the bucket, because Lambda limits a response to 6 MB.
        coupon = coupons.coupon(request.organisation_id, request.params["coupon_id"])
        query = _parse_query(request, coupon)
        export = exports.csv(coupon, query.customer_id, _filter(query), request.now)
        # A client that follows the redirect may send its key along, which the storage refuses.
        if accept.preferred_format(request.headers) is Format.JSON:
            return ExportOut(url=export.url, expires_at=export.expires_at).response()
        return Response(303, headers={"location": export.url})


def _parse_query(request: Request, coupon: Coupon) -> RecordListing:
    query = validation.non_empty(request.query)
    return validation.parse(RecordListing, query, lax=True, timezone=coupon.timezone)


def _filter(query: RecordListing) -> RecordFilter:
    return RecordFilter(query.status, query.from_, query.to)
