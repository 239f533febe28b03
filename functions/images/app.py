"""Images of marketers: taken in, and shown to everybody."""

import re

from couponflow.bootstrap import Services
from couponflow.domain.errors import NotFound
from couponflow.domain.models import ImageKind
from couponflow.store.images import FOR_EVER
from couponflow.web.admin import serializers
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response, json_response

services = Services()
image_service = services.image_service
app = services.http_app()
handler = app.handler

_NAME = re.compile(r"[0-9a-f]{64}\.(webp|jpg)")
_SHOWN_TO_ANYBODY = {
    "cache-control": FOR_EVER,
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
}


@app.route("POST /v1/images", scope="admin")
def announce(request: Request) -> Response:
    from couponflow.web.admin import image_schemas
    from couponflow.web.http import validation  # those who only look at images wait for no checks of what marketers send

    services.coupon_service.require_addon(request.organisation_id)
    body = validation.parse(image_schemas.ImageIn, request.json)
    image, upload = image_service.announce(request.organisation_id, ImageKind(body.kind), body.content_type, body.size)
    return json_response({"image_id": image.image_id, "upload": {"url": upload.url, "fields": upload.fields}}, status=201)


@app.route("POST /v1/images/{image_id}/complete", scope="admin")
def complete(request: Request) -> Response:
    services.coupon_service.require_addon(request.organisation_id)
    return json_response(
        serializers.image(image_service.complete(request.organisation_id, request.params["image_id"]), request.base_url)
    )


@app.route("GET /images/{name}", scope=None)
def show(request: Request) -> Response:
    name = _NAME.fullmatch(request.params["name"])
    if name is None:
        raise NotFound
    kind = "image/webp" if name[1] == "webp" else "image/jpeg"
    return Response(200, image_service.content(name[0]), _SHOWN_TO_ANYBODY | {"content-type": kind})
