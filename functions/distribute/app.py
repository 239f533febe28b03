"""What a Distribute Coupon block calls: gives a customer their link, and the flow an outcome to branch on."""

from datetime import UTC, datetime
from typing import Any

from couponflow.bootstrap import Parts
from couponflow.web import distribution
from couponflow.web.answers import Response, answer
from couponflow.web.edge import Request

parts = Parts()
couponflow = parts.couponflow
app = parts.edge(distribution.problem)


@app.route("POST /v1/flow/distribute", scope="distribute")
def distribute(request: Request) -> Response:
    ask = distribution.Ask.of(request.json)
    return answer(distribution.answer(couponflow, request.organisation_id, ask, request.base_url, request.now))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    if "routeKey" in event:
        return app.handler(event, context)
    return distribution.directly(couponflow, event, parts.config.public_base_url, datetime.now(UTC))
