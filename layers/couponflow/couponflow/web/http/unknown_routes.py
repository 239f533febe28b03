"""API Gateway's $default route: an unknown address, or a method that the address does not take."""

from couponflow.domain import links
from couponflow.domain.errors import MethodNotAllowed, NotFound
from couponflow.web.http import routes
from couponflow.web.http.app import HttpApp
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response
from couponflow.web.services import Services


def add_routes(app: HttpApp, services: Services) -> None:
    """Register the default route, which answers 404 or 405, and leads to the console and from a
    damaged link to its page.
    """

    @app.route(routes.DEFAULT)
    def refuse(request: Request) -> Response:
        if request.path == "/console/":  # an HTTP API takes no route that ends in a slash
            return Response(308, headers={"location": "/console"})
        token = links.recover_token(request.path)
        if token and request.method in ("GET", "HEAD"):
            return Response(308, headers={"location": f"/r/{token}"})
        methods = routes.methods_of(request.path)
        if methods:
            raise MethodNotAllowed(methods)
        raise NotFound
