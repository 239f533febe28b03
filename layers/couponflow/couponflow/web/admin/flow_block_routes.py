"""/v1/flow/blocks: the Distribute Coupon blocks that flow authors save."""

from couponflow.domain.flow_blocks import FlowBlock
from couponflow.store import revisions
from couponflow.store.idempotency import Creation, IdempotencyKey
from couponflow.web.admin import flow_block_schemas
from couponflow.web.admin.response_models import FlowBlockOut, Page
from couponflow.web.http import cursors, etags, idempotency, validation
from couponflow.web.http.app import HttpApp
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response
from couponflow.web.services import Services


def add_routes(app: HttpApp, services: Services) -> None:
    """Register the routes of saved blocks."""
    blocks = services.flow_block_service

    @app.route("GET /v1/flow/blocks")
    def list_blocks(request: Request) -> Response:
        query = validation.parse(validation.Listing, validation.non_empty(request.query), lax=True)
        before = cursors.decode(query.cursor, parts=1)[0] if query.cursor else None
        found, more = blocks.list_page(request.organisation_id, before, query.limit)
        return Page[FlowBlockOut](
            items=list(map(FlowBlockOut.from_block, found)),
            next_cursor=cursors.encode(more) if more else None,
        ).response()

    @app.route("POST /v1/flow/blocks")
    def create_block(request: Request) -> Response:
        blocks.require_addon(request.organisation_id)
        body = validation.parse(flow_block_schemas.BlockIn, request.json, base_url=request.base_url)

        def create(key: IdempotencyKey | None) -> FlowBlock:
            return blocks.create(request.organisation_id, body.content(), request.now, key)

        def describe(made: Creation) -> FlowBlock:
            return blocks.describe_creation(request.organisation_id, body.content(), made)

        created = idempotency.create_once(
            request, "POST /v1/flow/blocks", services.idempotency_store, create, describe
        )
        return _block_response(created, status=201)

    @app.route("GET /v1/flow/blocks/{block_id}")
    def get_block(request: Request) -> Response:
        return _block_response(blocks.get(request.organisation_id, request.params["block_id"]))

    @app.route("PUT /v1/flow/blocks/{block_id}")
    def save_block(request: Request) -> Response:
        block = blocks.get(request.organisation_id, request.params["block_id"])
        body = validation.parse(flow_block_schemas.BlockIn, request.json, base_url=request.base_url)
        seen, key = etags.seen_revisions(request), request.idempotency_key
        return _block_response(blocks.replace(block, body.content(), request.now, seen, key))

    @app.route("DELETE /v1/flow/blocks/{block_id}")
    def delete_block(request: Request) -> Response:
        blocks.delete(request.organisation_id, request.params["block_id"])
        return Response(204)


def _block_response(block: FlowBlock, status: int = 200) -> Response:
    etag = etags.etag(block.revision or revisions.UNSAVED)
    return FlowBlockOut.from_block(block).response(status, etag=etag)
