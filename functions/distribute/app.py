"""What a Distribute Coupon block calls: gives a customer their link, and the flow an outcome to branch on."""

from datetime import UTC, datetime
from typing import Any

from couponflow import observability
from couponflow.bootstrap import Parts
from couponflow.web.flow import request as asks
from couponflow.web.flow import response
from couponflow.web.flow.distribute import Caller
from couponflow.web.http.app import Request
from couponflow.web.http.responses import Response, answer

parts = Parts()
distribution = parts.distribution
app = parts.edge(response.problem)


@app.route("POST /v1/flow/distribute", scope="distribute")
def distribute(request: Request) -> Response:
    return answer(distribution.answer(_caller(request), asks.fields_of(request)))


@app.route("GET /v1/flow/distribute", scope="distribute")
def distribute_by_query(request: Request) -> Response:
    """For builders that can only GET: asked again, it changes nothing more, and nobody in between may keep the answer."""
    return answer(distribution.answer(_caller(request), request.query))


@app.route("POST /v1/flow/distribute/manychat", scope="distribute")
def distribute_to_manychat(request: Request) -> Response:
    return answer(response.dynamic_block(distribution.outcome(_caller(request), asks.fields_of(request))))


@app.route("POST /v1/flow/distribute/batch", scope="distribute")
def distribute_to_many(request: Request) -> Response:
    return answer(distribution.batch(_caller(request), request.json))


def handler(event: Any, context: Any) -> dict[str, Any]:
    if isinstance(event, dict) and "routeKey" in event:
        return app.handler(event, context)
    with observability.invocation("direct", context):
        return distribution.directly(event, parts.config.public_base_url, datetime.now(UTC))


def _caller(request: Request) -> Caller:
    return Caller(request.organisation_id, request.base_url, request.now)
