"""Every route of the template reaches its function, which loads and gives an answer of its own."""

from __future__ import annotations

import re
from typing import Any

import pytest

from local import sam_template
from tests.support.api import Api

ROUTES = sam_template.load().routes
SCOPES = {"/v1/flow/distribute": "distribute", "/v1/redemptions": "redeem"}


@pytest.fixture(scope="module")
def values(api: Api) -> dict[str, Any]:
    """What the routes' path parameters are filled with."""
    coupon = api.coupon()
    token = api.redeem_url(coupon, "ann").rpartition("/")[2]
    block = api.block(coupon)
    known = {"coupon_id": coupon["coupon_id"], "block_id": block["block_id"], "token": token}
    return known | {"image_id": "0000000000000", "name": "0" * 64 + ".webp", "path+": "coupons"}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.key)
def test_route_answers(api: Api, values: dict[str, Any], route: sam_template.Route):
    if route.path == "$default":
        path, method = "/v1/nowhere", "GET"
    else:
        path = re.sub(
            r"\{([^}]+)\}", lambda found: str(values.get(found[1], "0000000000000")), route.path
        )
        method = route.method
    scope = next((scope for prefix, scope in SCOPES.items() if path.startswith(prefix)), "admin")
    body: object = {} if method in ("POST", "PUT", "PATCH") else None

    answer = api.call(method, path, body, scope)

    assert answer.status_code < 500, answer.text
    # API Gateway's own answers have this shape, and nothing of ours has.
    assert not answer.text.startswith('{"message":'), answer.text
    if method != "HEAD" and answer.status_code >= 400 and "json" in answer.headers["content-type"]:
        assert answer.json()["code"]


@pytest.mark.parametrize("path", ["/", "/console", "/console/"])
def test_console_is_found_by_every_address(api: Api, path: str):
    answer = api.client.get(path, follow_redirects=True)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    script = re.search(r'src="(/console/assets/[^"]+\.js)"', answer.text)
    assert script is not None and api.open(script[1]).status_code == 200
