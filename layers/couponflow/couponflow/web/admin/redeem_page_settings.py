"""Settings of a redeem page as the admin API takes them, and the page that they would make."""

from couponflow.domain.errors import ValidationFailed
from couponflow.domain.models import Coupon, Organisation, RedeemButton, RedeemPage
from couponflow.services.images import ImageService
from couponflow.web.admin import redeem_page_schemas
from couponflow.web.http import validation
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response
from couponflow.web.page import preview as sample
from couponflow.web.page import responses
from couponflow.web.page.state import State


def settings(request: Request, images: ImageService) -> RedeemPage:
    """Raises ValidationFailed, also for images that are not the organisation's."""
    body = validation.parse(redeem_page_schemas.RedeemPageIn, request.json)
    shown = images.of_page(request.organisation_id, {"brand_icon": body.brand_icon, "campaign_image": body.campaign_image})
    return RedeemPage(**dict(body) | shown | {"redeem_button": RedeemButton(**dict(body.redeem_button))})


def preview(request: Request, coupon: Coupon, organisation: Organisation, page: RedeemPage) -> Response:
    """The real page in the state that the query names. Raises ValidationFailed."""
    asked = request.query.get("state") or State.AVAILABLE
    if asked not in list(State):
        raise ValidationFailed.for_field("state", f"must be one of {', '.join(State)}")
    if asked == State.NOT_FOUND:
        return responses.not_found(request, status=200)
    return responses.page_response(sample.view(State(asked), coupon, page, organisation.name, request.now), request)
