"""GET /v1/coupons/{coupon_id}/statistics: what a campaign did, by local day and by inbox."""

from couponflow.domain import times
from couponflow.web.admin.statistics_models import StatisticsOut, StatisticsQuery
from couponflow.web.http import validation
from couponflow.web.http.app import HttpApp
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response
from couponflow.web.services import Services


def add_routes(app: HttpApp, services: Services) -> None:
    """Register the route of a coupon's statistics."""
    coupons, statistics = services.coupon_service, services.statistics_service

    @app.route("GET /v1/coupons/{coupon_id}/statistics")
    def get_statistics(request: Request) -> Response:
        coupon = coupons.coupon(request.organisation_id, request.params["coupon_id"])
        query = validation.parse(
            StatisticsQuery,
            validation.non_empty(request.query),
            lax=True,
            today=request.now.astimezone(times.zone(coupon.timezone)).date(),
        )
        found = statistics.read(coupon, query.first, query.last)
        return StatisticsOut.from_statistics(found).response()
