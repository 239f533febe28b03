"""API keys: every guarded route checks the key before anything else."""

import pytest

from couponflow.web.http.routes import ROUTES
from tests.integration.conftest import Stored
from tests.support.api import Api

GUARDED = [(route, scope) for route, scope in ROUTES.items() if scope]
OPEN = [route for route, scope in ROUTES.items() if scope is None]


def call(api: Api, route: str, authorization: str | None):
    method, path = route.split(" ")
    path = (
        path.replace("{coupon_id}", "c0vp0n0000001")
        .replace("{image_id}", "1mage00000001")
        .replace("{block_id}", "b10ck00000001")
    )
    headers = {"authorization": authorization} if authorization is not None else {}
    return api.client.request(
        method, path, content=b"{", headers=headers | {"content-type": "application/json"}
    )


@pytest.mark.parametrize(("route", "scope"), GUARDED)
def test_route_accepts_only_keys_of_its_scope(api: Api, stored: Stored, route, scope):
    _, key_id, secret = api.keys["admin"].split("_")
    wrong = [
        None,
        "",
        "Bearer",
        "Bearer x",
        f"Bearer cf_{key_id}_{'0' * 32}",
        f"Bearer cf_0000000000000_{secret}",
        f"Basic {secret}",
    ]
    before = stored()
    for authorization in wrong:
        answer = call(api, route, authorization)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), (
            authorization
        )
        assert answer.headers["www-authenticate"] == "Bearer"
    for other in {"admin", "distribute", "redeem"} - {scope, "admin"}:
        answer = call(api, route, f"Bearer {api.keys[other]}")
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing"), other
    for allowed in (scope, "admin"):
        assert call(api, route, f"Bearer {api.keys[allowed]}").status_code not in (401, 403)
    assert stored() == before


def test_revoked_key_is_refused_at_every_route(api: Api):
    made = {scope: api.key(scope) for scope in ("admin", "distribute", "redeem")}
    for route, scope in GUARDED:
        assert call(api, route, f"Bearer {made[scope]['key']}").status_code != 401
    for key in made.values():
        assert api.operate("revoke_key", key_id=key["key_id"])["revoked_at"]
    api.gateway.restart()
    for route, scope in GUARDED:
        answer = call(api, route, f"Bearer {made[scope]['key']}")
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), route


@pytest.mark.parametrize(
    "route", [route for route in OPEN if "console" not in route and not route.endswith(" /")]
)
def test_customer_routes_need_no_key_and_ignore_a_wrong_one(api: Api, route):
    headers = (None, "Bearer x", f"Bearer {api.keys['redeem']}")
    assert {call(api, route, header).status_code for header in headers} <= {200, 204, 400, 404}


def test_key_with_several_scopes_has_them_all(api: Api):
    both = api.key("redeem", "distribute")["key"]
    for route, scope in GUARDED:
        refused = call(api, route, f"Bearer {both}").status_code == 403
        assert refused == (scope == "admin"), route


def test_secret_of_a_key_is_not_stored(api: Api, stored: Stored):
    secrets = [key.split("_")[2] for key in api.keys.values()]
    kept = repr(stored())
    assert not any(secret in kept for secret in secrets)
