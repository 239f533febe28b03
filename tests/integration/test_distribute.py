"""Every request of a flow block gets an outcome to branch on and values to save."""

from typing import Any

import pytest

from couponflow.services.redemption import RedemptionService
from couponflow.store.dynamodb import ContentionError, UnknownResultError
from couponflow.web.flow.response import FIELDS
from tests.support.api import Api

PATH = "/v1/flow/distribute"


def ask(api: Api, **body: Any) -> Any:
    return api.call("POST", PATH, body, "distribute")


def check_shape(answer: dict[str, Any]) -> None:
    """Assert that every top-level value is a string and is repeated under `coupon`."""
    nested = answer["coupon"]
    assert all(isinstance(answer[name], str) for name in answer if name != "coupon")
    assert set(FIELDS) <= set(nested) <= set(answer)
    assert all(answer[name] == nested[name] for name in nested)


def test_flow_gets_every_documented_value(api: Api):
    coupon = api.coupon(
        code="SAVE20", timezone="Asia/Tokyo", ends_at="2027-01-31", max_redemptions_per_customer=3
    )
    answer = ask(
        api,
        coupon_id=coupon["coupon_id"],
        customer_id="ann",
        inbox_id="line-1",
        channel="line",
        message="Here you are",
        button_title="Get it",
        image_url="https://img.example/x.png",
    ).json()
    check_shape(answer)
    token = answer["redeem_token"]
    record = api.records(coupon)[0]
    assert {name: answer[name] for name in FIELDS} == {
        "outcome": "distributed",
        "reason": "ok",
        "redemption_id": record["redemption_id"],
        "redeem_url": f"https://coupons.example/r/{token}",
        "redeem_token": token,
        "coupon_code": "SAVE20",
        "coupon_name": "Ten off",
        "message": "Here you are",
        "button_title": "Get it",
        "image_url": "https://img.example/x.png",
        "ends_at": "2027-01-31T15:00:00.000Z",
        "ends_at_local": answer["ends_at_local"],
        "uses_left": "3",
        "next_flow": "",
    }
    assert answer["ends_at_local"].startswith("2027-01-31")
    assert record["inbox_id"] == "line-1"
    assert api.page_state(f"/r/{token}") == "available"


def test_repeated_request_returns_the_same_link_and_writes_none(api: Api, stored):
    coupon = api.coupon()
    first = api.distribute(coupon, "ann")
    before = stored()
    second = api.distribute(coupon, "ann", inbox_id="other")
    assert second == first | {"reason": "already_distributed", "coupon": second["coupon"]}
    assert stored() == before


def test_uses_left_decrease_with_each_redemption(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=3)
    seen = []
    for _ in range(3):
        answer = api.distribute(coupon, "ann")
        seen.append((answer["reason"], answer["uses_left"]))
        api.till(coupon, "ann")
    refused = api.distribute(coupon, "ann")
    assert seen == [("ok", "3"), ("ok", "2"), ("ok", "1")]
    assert (refused["outcome"], refused["redeem_url"], refused["uses_left"]) == (
        "customer_max_uses_reached",
        "",
        "",
    )
    assert api.distribute(api.coupon(), "ann")["uses_left"] == ""


@pytest.mark.parametrize(
    ("changes", "outcome", "reason"),
    [
        ({"starts_at": "2020-01-01", "ends_at": "2020-02-01"}, "coupon_expired", "coupon_expired"),
        ({"active": False}, "error", "coupon_disabled"),
        ({"starts_at": "2998-01-01"}, "distributed", "ok"),
    ],
)
def test_each_coupon_state_has_its_outcome(api: Api, changes, outcome, reason):
    answer = api.distribute(api.coupon(**changes), "ann")
    check_shape(answer)
    assert (answer["outcome"], answer["reason"], answer["coupon"]["outcome"]) == (
        outcome,
        reason,
        outcome,
    )
    assert bool(answer["redeem_url"]) == (outcome == "distributed")
    assert answer["coupon_name"] == "Ten off"


def test_sold_out_coupon_is_not_distributed(api: Api):
    coupon = api.coupon(max_redemptions=1, max_redemptions_per_customer=1)
    api.till(coupon, "ann")
    api.gateway.restart()
    assert api.distribute(coupon, "bob")["outcome"] == "coupon_max_uses_reached"
    assert api.distribute(coupon, "ann")["outcome"] == "customer_max_uses_reached"


@pytest.mark.parametrize(
    "missing", [None, "", "  ", "null", "undefined", "{{customer}}", "{{ contact.id }}"]
)
def test_unfilled_customer_placeholder_is_customer_missing(api: Api, stored, missing):
    coupon = api.coupon()
    before = stored()
    for body in ({"customer_id": missing}, {}):
        answer = ask(api, coupon_id=coupon["coupon_id"], **body)
        check_shape(answer.json())
        assert (answer.status_code, answer.json()["outcome"], answer.json()["reason"]) == (
            200,
            "error",
            "customer_missing",
        )
    assert stored() == before


def test_other_unfilled_placeholders_count_as_absent(api: Api):
    coupon = api.coupon(code="SAVE20")
    unfilled = dict.fromkeys(
        ("coupon_id", "block_id", "inbox_id", "channel", "message", "button_title", "image_url"),
        "{{x}}",
    )
    answer = ask(api, **unfilled, coupon_code="save-20", customer_id="ann").json()
    assert (answer["outcome"], answer["message"], answer["image_url"]) == (
        "distributed",
        "Ten off",
        "",
    )
    assert answer["button_title"]
    assert api.records(coupon)[0]["inbox_id"] is None


@pytest.mark.parametrize(
    "which",
    [
        {},
        {"coupon_id": "c0vp0n0000001"},
        {"coupon_id": "x"},
        {"coupon_code": "NOSUCH"},
        {"coupon_code": "#"},
    ],
)
def test_unknown_coupon_is_an_error_outcome(api: Api, which):
    answer = ask(api, customer_id="ann", **which)
    check_shape(answer.json())
    assert (answer.status_code, answer.json()["outcome"], answer.json()["reason"]) == (
        200,
        "error",
        "coupon_not_found",
    )


def test_unknown_block_is_an_error_outcome(api: Api):
    answer = ask(api, customer_id="ann", block_id="0000000000000")
    check_shape(answer.json())
    assert (answer.status_code, answer.json()["outcome"], answer.json()["reason"]) == (
        200,
        "error",
        "block_not_found",
    )


def test_unknown_fields_are_ignored_and_numbers_read_as_text(api: Api):
    coupon = api.coupon()
    answer = ask(
        api,
        coupon_id=coupon["coupon_id"],
        customer_id=4917712345,
        inbox_id=7,
        contact={"deep": [1]},
        x=None,
    ).json()
    check_shape(answer)
    assert answer["outcome"] == "distributed"
    assert [api.records(coupon)[0][name] for name in ("customer_id", "inbox_id")] == [
        "4917712345",
        "7",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"customer_id": "x" * 201}, {"customer_id": ["ann"]}, {"customer_id": True},
        {"inbox_id": {"id": 1}}, {"coupon_id": []},
        {"message": "x" * 1_025}, {"button_title": "x" * 41}, {"image_url": "http://x.example"},
        {"block_id": [1]},
        {"image_url": "https://" + "x" * 2_000},
    ],
)  # fmt: skip
def test_invalid_request_is_400_with_an_outcome(api: Api, stored, wrong):
    coupon = api.coupon()
    before = stored()
    answer = ask(api, **{"coupon_id": coupon["coupon_id"], "customer_id": "ann"} | wrong)
    check_shape(answer.json())
    assert (answer.status_code, answer.json()["outcome"], answer.json()["reason"]) == (
        400,
        "error",
        "invalid_request",
    )
    assert next(iter(wrong)) in answer.json()["errors"]
    assert stored() == before


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"x", "text/plain", 400),
        (b"{}", "text/html", 400),
        (b"", "application/json", 400),
    ]
    + [(b'{"x":"' + b"y" * 66_000 + b'"}', "application/json", 413)],
)
def test_every_error_response_has_an_outcome(api: Api, content, content_type, status):
    answer = api.client.post(
        PATH, content=content, headers=api.bearer("distribute") | {"content-type": content_type}
    )
    check_shape(answer.json())
    assert (answer.status_code, answer.json()["outcome"], answer.json()["reason"]) == (
        status,
        "error",
        "invalid_request",
    )


def test_refused_key_gets_an_outcome(api: Api):
    for headers, status, reason in (
        ({}, 401, "unauthenticated"),
        (api.bearer("redeem"), 403, "scope_missing"),
    ):
        answer = api.client.post(PATH, json={}, headers=headers)
        check_shape(answer.json())
        assert (answer.status_code, answer.json()["outcome"], answer.json()["reason"]) == (
            status,
            "error",
            reason,
        )


def test_direct_invocation_has_the_http_input_and_output(api: Api):
    coupon = api.coupon()
    event = {
        "organisation_id": api.organisation_id,
        "coupon_id": coupon["coupon_id"],
        "customer_id": "ann",
    }
    direct = api.gateway.invoke("DistributeFunction", event)
    check_shape(direct)
    again = api.distribute(coupon, "ann")
    assert direct | {"reason": "already_distributed"} == again | {"coupon": direct["coupon"]}


def test_http_request_uses_the_organisation_of_its_key(api: Api, organisation):
    coupon, other = api.coupon(), organisation("other")
    answer = ask(
        api, coupon_id=coupon["coupon_id"], customer_id="ann", organisation_id=other.organisation_id
    )
    assert answer.json()["outcome"] == "distributed"


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({}, "invalid_request"), ([], "invalid_request"), ("x", "invalid_request"), (None,
        "invalid_request"),
        (7, "invalid_request"), ({"organisation_id": []}, "invalid_request"),
        ({"organisation_id": "x" * 201}, "invalid_request"),
        ({"organisation_id": "{{x}}"}, "invalid_request"), ({"organisation_id": "a",
        "customer_id": "\ud800"}, "invalid_request"),
        ({"organisation_id": "nobody", "coupon_id": "c0vp0n0000001", "customer_id": "ann"},
        "addon_disabled"),
    ],
)  # fmt: skip
def test_invalid_direct_invocation_gets_an_outcome(api: Api, event, reason):
    answer = api.gateway.invoke("DistributeFunction", event)
    check_shape(answer)
    assert (answer["outcome"], answer["reason"]) == ("error", reason)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (ContentionError(), "try_again"),
        (UnknownResultError(), "try_again"),
        (RuntimeError("secret 42"), "internal_error"),
    ],
)
def test_failing_direct_invocation_gets_an_outcome(api: Api, monkeypatch, trouble, reason):
    def fail(*arguments: object, **more: object) -> None:
        raise trouble

    monkeypatch.setattr(RedemptionService, "find_coupon", fail)
    answer = api.gateway.invoke(
        "DistributeFunction", {"organisation_id": "acme", "coupon_id": "x", "customer_id": "ann"}
    )
    check_shape(answer)
    assert (answer["outcome"], answer["reason"]) == ("error", reason)
    assert "42" not in str(answer)
