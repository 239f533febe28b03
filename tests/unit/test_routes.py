"""Routes: template and code have the same ones."""

import pytest

from couponflow.web.http import routes
from local import sam_template

TEMPLATE = sam_template.load()


def test_code_has_the_templates_routes():
    assert {route.key for route in TEMPLATE.routes} - {"$default"} == set(routes.ROUTES)


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/coupons", ["GET", "HEAD", "POST"]),
        ("/v1/coupons/c0vp0n0000001", ["DELETE", "GET", "HEAD", "PATCH"]),
        ("/r/x", ["GET", "HEAD"]),
        ("/r/x/redeem", ["POST"]),
        ("/v1/flow/distribute", ["GET", "POST"]),
        ("/console/a/b", ["GET", "HEAD"]),
        ("/r/x/redeem/", []),
        ("/r/", []),
        ("/v1", []),
        ("/V1/coupons", []),
    ],
)
def test_path_accepts_only_its_methods(path, methods):
    assert routes.methods_of(path) == methods
