"""/v1/images: announce and complete an upload.

GET /images/{name}: the image itself, for everyone.
"""

import re

from couponflow.domain.errors import NotFound
from couponflow.domain.models import Image, ImageKind
from couponflow.store.idempotency import Creation, IdempotencyKey
from couponflow.store.images import FOR_EVER, Upload
from couponflow.web.http import idempotency
from couponflow.web.http.app import HttpApp
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response
from couponflow.web.services import Services

_NAME = re.compile(r"[0-9a-f]{64}\.(webp|jpg)")
_PUBLIC_HEADERS = {
    "cache-control": FOR_EVER,
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
}


def add_routes(app: HttpApp, services: Services) -> None:
    """Register the routes of uploads and of published images."""
    images = services.image_service

    @app.route("POST /v1/images")
    def announce(request: Request) -> Response:
        # Imported here: a request for a published image does not wait for pydantic.
        from couponflow.web.admin.image_schemas import ImageIn
        from couponflow.web.admin.response_models import UploadOut
        from couponflow.web.http import validation

        services.coupon_service.require_addon(request.organisation_id)
        body = validation.parse(ImageIn, request.json)
        kind = ImageKind(body.kind)

        of_image = request.organisation_id, kind, body.content_type, body.size

        def create(key: IdempotencyKey | None) -> tuple[Image, Upload]:
            return images.announce(*of_image, request.now, key)

        def describe(made: Creation) -> tuple[Image, Upload]:
            return images.renew_upload(*of_image, made)

        image, upload = idempotency.create_once(
            request, "POST /v1/images", services.idempotency_store, create, describe
        )
        return UploadOut.from_upload(image, upload).response(status=201)

    @app.route("POST /v1/images/{image_id}/complete")
    def complete(request: Request) -> Response:
        from couponflow.web.admin.response_models import ImageOut

        services.coupon_service.require_addon(request.organisation_id)
        image = images.complete(request.organisation_id, request.params["image_id"])
        return ImageOut.from_image(image, request.base_url).response()

    @app.route("GET /images/{name}")
    @app.route("HEAD /images/{name}")
    def show(request: Request) -> Response:
        name = _NAME.fullmatch(request.params["name"])
        if name is None:
            raise NotFound
        media_type = "image/webp" if name[1] == "webp" else "image/jpeg"
        headers = _PUBLIC_HEADERS | {"content-type": media_type}
        return Response(200, images.content(name[0]), headers)
