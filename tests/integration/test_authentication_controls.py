"""R9: controls of test_keys.py. Each weakened check must fail its tests at every route."""

from __future__ import annotations

import pytest

from couponflow.domain import api_keys
from couponflow.web.http.app import Route
from tests.integration import test_keys
from tests.integration.conftest import Stored
from tests.integration.test_keys import GUARDED
from tests.integration.test_logs import find_http_app
from tests.support.api import Api

# A response other than a problem has no `code`: a KeyError.
RED = (AssertionError, KeyError)
CARELESS = {
    "any secret": ("verify_secret", lambda key, secret: key.revoked_at is None),
    "any scope": ("has_scope", lambda key, scope: True),
}


@pytest.mark.parametrize("careless", CARELESS)
@pytest.mark.parametrize(("route", "scope"), GUARDED)
def test_control_weak_key_check_is_noticed(
    api: Api, stored: Stored, monkeypatch: pytest.MonkeyPatch, route: str, scope: str, careless: str
):
    monkeypatch.setattr(api_keys, *CARELESS[careless])
    with pytest.raises(RED):
        test_keys.test_route_accepts_only_keys_of_its_scope(api, stored, route, scope)


@pytest.mark.parametrize(("route", "scope"), GUARDED)
def test_control_route_without_a_scope_is_noticed(
    api: Api, stored: Stored, monkeypatch: pytest.MonkeyPatch, route: str, scope: str
):
    app = find_http_app(api, route)
    monkeypatch.setitem(app.routes, route, Route(app.routes[route].handle, None, uses_link=False))
    with pytest.raises(RED):
        test_keys.test_route_accepts_only_keys_of_its_scope(api, stored, route, scope)


def test_control_accepted_revoked_key_is_noticed(api: Api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        api_keys,
        "verify_secret",
        lambda key, secret: key.secret_hash == api_keys.hash_secret(secret),
    )
    with pytest.raises(RED):
        test_keys.test_revoked_key_is_refused_at_every_route(api)
