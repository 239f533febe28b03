"""The admin API: coupons, their redeem pages and their redemption records."""

from couponflow.bootstrap import Services
from couponflow.domain.errors import MethodNotAllowed, NotFound
from couponflow.services.coupons import CouponWithCounts, NewCoupon
from couponflow.services.records import RecordCursor, RecordFilter
from couponflow.web.admin import coupon_schemas, export_routes, flow_block_routes, redeem_page_settings, serializers
from couponflow.web.http import cursors, etags, routes, validation
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response, json_response

services = Services()
coupon_service, record_service = services.coupon_service, services.record_service
app = services.http_app()
handler = app.handler
flow_block_routes.add_routes(app, services.flow_block_service)
export_routes.add_routes(app, coupon_service, services.export_service)


@app.route("POST /v1/coupons", scope="admin")
def create_coupon(request: Request) -> Response:
    coupon_service.require_addon(request.organisation_id)
    body = validation.parse(coupon_schemas.CouponIn, request.json)
    return _coupon(coupon_service.create(request.organisation_id, NewCoupon(**dict(body)), request.now), request, status=201)


@app.route("GET /v1/coupons", scope="admin")
def list_coupons(request: Request) -> Response:
    query = validation.parse(coupon_schemas.CouponListing, validation.non_empty(request.query), lax=True)
    before = cursors.decode(query.cursor, parts=1)[0] if query.cursor else None
    found, more = coupon_service.list_page(request.organisation_id, query.status, query.q, before, query.limit, request.now)
    items = [serializers.coupon(campaign, request.now) for campaign in found]
    return json_response({"items": items, "next_cursor": cursors.encode(more) if more else None})


@app.route("GET /v1/coupons/{coupon_id}", scope="admin")
def get_coupon(request: Request) -> Response:
    return _coupon(coupon_service.get(request.organisation_id, request.params["coupon_id"]), request)


@app.route("PATCH /v1/coupons/{coupon_id}", scope="admin")
def change_coupon(request: Request) -> Response:
    coupon = coupon_service.coupon(request.organisation_id, request.params["coupon_id"])
    body = validation.parse(coupon_schemas.CouponChange, request.json, timezone=coupon.timezone)
    version = etags.expected_version(request, body.version)
    return _coupon(
        coupon_service.change(request.organisation_id, coupon.coupon_id, version, body.changes(), request.now), request
    )


@app.route("DELETE /v1/coupons/{coupon_id}", scope="admin")
def archive_coupon(request: Request) -> Response:
    coupon_service.archive(request.organisation_id, request.params["coupon_id"], request.now)
    return Response(204)


@app.route("GET /v1/coupons/{coupon_id}/redeem-page", scope="admin")
def get_redeem_page(request: Request) -> Response:
    return json_response(serializers.redeem_page(coupon_service.page(request.organisation_id, request.params["coupon_id"])))


@app.route("PUT /v1/coupons/{coupon_id}/redeem-page", scope="admin")
def save_redeem_page(request: Request) -> Response:
    coupon = coupon_service.coupon(request.organisation_id, request.params["coupon_id"])
    page = redeem_page_settings.settings(request, services.image_service)
    return json_response(serializers.redeem_page(coupon_service.save_page(request.organisation_id, coupon.coupon_id, page)))


@app.route("POST /v1/coupons/{coupon_id}/redeem-page/preview", scope="admin")
def preview_redeem_page(request: Request) -> Response:
    coupon = coupon_service.coupon(request.organisation_id, request.params["coupon_id"])
    organisation = services.terms_cache.organisation(request.organisation_id)
    return redeem_page_settings.preview(
        request, coupon, organisation, redeem_page_settings.settings(request, services.image_service)
    )


@app.route("GET /v1/coupons/{coupon_id}/redemptions", scope="admin")
def list_redemptions(request: Request) -> Response:
    coupon = coupon_service.coupon(request.organisation_id, request.params["coupon_id"])
    query = validation.parse(
        coupon_schemas.RecordListing, validation.non_empty(request.query), lax=True, timezone=coupon.timezone
    )
    wanted = RecordFilter(query.status, query.from_, query.to)
    after = RecordCursor.parse(*cursors.decode(query.cursor, parts=2)) if query.cursor else None
    if query.customer_id:
        found = record_service.list_by_customer(coupon, query.customer_id, wanted, after, query.limit)
    else:
        found = record_service.list_newest(coupon, wanted, after, query.limit)
    more = cursors.encode(*RecordCursor.of(found[-1]).parts) if len(found) == query.limit else None
    return json_response({"items": [serializers.record(redemption) for redemption in found], "next_cursor": more})


@app.route("GET /v1/openapi.json", scope=None)
def get_openapi(request: Request) -> Response:
    from couponflow.web.openapi import document  # what only its readers wait for

    return json_response(document.document())


@app.route("$default", scope=None)
def anything_else(request: Request) -> Response:
    methods = routes.methods_of(request.path)
    if methods:
        raise MethodNotAllowed(methods)
    raise NotFound


def _coupon(campaign: CouponWithCounts, request: Request, status: int = 200) -> Response:
    return json_response(serializers.coupon(campaign, request.now), status, etag=etags.etag(campaign.coupon.version))
