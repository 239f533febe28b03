"""What a Distribute Coupon block calls: gives a customer their link, and the flow an outcome to branch on."""

from datetime import UTC, datetime
from typing import Any

from couponflow import observability
from couponflow.bootstrap import Services
from couponflow.web.flow import request as asks
from couponflow.web.flow import response
from couponflow.web.flow.distribute import Caller
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response, json_response

services = Services()
distribution = services.distribution
app = services.http_app(response.problem)


@app.route("POST /v1/flow/distribute", scope="distribute")
def distribute(request: Request) -> Response:
    return json_response(distribution.respond(_caller(request), asks.parse_body(request)))


@app.route("GET /v1/flow/distribute", scope="distribute")
def distribute_by_query(request: Request) -> Response:
    """For builders that can only GET: asked again, it changes nothing more, and nobody in between may keep the answer."""
    return json_response(distribution.respond(_caller(request), request.query))


@app.route("POST /v1/flow/distribute/manychat", scope="distribute")
def distribute_to_manychat(request: Request) -> Response:
    return json_response(response.dynamic_block(distribution.decide(_caller(request), asks.parse_body(request))))


@app.route("POST /v1/flow/distribute/batch", scope="distribute")
def distribute_to_many(request: Request) -> Response:
    return json_response(distribution.respond_batch(_caller(request), request.json))


def handler(event: Any, context: Any) -> dict[str, Any]:
    if isinstance(event, dict) and "routeKey" in event:
        return app.handler(event, context)
    with observability.log_invocation("direct", context):
        return distribution.invoke_directly(event, services.config.public_base_url, datetime.now(UTC))


def _caller(request: Request) -> Caller:
    return Caller(request.organisation_id, request.base_url, request.now)
