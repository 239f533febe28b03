"""GET /v1/openapi.json: the OpenAPI document of the whole service."""

from couponflow.web.http.app import HttpApp
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response, json_response
from couponflow.web.services import Services


def add_routes(app: HttpApp, services: Services) -> None:
    """Register the route of the OpenAPI document."""

    @app.route("GET /v1/openapi.json")
    def get_openapi(request: Request) -> Response:
        # Imported here: no other request waits until the document is built.
        from couponflow.web.openapi import document

        return json_response(document.document())
