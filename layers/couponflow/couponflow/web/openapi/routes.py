"""GET /v1/openapi.json: the OpenAPI document of the whole service."""

import hashlib
from functools import cache

from couponflow.web.http import etags
from couponflow.web.http.app import HttpApp
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response, json_response
from couponflow.web.services import Services

# The document changes with a deployment only. It is public and large, so the CDN keeps it.
_PUBLIC = {"cache-control": "public, max-age=300"}


def add_routes(app: HttpApp, services: Services) -> None:
    """Register the route of the OpenAPI document."""

    @app.route("GET /v1/openapi.json")
    def get_openapi(request: Request) -> Response:
        response = _document()
        if etags.is_known(request, response.headers["etag"]):
            return Response(304, headers={**_PUBLIC, "etag": response.headers["etag"]})
        return response


@cache
def _document() -> Response:
    # Imported here: no other request waits until the document is built.
    from couponflow.web.openapi import document

    made = json_response(document.document(), 200, **_PUBLIC)
    digest = hashlib.sha256(str(made.body).encode()).hexdigest()[:32]
    return Response(made.status, made.body, made.headers | {"etag": f'W/"{digest}"'})
