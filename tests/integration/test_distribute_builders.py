"""Requests as real flow builders send them: forms, queries, unfilled placeholders, extra fields,
repetitions.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.support.api import Api
from tests.unit.payloads.shapes import SHAPES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

DISTRIBUTE = "/v1/flow/distribute"


def send(api: Api, **how: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {api.keys['distribute']}"} | how.pop("headers", {})
    return api.client.request(
        how.pop("method", "POST"), how.pop("path", DISTRIBUTE), headers=headers, **how
    )


def test_json_form_and_query_get_the_same_response(api: Api):
    fields = {
        "coupon_id": api.coupon()["coupon_id"],
        "customer_id": "añn & co+1@x",
        "message": "Hé {{coupon_name}} + you & me",
    }
    as_json = {"content": json.dumps(fields)}

    answers = [
        send(api, json=fields),
        send(api, data=fields),
        send(api, method="GET", params=fields),
        send(api, **as_json, headers={"content-type": "application/x-www-form-urlencoded"}),
        send(api, **as_json),
    ]

    assert [answer.status_code for answer in answers] == [200] * 5
    assert len({answer.json()["redeem_url"] for answer in answers}) == 1
    assert {answer.json()["message"] for answer in answers} == {"Hé Ten off + you & me"}


@pytest.mark.parametrize(
    "how",
    [
        {"method": "GET", "params": {}},
        {"json": {}},
        {"method": "GET", "headers": {"authorization": ""}},
    ],
)
def test_responses_must_not_be_cached(api: Api, how: dict[str, Any]):
    assert send(api, **how).headers["cache-control"] == "no-store"


def test_repeated_query_request_writes_nothing(api: Api, table: Table):
    query = {"coupon_id": api.coupon()["coupon_id"], "customer_id": "ann"}
    first = send(api, method="GET", params=query).json()
    before = sorted(map(str, table.scan()["Items"]))

    again = [send(api, method="GET", params=query).json() for _ in range(3)]

    assert {answer["redeem_url"] for answer in again} == {first["redeem_url"]}
    assert sorted(map(str, table.scan()["Items"])) == before


def test_unfilled_placeholders_count_as_absent(api: Api):
    body = {
        "block_id": "{{block}}",
        "coupon_id": "{{customFields.coupon}}",
        "coupon_code": api.coupon(code="TEN")["code"],
        "customer_id": "ann",
        "customer_name": "{{name}}",
        "inbox_id": "{{ inbox }}",
        "message": "{{chat.message}}",
        "button_title": "{{button}}",
        "image_url": "{{image}}",
        "channel": "{{channel}}",
        "format": "{{format}}",
    }

    answer = send(api, json=body).json()

    assert (answer["outcome"], answer["message"], answer["button_title"]) == (
        "distributed",
        "Ten off",
        "Redeem",
    )
    assert answer["image_url"] == ""
    assert "payload" not in answer


def test_unfilled_placeholder_never_reaches_the_customer(api: Api):
    body = {
        "coupon_id": api.coupon()["coupon_id"],
        "customer_id": "ann",
        "message": "Hi {{first_name}}, take {{coupon_name}}",
    }

    assert send(api, json=body).json()["message"] == "Hi, take Ten off"


def test_unknown_fields_and_numbers_are_accepted(api: Api):
    body = {
        "coupon_id": api.coupon()["coupon_id"],
        "customer_id": 85291234567,
        "utm": ["x"],
        "contact": {"id": 1},
    }

    assert (
        send(api, json=body).json()["redeem_url"]
        == send(api, json=body | {"customer_id": "85291234567"}).json()["redeem_url"]
    )


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"content": b"{", "headers": {"content-type": "application/json"}}, "invalid_json"),
        ({"content": b"\xff", "headers": {"content-type": "application/json"}}, "invalid_json"),
        (
            {"content": b"<a/>", "headers": {"content-type": "application/xml"}},
            "unsupported_media_type",
        ),
        ({"json": ["ann"]}, "validation_failed"),
        ({"json": "ann"}, "validation_failed"),
        ({"json": {"customer_id": {"id": "ann"}}}, "validation_failed"),
        ({"json": {"customer_id": "x" * 201}}, "validation_failed"),
        ({"json": {"customer_id": "ann", "message": "x" * 1_025}}, "validation_failed"),
        (
            {"json": {"customer_id": "ann", "image_url": "http://example.com/a.png"}},
            "validation_failed",
        ),
        (
            {"json": {"customer_id": "ann", "image_url": "https://example.com/a b.png"}},
            "validation_failed",
        ),
        ({"json": {"customer_id": "ann", "format": "fax"}}, "validation_failed"),
    ],
)
def test_malformed_request_is_400_with_an_outcome(api: Api, how: dict[str, Any], code: str):
    answer = send(api, **how)

    assert answer.status_code == 400
    assert (answer.json()["outcome"], answer.json()["reason"], answer.json()["code"]) == (
        "error",
        "invalid_request",
        code,
    )


def test_request_without_a_key_gets_an_error_outcome(api: Api):
    without, wrong = (
        send(api, json={}, headers={"authorization": ""}),
        api.call("POST", DISTRIBUTE, {}, scope="redeem"),
    )

    assert [
        (each.status_code, each.json()["outcome"], each.json()["reason"])
        for each in (without, wrong)
    ] == [
        (401, "error", "unauthenticated"),
        (403, "error", "scope_missing"),
    ]


@pytest.mark.parametrize(
    "channel", ["WhatsApp", " line ", "Facebook", "instagram", "webchat", "x" * 300, "", None]
)
def test_unknown_channel_never_refuses_a_customer(api: Api, channel: str | None):
    body = {
        "coupon_id": api.coupon()["coupon_id"],
        "customer_id": "ann",
        "message": "m" * 1_024,
        "channel": channel,
    }
    longest = {"WhatsApp": 1_024, " line ": 160, "Facebook": 640, "instagram": 640}

    assert len(send(api, json=body).json()["message"]) == longest.get(channel or "", 1_024)


def test_long_customer_name_is_truncated(api: Api):
    coupon = api.coupon()
    block = {
        "coupon_id": coupon["coupon_id"],
        "message": "Dear {{customer_name}}, here is your coupon",
        "channel": "line",
    }
    saved = api.call("POST", "/v1/flow/blocks", block).json()["block_id"]

    answer = send(
        api, json={"block_id": saved, "customer_id": "ann", "customer_name": "Ann " * 1_000}
    ).json()

    assert answer["outcome"] == "distributed"
    assert len(answer["message"]) <= 160
    assert answer["message"].startswith("Dear Ann Ann ")


@pytest.mark.parametrize("format", [*SHAPES, "text", "channel"])
def test_requested_payload_is_returned_as_text(api: Api, format: str):
    image = "https://example.com/treat.png"
    body = {
        "coupon_id": api.coupon()["coupon_id"],
        "customer_id": "ann",
        "message": "Hi",
        "image_url": image,
        "format": format,
    }

    answer = send(api, json=body).json()

    assert answer["payload"] == answer["coupon"]["payload"]
    assert answer["redeem_url"] in answer["payload"]
    if format in SHAPES:
        SHAPES[format].validate_python(json.loads(answer["payload"]))


def test_refused_distribution_has_no_payload(api: Api):
    assert (
        send(api, json={"coupon_id": "0" * 13, "customer_id": "ann", "format": "line"}).json()[
            "payload"
        ]
        == ""
    )


def test_payload_shows_an_uploaded_image_as_jpeg(api: Api):
    image = f"https://coupons.example/images/{'0' * 64}"
    body = {
        "coupon_id": api.coupon()["coupon_id"],
        "customer_id": "ann",
        "image_url": f"{image}.webp",
        "format": "whatsapp",
    }

    answer = send(api, json=body).json()

    assert answer["image_url"] == f"{image}.jpg"
    assert f"{image}.jpg" in answer["payload"]


def test_manychat_route_returns_only_the_dynamic_block(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=1)
    body = {
        "coupon_id": coupon["coupon_id"],
        "customer_id": "ann",
        "outcome_field": "coupon_outcome",
        "next_flow_field": "next",
    }

    given = send(api, path=f"{DISTRIBUTE}/manychat", json=body)
    link = given.json()["content"]["messages"][0]["buttons"][0]["url"]
    api.tap(httpx.URL(link).path)
    refused = send(api, path=f"{DISTRIBUTE}/manychat", json=body)

    for answer in (given, refused):
        assert answer.status_code == 200
        SHAPES["manychat"].validate_python(answer.json())
    assert given.json()["content"]["actions"] == [
        {"action": "set_field_value", "field_name": "coupon_outcome", "value": "distributed"},
        {"action": "unset_field_value", "field_name": "next"},
    ]
    assert refused.json()["content"]["messages"] == []
    assert refused.json()["content"]["actions"][0] == {
        "action": "set_field_value",
        "field_name": "coupon_outcome",
        "value": "customer_max_uses_reached",
    }


def test_manychat_block_without_field_names_sets_no_fields(api: Api):
    body = {"coupon_id": api.coupon()["coupon_id"], "customer_id": "ann"}

    assert send(api, path=f"{DISTRIBUTE}/manychat", json=body).json()["content"]["actions"] == []


def test_concurrent_calls_for_one_customer_create_one_record(api: Api):
    coupon = api.coupon()
    body = {"coupon_id": coupon["coupon_id"], "customer_id": "ann"}
    send(api, json=body | {"customer_id": "bob"})  # fills the caches

    with ThreadPoolExecutor(16) as pool:
        answers = [answer.json() for answer in pool.map(lambda _: send(api, json=body), range(64))]

    assert len({answer["redeem_url"] for answer in answers}) == 1
    assert sorted(answer["reason"] for answer in answers) == ["already_distributed"] * 63 + ["ok"]
    records = api.call(
        "GET", f"/v1/coupons/{coupon['coupon_id']}/redemptions?customer_id=ann"
    ).json()["items"]
    assert len(records) == 1
