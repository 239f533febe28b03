"""The admin API: coupons, their redeem pages and their redemption records."""

from couponflow.bootstrap import Parts
from couponflow.campaigns import Campaign, NewCoupon
from couponflow.domain.errors import MethodNotAllowed, NotFound
from couponflow.records import Place, RecordFilter
from couponflow.web import block_routes, cursors, export_routes, redeem_pages, routes, schemas, versions, views
from couponflow.web.answers import Response, answer
from couponflow.web.edge import Request

parts = Parts()
campaigns, records = parts.campaigns, parts.records
app = parts.edge()
handler = app.handler
block_routes.add_to(app, parts.blocks)
export_routes.add_to(app, campaigns, parts.exports)


@app.route("POST /v1/coupons", scope="admin")
def create_coupon(request: Request) -> Response:
    campaigns.require_addon(request.organisation_id)
    body = schemas.parse(schemas.CouponIn, request.json)
    return _coupon(campaigns.create(request.organisation_id, NewCoupon(**dict(body)), request.now), request, status=201)


@app.route("GET /v1/coupons", scope="admin")
def list_coupons(request: Request) -> Response:
    query = schemas.parse(schemas.CouponListing, schemas.given(request.query), lax=True)
    before = cursors.parse(query.cursor, parts=1)[0] if query.cursor else None
    found, more = campaigns.listed(request.organisation_id, query.status, query.q, before, query.limit, request.now)
    items = [views.coupon(campaign, request.now) for campaign in found]
    return answer({"items": items, "next_cursor": cursors.written(more) if more else None})


@app.route("GET /v1/coupons/{coupon_id}", scope="admin")
def get_coupon(request: Request) -> Response:
    return _coupon(campaigns.get(request.organisation_id, request.params["coupon_id"]), request)


@app.route("PATCH /v1/coupons/{coupon_id}", scope="admin")
def change_coupon(request: Request) -> Response:
    coupon = campaigns.coupon(request.organisation_id, request.params["coupon_id"])
    body = schemas.parse(schemas.CouponChange, request.json, timezone=coupon.timezone)
    version = versions.seen(request, body.version)
    return _coupon(campaigns.change(request.organisation_id, coupon.coupon_id, version, body.changes(), request.now), request)


@app.route("DELETE /v1/coupons/{coupon_id}", scope="admin")
def archive_coupon(request: Request) -> Response:
    campaigns.archive(request.organisation_id, request.params["coupon_id"], request.now)
    return Response(204)


@app.route("GET /v1/coupons/{coupon_id}/redeem-page", scope="admin")
def get_redeem_page(request: Request) -> Response:
    return answer(views.redeem_page(campaigns.page(request.organisation_id, request.params["coupon_id"])))


@app.route("PUT /v1/coupons/{coupon_id}/redeem-page", scope="admin")
def save_redeem_page(request: Request) -> Response:
    coupon = campaigns.coupon(request.organisation_id, request.params["coupon_id"])
    page = redeem_pages.settings(request, parts.images)
    return answer(views.redeem_page(campaigns.save_page(request.organisation_id, coupon.coupon_id, page)))


@app.route("POST /v1/coupons/{coupon_id}/redeem-page/preview", scope="admin")
def preview_redeem_page(request: Request) -> Response:
    coupon = campaigns.coupon(request.organisation_id, request.params["coupon_id"])
    organisation = parts.terms.organisation(request.organisation_id)
    return redeem_pages.preview(request, coupon, organisation, redeem_pages.settings(request, parts.images))


@app.route("GET /v1/coupons/{coupon_id}/redemptions", scope="admin")
def list_redemptions(request: Request) -> Response:
    coupon = campaigns.coupon(request.organisation_id, request.params["coupon_id"])
    query = schemas.parse(schemas.RecordListing, schemas.given(request.query), lax=True, timezone=coupon.timezone)
    wanted = RecordFilter(query.status, query.from_, query.to)
    after = Place.parse(*cursors.parse(query.cursor, parts=2)) if query.cursor else None
    if query.customer_id:
        found = records.of_customer(coupon, query.customer_id, wanted, after, query.limit)
    else:
        found = records.newest(coupon, wanted, after, query.limit)
    more = cursors.written(*Place.of(found[-1]).parts) if len(found) == query.limit else None
    return answer({"items": [views.record(redemption) for redemption in found], "next_cursor": more})


@app.route("GET /v1/openapi.json", scope=None)
def get_openapi(request: Request) -> Response:
    from couponflow.web import openapi  # what only its readers wait for

    return answer(openapi.document())


@app.route("$default", scope=None)
def anything_else(request: Request) -> Response:
    methods = routes.methods_of(request.path)
    if methods:
        raise MethodNotAllowed(methods)
    raise NotFound


def _coupon(campaign: Campaign, request: Request, status: int = 200) -> Response:
    return answer(views.coupon(campaign, request.now), status, etag=versions.tag(campaign.coupon.version))
