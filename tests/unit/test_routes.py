"""Addresses: the template's are the service's, and the functions handle them all."""

import pytest

from couponflow.web.http import routes
from local import sam_template

TEMPLATE = sam_template.load()


def test_the_service_knows_the_templates_routes():
    assert {route.key for route in TEMPLATE.routes} - {"$default"} == set(routes.ROUTES)


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/coupons", ["GET", "POST"]),
        ("/v1/coupons/c0vp0n0000001", ["DELETE", "GET", "PATCH"]),
        ("/r/x", ["GET", "HEAD"]),
        ("/r/x/redeem", ["POST"]),
        ("/r/x/redeem/", []),
        ("/r/", []),
        ("/v1", []),
        ("/V1/coupons", []),
    ],
)
def test_an_address_takes_its_methods_and_no_others(path, methods):
    assert routes.methods_of(path) == methods
