"""Operator actions: organisations, keys, the add-on switch; each use is in the audit log."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from couponflow.store.api_keys import ApiKeyStore
from couponflow.store.audit_log import AuditLogStore
from couponflow.store.dynamodb import UnknownResultError
from couponflow.web.http import authentication as gate
from tests.support.api import Api
from tests.support.gateway import Gateway
from tools.paths import ROOT

EVENTS = sorted((ROOT / "events").glob("operator-*.json"))
Operator = Callable[..., dict[str, Any]]


@pytest.fixture
def operator(gateway: Gateway) -> Operator:
    def ask(action: str, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = gateway.function("OperatorFunction").handler(
            {"action": action, **more}, None
        )
        return answer

    return ask


def test_key_can_be_replaced_without_downtime(api: Api, operator: Operator):
    def status(key: str) -> int:
        return api.client.get("/v1/coupons", headers={"authorization": f"Bearer {key}"}).status_code

    old = operator(
        "create_key", organisation_id=api.organisation_id, scopes=["admin"], name="till 3"
    )
    new = operator(
        "create_key", organisation_id=api.organisation_id, scopes=["admin"], name="till 3"
    )
    assert (status(old["key"]), status(new["key"])) == (200, 200)

    operator("revoke_key", organisation_id=api.organisation_id, key_id=old["key_id"])
    api.gateway.restart()
    assert (status(old["key"]), status(new["key"])) == (401, 200)


def test_key_list_has_the_last_use_but_no_secret(api: Api, operator: Operator):
    made = operator(
        "create_key",
        organisation_id=api.organisation_id,
        scopes=["redeem", "distribute"],
        name="till 3",
    )
    api.client.get("/v1/coupons", headers={"authorization": f"Bearer {made['key']}"})

    listed = operator("list_keys", organisation_id=api.organisation_id)["items"]

    (key,) = [each for each in listed if each["key_id"] == made["key_id"]]
    assert key["last_used_at"] >= key["created_at"]
    assert key == {name: made[name] for name in made if name != "key"} | {
        "last_used_at": key["last_used_at"]
    }
    assert (key["name"], key["scopes"], key["revoked_at"]) == (
        "till 3",
        ["distribute", "redeem"],
        None,
    )
    assert made["key"] not in json.dumps(listed)
    unused = [each for each in listed if each["last_used_at"] is None]
    assert len(listed) == 4 and len(unused) == 3


def test_key_use_is_recorded_once_an_hour_by_one_environment(
    api: Api, monkeypatch: pytest.MonkeyPatch
):
    written: list[str] = []
    note = ApiKeyStore.note_use

    def counted(self, key, *times):
        written.append(key.key_id)
        note(self, key, *times)

    monkeypatch.setattr(ApiKeyStore, "note_use", counted)
    for _ in range(5):
        api.call("GET", "/v1/coupons")
    assert len(written) == 1
    api.gateway.restart()
    api.call("GET", "/v1/coupons")
    assert len(written) == 1, "the table says that the key was used a moment ago"


def test_key_works_if_recording_its_use_fails(api: Api, monkeypatch: pytest.MonkeyPatch):
    def lost(*_):
        raise UnknownResultError

    monkeypatch.setattr(ApiKeyStore, "note_use", lost)
    assert api.call("GET", "/v1/coupons").status_code == 200


def test_key_use_is_recorded_again_after_an_hour(
    api: Api, monkeypatch: pytest.MonkeyPatch, operator: Operator
):
    def last_used() -> str:
        listed = operator("list_keys", organisation_id=api.organisation_id)["items"]
        return str(next(each["last_used_at"] for each in listed if each["scopes"] == ["admin"]))

    api.call("GET", "/v1/coupons")
    first = last_used()
    api.gateway.restart()
    monkeypatch.setattr(gate, "BETWEEN_NOTES", gate.BETWEEN_NOTES * 0)
    api.call("GET", "/v1/coupons")
    assert last_used() > first


def test_pages_list_organisations_by_id(operator: Operator):
    for name in ("listed-c", "listed-a", "listed-b"):
        operator("create_organisation", organisation_id=name, name=name.upper())

    first = operator("list_organisations", limit=2, after="listed")["items"]
    rest = operator("list_organisations", limit=1, after=first[-1]["organisation_id"])["items"]

    assert [each["organisation_id"] for each in first + rest] == [
        "listed-a",
        "listed-b",
        "listed-c",
    ]
    read = operator("get_organisation", organisation_id="listed-a")
    assert read == {"organisation_id": "listed-a", "name": "LISTED-A", "addon_enabled": True}


def test_key_of_another_organisation_cannot_be_revoked(api: Api, operator: Operator):
    operator("create_organisation", organisation_id="other", name="Other")
    key_id = operator("list_keys", organisation_id=api.organisation_id)["items"][0]["key_id"]
    assert operator("revoke_key", organisation_id="other", key_id=key_id)["code"] == "not_found"
    assert api.call("GET", "/v1/coupons").status_code == 200


def test_each_action_is_audited_with_its_outcome(gateway: Gateway, operator: Operator):
    handler = gateway.function("OperatorFunction").handler
    made = handler(
        {"action": "create_organisation", "name": "Acme"}, SimpleNamespace(aws_request_id="r-1")
    )
    operator("create_key", organisation_id="nobody", scopes=["admin"])
    key = operator("create_key", organisation_id=made["organisation_id"], scopes=["admin"])

    uses = operator("list_uses", limit=4)["items"]

    told = [
        (each["action"], each["organisation_id"], each["key_id"], each["outcome"]) for each in uses
    ]
    assert told == [
        ("list_uses", None, None, None),
        ("create_key", made["organisation_id"], key["key_id"], "done"),
        ("create_key", "nobody", None, "not_found"),
        ("create_organisation", made["organisation_id"], None, "done"),
    ]
    assert uses[-1]["request_id"] == "r-1"
    assert key["key"] not in json.dumps(uses)


def test_action_that_cannot_be_audited_is_not_done(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
):
    def lost(*_):
        raise UnknownResultError

    with monkeypatch.context() as patch:
        patch.setattr(AuditLogStore, "save", lost)
        assert (
            operator("create_organisation", organisation_id="unrecorded", name="Acme")["code"]
            == "try_again"
        )
    assert operator("get_organisation", organisation_id="unrecorded")["code"] == "not_found"


@pytest.mark.parametrize(
    "event",
    [None, [], "x", {}, {"action": None}, {"action": "drop"}, {"action": "list_keys"},
     {"action": "list_uses", "month": "2026-13"},
     {"action": "revoke_key", "organisation_id": "acme", "key_id": ""},
     {"action": "revoke_key", "organisation_id": "acme", "key_id": "x" * 3_000},
     {"action": "get_organisation", "organisation_id": "a#b"},
     {"action": "create_key", "organisation_id": "acme", "scopes": []},
     {"action": "create_key", "organisation_id": "acme", "scopes": ["everything"]}],
)  # fmt: skip
def test_invalid_action_is_refused_and_changes_nothing(gateway: Gateway, event: object):
    assert gateway.function("OperatorFunction").handler(event, None)["code"] == "validation_failed"


@pytest.mark.parametrize("event", EVENTS, ids=lambda path: path.stem)
def test_example_events_are_accepted(api: Api, event, gateway: Gateway):
    gateway.function("OperatorFunction").handler(
        {"action": "create_organisation", "organisation_id": "demo-1", "name": "D"}, None
    )
    answer = gateway.function("OperatorFunction").handler(json.loads(event.read_text()), None)
    assert answer.get("code") in (None, "not_found", "coupon_not_found"), answer


def test_each_action_has_an_example_event():
    from couponflow.web.operator import actions as requests

    actions = {
        kind.model_fields["action"].annotation.__args__[0] for kind in requests.Request.__args__
    }
    assert {json.loads(path.read_text())["action"] for path in EVENTS} == actions
