"""/v1/flow/distribute: the Distribute Coupon block over HTTP, and by direct Lambda invocation."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from couponflow import observability
from couponflow.web.flow import request as flow_requests
from couponflow.web.flow import response
from couponflow.web.flow.distribute import Caller
from couponflow.web.http.app import HttpApp
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response, json_response
from couponflow.web.services import Services


def add_routes(app: HttpApp, services: Services) -> None:
    """Register the routes that flow builders call."""
    distribution = services.distribution

    @app.route("POST /v1/flow/distribute")
    def distribute(request: Request) -> Response:
        fields = flow_requests.parse_body(request)
        return json_response(distribution.respond(_caller(request), fields))

    @app.route("GET /v1/flow/distribute")
    def distribute_by_query(request: Request) -> Response:
        """For builders that can only GET.

        A repetition changes nothing; no cache may keep the response.
        """
        return json_response(distribution.respond(_caller(request), request.query))

    @app.route("POST /v1/flow/distribute/manychat")
    def distribute_to_manychat(request: Request) -> Response:
        fields = flow_requests.parse_body(request)
        return json_response(response.dynamic_block(distribution.decide(_caller(request), fields)))

    @app.route("POST /v1/flow/distribute/batch")
    def distribute_to_many(request: Request) -> Response:
        fields = flow_requests.parse_body(request)
        return json_response(distribution.respond_batch(_caller(request), fields))


def build_handler(app: HttpApp, services: Services) -> Callable[[Any, Any], dict[str, Any]]:
    """The Lambda handler: an event of API Gateway goes to the app, any other is a direct
    invocation.
    """

    def handler(event: Any, context: Any) -> dict[str, Any]:
        if isinstance(event, dict) and "routeKey" in event:
            return app.handler(event, context)
        with observability.log_invocation("direct", context):
            services.request.start(context)
            now, base_url = datetime.now(UTC), services.config.public_base_url
            return services.distribution.invoke_directly(event, base_url, now)

    return handler


def _caller(request: Request) -> Caller:
    return Caller(request.organisation_id, request.base_url, request.now)
