"""/v1/coupons/{coupon_id}/redeem-page: settings of a coupon's redeem page, and a preview of unsaved
ones.
"""

from couponflow.domain.errors import ValidationFailed
from couponflow.domain.models import RedeemButton, RedeemPage
from couponflow.services.images import ImageService
from couponflow.store import revisions
from couponflow.web.admin.redeem_page_schemas import RedeemPageIn
from couponflow.web.admin.response_models import RedeemPageOut
from couponflow.web.http import etags, validation
from couponflow.web.http.app import HttpApp
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response
from couponflow.web.page import preview, responses
from couponflow.web.page.state import State
from couponflow.web.services import Services


def add_routes(app: HttpApp, services: Services) -> None:
    """Register the routes that read, save and preview a redeem page."""
    coupons = services.coupon_service

    @app.route("GET /v1/coupons/{coupon_id}/redeem-page")
    def get_redeem_page(request: Request) -> Response:
        page = coupons.page(request.organisation_id, request.params["coupon_id"])
        return _page_response(page)

    @app.route("PUT /v1/coupons/{coupon_id}/redeem-page")
    def save_redeem_page(request: Request) -> Response:
        coupon = coupons.coupon(request.organisation_id, request.params["coupon_id"])
        page = _parse_settings(request, services.image_service)
        seen, key = etags.seen_revisions(request), request.idempotency_key
        saved = coupons.save_page(
            request.organisation_id, coupon.coupon_id, page, request.now, seen, key
        )
        return _page_response(saved.page)

    @app.route("POST /v1/coupons/{coupon_id}/redeem-page/preview")
    def preview_redeem_page(request: Request) -> Response:
        coupon = coupons.coupon(request.organisation_id, request.params["coupon_id"])
        organisation = services.terms_cache.organisation(request.organisation_id)
        page, state = _parse_settings(request, services.image_service), _parse_state(request)
        if state is State.NOT_FOUND:
            return responses.not_found(request, status=200)
        view = preview.view(state, coupon, page, organisation.name, request.now)
        return responses.page_response(view, request)


def _page_response(page: RedeemPage) -> Response:
    etag = etags.etag(page.revision or revisions.UNSAVED)
    return RedeemPageOut.from_page(page).response(etag=etag)


def _parse_settings(request: Request, images: ImageService) -> RedeemPage:
    """Raises ValidationFailed, also for images that are not the organisation's."""
    body = validation.parse(RedeemPageIn, request.json)
    image_ids = {"brand_icon": body.brand_icon, "campaign_image": body.campaign_image}
    shown = images.of_page(request.organisation_id, image_ids)
    button = RedeemButton(**dict(body.redeem_button))
    return RedeemPage(**dict(body) | shown | {"redeem_button": button})


def _parse_state(request: Request) -> State:
    """The state that the query names, "available" if none. Raises ValidationFailed."""
    name = request.query.get("state") or State.AVAILABLE
    if name not in list(State):
        raise ValidationFailed.for_field("state", f"must be one of {', '.join(State)}")
    return State(name)
