"""The OpenAPI document matches the service: routes, scopes and errors."""

from __future__ import annotations

import json

import httpx

from couponflow.domain.errors import CouponflowError
from couponflow.web.http import routes
from couponflow.web.http.problems import STATUS
from couponflow.web.openapi import document
from couponflow.web.openapi.operations import OPERATIONS
from local import sam_template
from tests.support.api import Api
from tests.support.gateway import Gateway


def documented() -> set[str]:
    return {
        f"{method.upper()} {path}"
        for path, methods in document.document()["paths"].items()
        for method in methods
    }


def test_document_has_the_templates_routes():
    wanted = {route.key.replace("+}", "}") for route in sam_template.load().routes} - {"$default"}
    assert documented() == wanted
    assert set(OPERATIONS) == set(routes.ROUTES)


def is_console(route: str) -> bool:
    """The console's files are public, and its function has no HttpApp."""
    return "console" in route or route.endswith(" /")


def test_functions_require_the_scopes_of_the_route_list(gateway: Gateway):
    asked = {}
    for route in sam_template.load().routes:
        if route.key != "$default" and not is_console(route.key):
            module = gateway.function(route.function)
            app = module.app if hasattr(module, "app") else module.edge
            asked[route.key] = app.routes[route.key].scope
    assert asked == {
        route: scope for route, scope in routes.ROUTES.items() if not is_console(route)
    }
    assert not [scope for route, scope in routes.ROUTES.items() if is_console(route) and scope]


def test_document_requires_a_key_for_every_scope():
    paths = document.document()["paths"]
    for route, scope in routes.ROUTES.items():
        method, path = route.replace("+}", "}").split(" ", 1)
        assert ("security" in paths[path][method.lower()]) == (scope is not None), route


def test_every_error_is_documented():
    said = json.dumps(document.document())
    codes = {error.code for error in STATUS if issubclass(error, CouponflowError)} - {
        "method_not_allowed"
    }
    assert not {code for code in codes if f'"{code}"' not in said}


def test_document_is_public(api: Api):
    answer = api.client.get("/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == json.loads(json.dumps(document.document()))


def test_document_is_cached_and_revalidated(api: Api):
    answer = api.client.get("/v1/openapi.json")
    assert answer.headers["cache-control"] == "public, max-age=300"
    etag = answer.headers["etag"]
    assert api.client.head("/v1/openapi.json").headers["etag"] == etag
    for known in (etag, etag.removeprefix("W/"), f'"x", {etag}', "*"):
        again = api.client.get("/v1/openapi.json", headers={"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert (again.headers["etag"], again.headers["cache-control"]) == (
            etag,
            "public, max-age=300",
        )
    other = api.client.get("/v1/openapi.json", headers={"if-none-match": '"x"'})
    assert other.status_code == 200


def test_refusal_of_the_document_is_not_cached(api: Api):
    answer = api.client.post("/v1/openapi.json")
    assert (answer.status_code, answer.headers["cache-control"]) == (405, "no-store")


def test_document_is_compressed_for_clients_that_accept_it(api: Api):
    def get(encoding: str) -> httpx.Response:
        return api.client.get("/v1/openapi.json", headers={"accept-encoding": encoding})

    plain, packed = get("identity"), get("gzip")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == plain.json()
    assert packed.headers["etag"] == plain.headers["etag"]
    assert "accept-encoding" in packed.headers["vary"]
