"""Outcomes of a Distribute Coupon block with reason and next flow, in the documented order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from couponflow.services.redemption import RedemptionService
from couponflow.store.dynamodb import ContentionError, UnknownResultError
from couponflow.store.flow_blocks import FlowBlockCache
from couponflow.web.flow.response import FIELDS
from tests.support.api import Api

FLOWS = {
    "coupon_expired": "flow-expired",
    "customer_max_uses_reached": "flow-customer-max",
    "coupon_max_uses_reached": "flow-coupon-max",
    "error": "flow-error",
}


def block(api: Api, coupon: dict[str, Any], **more: Any) -> str:
    body = {"coupon_id": coupon["coupon_id"], "fallback_flows": FLOWS} | more
    answer = api.call("POST", "/v1/flow/blocks", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["block_id"])


def ask(api: Api, **fields: Any) -> dict[str, Any]:
    answer = api.call("POST", "/v1/flow/distribute", fields, "distribute")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def change(api: Api, coupon: dict[str, Any], **changes: Any) -> None:
    """Change the coupon and empty the caches of all functions."""
    path = f"/v1/coupons/{coupon['coupon_id']}"
    answer = api.call(
        "PATCH", path, {"version": api.call("GET", path).json()["version"], **changes}
    )
    assert answer.status_code == 200, answer.text
    api.gateway.restart()


def switch_addon(api: Api, *, enabled: bool) -> None:
    event = {"action": "switch_addon", "organisation_id": api.organisation_id, "enabled": enabled}
    api.gateway.function("OperatorFunction").handler(event, None)
    api.gateway.restart()


def outcome_of(answer: dict[str, Any]) -> tuple[str, str, str]:
    return answer["outcome"], answer["reason"], answer["next_flow"]


def test_block_distributes_its_coupon(api: Api):
    coupon = api.coupon(
        name="Ten off",
        code="TEN",
        ends_at="2999-12-31",
        timezone="Asia/Tokyo",
        max_redemptions_per_customer=3,
    )
    message = "Hi {{customer_name}}, {{coupon_name}} ({{coupon_code}}) until {{ends_at}}"
    message += ", {{uses_left}} times."
    saved = block(
        api, coupon, message=message, button_title="Show it", image_url="https://example.com/a.png"
    )

    answer = ask(api, block_id=saved, customer_id="ann", customer_name="Ann")

    assert outcome_of(answer) == ("distributed", "ok", "")
    assert answer["message"] == "Hi Ann, Ten off (TEN) until 2999-12-31 23:59, 3 times."
    assert (answer["button_title"], answer["image_url"]) == ("Show it", "https://example.com/a.png")
    assert answer["redeem_url"] == f"https://coupons.example/r/{answer['redeem_token']}"
    assert answer["ends_at"] == "2999-12-31T15:00:00.000Z"
    assert api.client.get(answer["redeem_url"]).status_code == 200


def test_every_value_is_a_string_repeated_under_coupon(api: Api):
    saved = block(api, api.coupon())
    answers = [
        ask(api, block_id=saved, customer_id="ann"),
        ask(api, block_id=saved, customer_id="ann", format="line"),
        ask(api, block_id=saved),
        ask(api, block_id="unknown", customer_id="ann"),
        ask(api),
        api.call(
            "POST", "/v1/flow/distribute", {"customer_id": "x" * 201, "format": "?"}, "distribute"
        ).json(),
        api.call("POST", "/v1/flow/distribute", [], "distribute").json(),
    ]
    for answer in answers:
        nested = answer.pop("coupon")
        assert all(isinstance(value, str) for value in answer.values())
        assert set(FIELDS) <= set(nested)
        assert nested.items() <= answer.items()


def test_repeated_request_returns_the_same_link(api: Api):
    saved = block(api, api.coupon())

    first, second = (ask(api, block_id=saved, customer_id=" ann ") for _ in range(2))

    assert outcome_of(second) == ("distributed", "already_distributed", "")
    assert {**first, "reason": "", "coupon": ""} == {**second, "reason": "", "coupon": ""}


def test_expired_coupon_leads_to_the_expired_flow(api: Api):
    coupon = api.coupon()
    saved = block(api, coupon)
    change(api, coupon, starts_at="2020-01-01", ends_at="2020-01-02")

    assert outcome_of(ask(api, block_id=saved, customer_id="ann")) == (
        "coupon_expired",
        "coupon_expired",
        "flow-expired",
    )


def test_customer_at_their_limit_leads_to_its_flow(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=1)
    saved = block(api, coupon)
    api.tap(api.link(coupon, "ann"))

    answer = ask(api, block_id=saved, customer_id="ann")

    assert outcome_of(answer) == (
        "customer_max_uses_reached",
        "customer_max_uses_reached",
        "flow-customer-max",
    )
    assert (answer["coupon_name"], answer["redeem_url"], answer["redemption_id"]) == (
        "Ten off",
        "",
        "",
    )


def test_sold_out_coupon_leads_to_its_flow(api: Api):
    coupon = api.coupon(max_redemptions=1)
    saved = block(api, coupon)
    api.tap(api.link(coupon, "ann"))
    api.gateway.restart()

    answer = ask(api, block_id=saved, customer_id="bob")

    assert outcome_of(answer) == (
        "coupon_max_uses_reached",
        "coupon_max_uses_reached",
        "flow-coupon-max",
    )


def test_disabled_coupon_leads_to_the_error_flow(api: Api):
    coupon = api.coupon()
    saved = block(api, coupon)
    change(api, coupon, active=False)

    assert outcome_of(ask(api, block_id=saved, customer_id="ann")) == (
        "error",
        "coupon_disabled",
        "flow-error",
    )


def test_archived_coupon_leads_to_the_error_flow(api: Api):
    coupon = api.coupon()
    saved = block(api, coupon)
    api.call("DELETE", f"/v1/coupons/{coupon['coupon_id']}")
    api.gateway.restart()

    assert outcome_of(ask(api, block_id=saved, customer_id="ann")) == (
        "error",
        "coupon_not_found",
        "flow-error",
    )


def test_disabled_addon_leads_to_the_error_flow(api: Api):
    saved = block(api, api.coupon())
    switch_addon(api, enabled=False)

    assert outcome_of(ask(api, block_id=saved, customer_id="ann")) == (
        "error",
        "addon_disabled",
        "flow-error",
    )
    assert outcome_of(ask(api, coupon_id="0" * 13, customer_id="ann")) == (
        "error",
        "addon_disabled",
        "",
    )


@pytest.mark.parametrize(
    "nobody", ["", "  ", "null", "undefined", "{{customer_id}}", "id-{{contact.id}}", None]
)
def test_missing_customer_leads_to_the_error_flow(api: Api, nobody: str | None):
    saved = block(api, api.coupon())

    assert outcome_of(ask(api, block_id=saved, customer_id=nobody)) == (
        "error",
        "customer_missing",
        "flow-error",
    )


def test_unknown_and_foreign_blocks_get_the_same_response(organisation: Callable[[str], Api]):
    ours, theirs = organisation("acme"), organisation("other")
    foreign = block(theirs, theirs.coupon())

    answers = [
        ask(ours, block_id=block_id, customer_id="ann")
        for block_id in (foreign, "0" * 13, "nonsense")
    ]

    assert answers == [answers[0]] * 3
    assert outcome_of(answers[0]) == ("error", "block_not_found", "")


def test_invalid_request_leads_to_the_error_flow(api: Api):
    saved = block(api, api.coupon())

    answer = api.call(
        "POST", "/v1/flow/distribute", {"block_id": saved, "customer_id": "x" * 201}, "distribute"
    )

    assert answer.status_code == 400
    assert outcome_of(answer.json()) == ("error", "invalid_request", "flow-error")
    assert "customer_id" in answer.json()["errors"]


@pytest.mark.parametrize(
    ("raised", "status", "reason"),
    [
        (RuntimeError, 500, "internal_error"),
        (UnknownResultError, 503, "try_again"),
        (ContentionError, 503, "try_again"),
    ],
)
@pytest.mark.parametrize("path", ["", "/manychat", "/batch"])
def test_internal_error_leads_to_the_error_flow(
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    raised: type[Exception],
    status: int,
    reason: str,
    path: str,
):
    def fails(*_: Any) -> None:
        raise raised

    fields = {"block_id": block(api, api.coupon()), "customer_id": "ann"}
    monkeypatch.setattr(RedemptionService, "distribute", fails)
    body = {**fields, "customers": [{}]} if path == "/batch" else fields
    answer = api.call("POST", f"/v1/flow/distribute{path}", body, "distribute")
    assert answer.status_code == (200 if path == "/batch" else status)
    response = answer.json()["results"][0] if path == "/batch" else answer.json()
    assert outcome_of(response) == ("error", reason, "flow-error")
    assert response["coupon"]["next_flow"] == "flow-error"
    directly = api.gateway.invoke(
        "DistributeFunction", {"organisation_id": api.organisation_id} | fields
    )
    assert outcome_of(directly) == ("error", reason, "flow-error")


def test_next_flow_is_empty_if_the_block_cannot_be_read(api: Api, monkeypatch: pytest.MonkeyPatch):
    def fails(*_: Any) -> None:
        raise RuntimeError

    saved = block(api, api.coupon())
    monkeypatch.setattr(FlowBlockCache, "get", fails)
    answer = api.call(
        "POST", "/v1/flow/distribute", {"block_id": saved, "customer_id": "ann"}, "distribute"
    )
    assert (answer.status_code, outcome_of(answer.json())) == (500, ("error", "internal_error", ""))


def test_upcoming_coupon_is_distributed(api: Api):
    coupon = api.coupon(starts_at="2990-01-01")

    assert ask(api, block_id=block(api, coupon), customer_id="ann")["outcome"] == "distributed"


def test_first_reason_in_documented_order_is_returned(api: Api):
    """The test removes one obstacle at a time; the next reason appears."""
    coupon = api.coupon(max_redemptions=1, max_redemptions_per_customer=1)
    saved = block(api, coupon)
    api.tap(api.link(coupon, "ann"))
    change(api, coupon, starts_at="2020-01-01", ends_at="2020-01-02", active=False)
    switch_addon(api, enabled=False)

    reasons = [ask(api, block_id="0" * 13)["reason"], ask(api, block_id=saved)["reason"]]
    reasons.append(ask(api, block_id=saved, customer_id="ann")["reason"])
    switch_addon(api, enabled=True)
    for changes in ({"active": True}, {"ends_at": "2999-01-01"}):
        reasons.append(ask(api, block_id=saved, customer_id="ann")["reason"])
        change(api, coupon, **changes)
    reasons += [
        ask(api, block_id=saved, customer_id=customer)["reason"] for customer in ("ann", "bob")
    ]

    assert reasons == [
        "block_not_found",
        "customer_missing",
        "addon_disabled",
        "coupon_disabled",
        "coupon_expired",
        "customer_max_uses_reached",
        "coupon_max_uses_reached",
    ]


def test_changed_block_is_used_by_flows(api: Api):
    coupon = api.coupon()
    saved = block(api, coupon, message="Old")
    assert ask(api, block_id=saved, customer_id="ann")["message"] == "Old"

    api.call(
        "PUT", f"/v1/flow/blocks/{saved}", {"coupon_id": coupon["coupon_id"], "message": "New"}
    )
    api.gateway.restart()

    assert ask(api, block_id=saved, customer_id="ann")["message"] == "New"


def test_block_overrides_coupon_and_texts_of_the_request(api: Api):
    other = api.coupon(name="Another")
    saved = block(api, api.coupon(), message="Saved")

    answer = ask(
        api,
        block_id=saved,
        coupon_id=other["coupon_id"],
        customer_id="ann",
        message="Sent",
        button_title="Sent",
    )

    assert (answer["coupon_name"], answer["message"], answer["button_title"]) == (
        "Ten off",
        "Saved",
        "Redeem",
    )


def test_warm_request_makes_one_database_call(api: Api):
    """Block, coupon, organisation and key are cached. Only the redemption is written."""
    saved = block(api, api.coupon())
    function = api.gateway.function("DistributeFunction")
    made: list[str] = []
    function.services.table._client.meta.events.register(
        "before-call.dynamodb", lambda model, **_: made.append(model.name)
    )
    ask(api, block_id=saved, customer_id="ann")
    cold = len(made)

    ask(api, block_id=saved, customer_id="bob")
    ask(api, block_id=saved, customer_id="bob")

    assert made[cold:] == ["PutItem", "PutItem"]
