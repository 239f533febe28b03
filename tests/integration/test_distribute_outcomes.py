"""What a Distribute Coupon block answers: each outcome with its reason and the flow to go on with, in the documented order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from couponflow.services.redemption import RedemptionService
from couponflow.store.dynamodb import ContentionError, UnknownResultError
from couponflow.store.flow_blocks import FlowBlockCache
from couponflow.web.flow.response import FIELDS
from tests.integration.conftest import Api

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
    """And let flows follow."""
    path = f"/v1/coupons/{coupon['coupon_id']}"
    answer = api.call("PATCH", path, {"version": api.call("GET", path).json()["version"], **changes})
    assert answer.status_code == 200, answer.text
    api.gateway.start_anew()


def switch_addon(api: Api, *, enabled: bool) -> None:
    event = {"action": "switch_addon", "organisation_id": api.organisation_id, "enabled": enabled}
    api.gateway.function("OperatorFunction").handler(event, None)
    api.gateway.start_anew()


def decided(answer: dict[str, Any]) -> tuple[str, str, str]:
    return answer["outcome"], answer["reason"], answer["next_flow"]


def test_a_block_gives_out_its_coupon(api: Api):
    coupon = api.coupon(name="Ten off", code="TEN", ends_at="2999-12-31", timezone="Asia/Tokyo", max_redemptions_per_customer=3)
    message = "Hi {{customer_name}}, {{coupon_name}} ({{coupon_code}}) until {{ends_at}}, {{uses_left}} times."
    saved = block(api, coupon, message=message, button_title="Show it", image_url="https://example.com/a.png")

    answer = ask(api, block_id=saved, customer_id="ann", customer_name="Ann")

    assert decided(answer) == ("distributed", "ok", "")
    assert answer["message"] == "Hi Ann, Ten off (TEN) until 2999-12-31 23:59, 3 times."
    assert (answer["button_title"], answer["image_url"]) == ("Show it", "https://example.com/a.png")
    assert answer["redeem_url"] == f"https://coupons.example/r/{answer['redeem_token']}"
    assert answer["ends_at"] == "2999-12-31T15:00:00.000Z"
    assert api.client.get(answer["redeem_url"]).status_code == 200


def test_every_value_is_a_string_and_stands_under_coupon_too(api: Api):
    saved = block(api, api.coupon())
    answers = [
        ask(api, block_id=saved, customer_id="ann"),
        ask(api, block_id=saved, customer_id="ann", format="line"),
        ask(api, block_id=saved),
        ask(api, block_id="unknown", customer_id="ann"),
        ask(api),
        api.call("POST", "/v1/flow/distribute", {"customer_id": "x" * 201, "format": "?"}, "distribute").json(),
        api.call("POST", "/v1/flow/distribute", [], "distribute").json(),
    ]
    for answer in answers:
        nested = answer.pop("coupon")
        assert all(isinstance(value, str) for value in answer.values())
        assert set(FIELDS) <= set(nested)
        assert nested.items() <= answer.items()


def test_asked_again_it_is_the_same_link(api: Api):
    saved = block(api, api.coupon())

    first, second = (ask(api, block_id=saved, customer_id=" ann ") for _ in range(2))

    assert decided(second) == ("distributed", "already_distributed", "")
    assert {**first, "reason": "", "coupon": ""} == {**second, "reason": "", "coupon": ""}


def test_an_expired_coupon(api: Api):
    coupon = api.coupon()
    saved = block(api, coupon)
    change(api, coupon, starts_at="2020-01-01", ends_at="2020-01-02")

    assert decided(ask(api, block_id=saved, customer_id="ann")) == ("coupon_expired", "coupon_expired", "flow-expired")


def test_a_customer_who_has_had_all_their_uses(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=1)
    saved = block(api, coupon)
    api.tap(api.link(coupon, "ann"))

    answer = ask(api, block_id=saved, customer_id="ann")

    assert decided(answer) == ("customer_max_uses_reached", "customer_max_uses_reached", "flow-customer-max")
    assert (answer["coupon_name"], answer["redeem_url"], answer["redemption_id"]) == ("Ten off", "", "")


def test_a_coupon_that_is_used_up(api: Api):
    coupon = api.coupon(max_redemptions=1)
    saved = block(api, coupon)
    api.tap(api.link(coupon, "ann"))
    api.gateway.start_anew()

    answer = ask(api, block_id=saved, customer_id="bob")

    assert decided(answer) == ("coupon_max_uses_reached", "coupon_max_uses_reached", "flow-coupon-max")


def test_a_disabled_coupon(api: Api):
    coupon = api.coupon()
    saved = block(api, coupon)
    change(api, coupon, active=False)

    assert decided(ask(api, block_id=saved, customer_id="ann")) == ("error", "coupon_disabled", "flow-error")


def test_an_archived_coupon(api: Api):
    coupon = api.coupon()
    saved = block(api, coupon)
    api.call("DELETE", f"/v1/coupons/{coupon['coupon_id']}")
    api.gateway.start_anew()

    assert decided(ask(api, block_id=saved, customer_id="ann")) == ("error", "coupon_not_found", "flow-error")


def test_the_add_on_switched_off(api: Api):
    saved = block(api, api.coupon())
    switch_addon(api, enabled=False)

    assert decided(ask(api, block_id=saved, customer_id="ann")) == ("error", "addon_disabled", "flow-error")
    assert decided(ask(api, coupon_id="0" * 13, customer_id="ann")) == ("error", "addon_disabled", "")


@pytest.mark.parametrize("nobody", ["", "  ", "null", "undefined", "{{customer_id}}", "id-{{contact.id}}", None])
def test_a_customer_whom_the_builder_did_not_name(api: Api, nobody: str | None):
    saved = block(api, api.coupon())

    assert decided(ask(api, block_id=saved, customer_id=nobody)) == ("error", "customer_missing", "flow-error")


def test_a_block_that_does_not_exist_or_is_another_organisations(organisation: Callable[[str], Api]):
    ours, theirs = organisation("acme"), organisation("other")
    foreign = block(theirs, theirs.coupon())

    answers = [ask(ours, block_id=block_id, customer_id="ann") for block_id in (foreign, "0" * 13, "nonsense")]

    assert answers == [answers[0]] * 3
    assert decided(answers[0]) == ("error", "block_not_found", "")


def test_a_request_that_is_not_right_still_says_where_to_go_on(api: Api):
    saved = block(api, api.coupon())

    answer = api.call("POST", "/v1/flow/distribute", {"block_id": saved, "customer_id": "x" * 201}, "distribute")

    assert answer.status_code == 400
    assert decided(answer.json()) == ("error", "invalid_request", "flow-error")
    assert "customer_id" in answer.json()["errors"]


@pytest.mark.parametrize(
    ("raised", "status", "reason"),
    [(RuntimeError, 500, "internal_error"), (UnknownResultError, 503, "try_again"), (ContentionError, 503, "try_again")],
)
@pytest.mark.parametrize("path", ["", "/manychat", "/batch"])
def test_whatever_happens_the_flow_goes_on_where_its_block_says(
    api: Api, monkeypatch: pytest.MonkeyPatch, raised: type[Exception], status: int, reason: str, path: str
):
    def fails(*_: Any) -> None:
        raise raised

    fields = {"block_id": block(api, api.coupon()), "customer_id": "ann"}
    monkeypatch.setattr(RedemptionService, "distribute", fails)
    body = {**fields, "customers": [{}]} if path == "/batch" else fields
    answer = api.call("POST", f"/v1/flow/distribute{path}", body, "distribute")
    assert answer.status_code == (200 if path == "/batch" else status)
    told = answer.json()["results"][0] if path == "/batch" else answer.json()
    assert decided(told) == ("error", reason, "flow-error")
    assert told["coupon"]["next_flow"] == "flow-error"
    directly = api.gateway.invoke("DistributeFunction", {"organisation_id": api.organisation_id} | fields)
    assert decided(directly) == ("error", reason, "flow-error")


def test_without_the_block_nobody_knows_where_to_go_on(api: Api, monkeypatch: pytest.MonkeyPatch):
    def fails(*_: Any) -> None:
        raise RuntimeError

    saved = block(api, api.coupon())
    monkeypatch.setattr(FlowBlockCache, "get", fails)
    answer = api.call("POST", "/v1/flow/distribute", {"block_id": saved, "customer_id": "ann"}, "distribute")
    assert (answer.status_code, decided(answer.json())) == (500, ("error", "internal_error", ""))


def test_a_coupon_that_has_not_started_is_given_out(api: Api):
    coupon = api.coupon(starts_at="2990-01-01")

    assert ask(api, block_id=block(api, coupon), customer_id="ann")["outcome"] == "distributed"


def test_the_first_reason_in_the_documented_order_counts(api: Api):
    """One obstacle after the other is taken away, and the next one shows."""
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
    reasons += [ask(api, block_id=saved, customer_id=customer)["reason"] for customer in ("ann", "bob")]

    assert reasons == [
        "block_not_found",
        "customer_missing",
        "addon_disabled",
        "coupon_disabled",
        "coupon_expired",
        "customer_max_uses_reached",
        "coupon_max_uses_reached",
    ]


def test_a_saved_change_of_the_block_reaches_flows(api: Api):
    coupon = api.coupon()
    saved = block(api, coupon, message="Old")
    assert ask(api, block_id=saved, customer_id="ann")["message"] == "Old"

    api.call("PUT", f"/v1/flow/blocks/{saved}", {"coupon_id": coupon["coupon_id"], "message": "New"})
    api.gateway.start_anew()

    assert ask(api, block_id=saved, customer_id="ann")["message"] == "New"


def test_with_a_block_the_requests_own_coupon_and_texts_do_not_count(api: Api):
    other = api.coupon(name="Another")
    saved = block(api, api.coupon(), message="Saved")

    answer = ask(api, block_id=saved, coupon_id=other["coupon_id"], customer_id="ann", message="Sent", button_title="Sent")

    assert (answer["coupon_name"], answer["message"], answer["button_title"]) == ("Ten off", "Saved", "Redeem")


def test_a_warm_call_asks_the_database_once(api: Api):
    """The block, the coupon, the organisation and the key are remembered: what is left is the customer's redemption."""
    saved = block(api, api.coupon())
    function = api.gateway.function("DistributeFunction")
    made: list[str] = []
    function.services.table._client.meta.events.register("before-call.dynamodb", lambda model, **_: made.append(model.name))
    ask(api, block_id=saved, customer_id="ann")
    cold = len(made)

    ask(api, block_id=saved, customer_id="bob")
    ask(api, block_id=saved, customer_id="bob")

    assert made[cold:] == ["PutItem", "PutItem"]
