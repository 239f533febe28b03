"""R9: what test_keys.py holds at every route, held no longer: each way in that is left open turns it red."""

from __future__ import annotations

import pytest

from couponflow.domain import api_keys
from couponflow.web.http.app import Route
from tests.integration import test_keys
from tests.integration.conftest import Api, Stored
from tests.integration.test_keys import GUARDED
from tests.integration.test_logs import edge_of

# An answer that is no problem has no code to look at.
RED = (AssertionError, KeyError)
CARELESS = {
    "any secret": ("verify_secret", lambda key, secret: key.revoked_at is None),
    "any scope": ("has_scope", lambda key, scope: True),
}


@pytest.mark.parametrize("careless", CARELESS)
@pytest.mark.parametrize(("route", "scope"), GUARDED)
def test_a_key_that_is_hardly_looked_at_would_show(
    api: Api, stored: Stored, monkeypatch: pytest.MonkeyPatch, route: str, scope: str, careless: str
):
    monkeypatch.setattr(api_keys, *CARELESS[careless])
    with pytest.raises(RED):
        test_keys.test_a_route_takes_keys_of_its_scope_only(api, stored, route, scope)


@pytest.mark.parametrize(("route", "scope"), GUARDED)
def test_a_route_without_a_guard_would_show(api: Api, stored: Stored, monkeypatch: pytest.MonkeyPatch, route: str, scope: str):
    edge = edge_of(api, route)
    monkeypatch.setitem(edge.routes, route, Route(edge.routes[route].handle, None, uses_link=False))
    with pytest.raises(RED):
        test_keys.test_a_route_takes_keys_of_its_scope_only(api, stored, route, scope)


def test_a_revoked_key_that_still_opens_would_show(api: Api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(api_keys, "verify_secret", lambda key, secret: key.secret_hash == api_keys.hash_secret(secret))
    with pytest.raises(RED):
        test_keys.test_a_revoked_key_is_refused_at_every_route(api)
