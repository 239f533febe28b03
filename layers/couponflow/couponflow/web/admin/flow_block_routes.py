"""/v1/flow/blocks: the Distribute Coupon blocks that flow authors save."""

from typing import Any

from couponflow.domain import times
from couponflow.domain.flow_blocks import FlowBlock
from couponflow.web.admin import flow_block_schemas
from couponflow.web.http import cursors, validation
from couponflow.web.http.app import HttpApp
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response, json_response
from couponflow.web.services import Services


def add_routes(app: HttpApp, services: Services) -> None:
    """Register the routes of saved blocks."""
    blocks = services.flow_block_service

    @app.route("GET /v1/flow/blocks")
    def list_blocks(request: Request) -> Response:
        query = validation.parse(validation.Listing, validation.non_empty(request.query), lax=True)
        before = cursors.decode(query.cursor, parts=1)[0] if query.cursor else None
        found, more = blocks.list_page(request.organisation_id, before, query.limit)
        return json_response({"items": list(map(_view, found)), "next_cursor": cursors.encode(more) if more else None})

    @app.route("POST /v1/flow/blocks")
    def create_block(request: Request) -> Response:
        blocks.require_addon(request.organisation_id)
        body = validation.parse(flow_block_schemas.BlockIn, request.json, base_url=request.base_url)
        return json_response(_view(blocks.create(request.organisation_id, body.content(), request.now)), status=201)

    @app.route("GET /v1/flow/blocks/{block_id}")
    def get_block(request: Request) -> Response:
        return json_response(_view(blocks.get(request.organisation_id, request.params["block_id"])))

    @app.route("PUT /v1/flow/blocks/{block_id}")
    def save_block(request: Request) -> Response:
        block = blocks.get(request.organisation_id, request.params["block_id"])
        body = validation.parse(flow_block_schemas.BlockIn, request.json, base_url=request.base_url)
        return json_response(_view(blocks.replace(block, body.content(), request.now)))

    @app.route("DELETE /v1/flow/blocks/{block_id}")
    def delete_block(request: Request) -> Response:
        blocks.delete(request.organisation_id, request.params["block_id"])
        return Response(204)


def _view(block: FlowBlock) -> dict[str, Any]:
    content, flows = block.content, block.content.fallback_flows
    return {
        "block_id": block.block_id,
        "coupon_id": content.coupon_id,
        "message": content.message,
        "button_title": content.button_title,
        "image_url": content.image_url,
        "fallback_flows": {
            "coupon_expired": flows.coupon_expired,
            "customer_max_uses_reached": flows.customer_max_uses_reached,
            "coupon_max_uses_reached": flows.coupon_max_uses_reached,
            "error": flows.error,
        },
        "channel": content.channel,
        "created_at": times.format_utc(block.created_at),
        "updated_at": times.format_utc(block.updated_at),
    }
