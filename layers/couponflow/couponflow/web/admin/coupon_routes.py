"""/v1/coupons: create, list, read, change and archive coupons."""

from couponflow.services.coupons import CouponWithCounts, NewCoupon
from couponflow.store.idempotency import Creation, IdempotencyKey
from couponflow.web.admin.coupon_schemas import CouponChange, CouponIn, CouponListing
from couponflow.web.admin.response_models import CouponOut, Page
from couponflow.web.http import cursors, etags, idempotency, validation
from couponflow.web.http.app import HttpApp
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response
from couponflow.web.services import Services


def add_routes(app: HttpApp, services: Services) -> None:
    """Register the routes that change or show coupons."""
    coupons = services.coupon_service

    @app.route("POST /v1/coupons")
    def create_coupon(request: Request) -> Response:
        coupons.require_addon(request.organisation_id)
        body = validation.parse(CouponIn, request.json)
        new = NewCoupon(**dict(body))

        def create(key: IdempotencyKey | None) -> CouponWithCounts:
            return coupons.create(request.organisation_id, new, request.now, key)

        def describe(made: Creation) -> CouponWithCounts:
            return coupons.describe_creation(request.organisation_id, new, made)

        created = idempotency.create_once(
            request, "POST /v1/coupons", services.idempotency_store, create, describe
        )
        return _coupon_response(created, request, status=201)

    @app.route("GET /v1/coupons")
    def list_coupons(request: Request) -> Response:
        query = validation.parse(CouponListing, validation.non_empty(request.query), lax=True)
        before = cursors.decode(query.cursor, parts=1)[0] if query.cursor else None
        found, more = coupons.list_page(
            request.organisation_id, query.status, query.q, before, query.limit, request.now
        )
        items = [CouponOut.from_coupon(coupon, request.now) for coupon in found]
        next_cursor = cursors.encode(more) if more else None
        return Page[CouponOut](items=items, next_cursor=next_cursor).response()

    @app.route("GET /v1/coupons/{coupon_id}")
    def get_coupon(request: Request) -> Response:
        found = coupons.get(request.organisation_id, request.params["coupon_id"])
        return _coupon_response(found, request)

    @app.route("PATCH /v1/coupons/{coupon_id}")
    def change_coupon(request: Request) -> Response:
        coupon = coupons.coupon(request.organisation_id, request.params["coupon_id"])
        body = validation.parse(CouponChange, request.json, timezone=coupon.timezone)
        version = etags.expected_version(request, body.version)
        changed = coupons.change(
            request.organisation_id,
            coupon.coupon_id,
            version,
            body.changes(),
            request.now,
            request.idempotency_key,
        )
        return _coupon_response(changed, request)

    @app.route("DELETE /v1/coupons/{coupon_id}")
    def archive_coupon(request: Request) -> Response:
        coupons.archive(request.organisation_id, request.params["coupon_id"], request.now)
        return Response(204)


def _coupon_response(coupon: CouponWithCounts, request: Request, status: int = 200) -> Response:
    etag = etags.etag(coupon.coupon.version)
    return CouponOut.from_coupon(coupon, request.now).response(status, etag=etag)
