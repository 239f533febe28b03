"""Direct invocation: input and output equal HTTP, plus the organisation; and the example events."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from couponflow.store.dynamodb import Table
from local import demo_data, tables
from tests.support.api import Api
from tools.paths import ROOT

EVENTS = ROOT / "events"


def invoke(api: Api, **event: Any) -> dict[str, Any]:
    return dict(api.gateway.function("DistributeFunction").handler(event, None))


def test_direct_invocation_and_http_give_the_same_response(api: Api):
    fields = {
        "coupon_id": api.coupon()["coupon_id"],
        "customer_id": "ann",
        "message": "{{coupon_name}}!",
        "format": "line",
    }
    api.distribute(fields, "ann")

    over_http = api.call("POST", "/v1/flow/distribute", fields, "distribute").json()

    assert invoke(api, organisation_id=api.organisation_id, **fields) == over_http
    assert over_http["outcome"] == "distributed"


def test_direct_invocation_requires_an_organisation(api: Api):
    fields = {"coupon_id": api.coupon()["coupon_id"], "customer_id": "ann"}

    for event in (
        fields,
        fields | {"organisation_id": "{{organisation}}"},
        fields | {"organisation_id": [api.organisation_id]},
    ):
        answer = invoke(api, **event)
        assert (answer["outcome"], answer["reason"]) == ("error", "invalid_request")
        assert json.loads(answer["errors"])[0]["field"] == "organisation_id"


def test_direct_invocation_hides_coupons_of_other_tenants(organisation: Callable[[str], Api]):
    ours, theirs = organisation("acme"), organisation("other")
    event = {"coupon_id": theirs.coupon()["coupon_id"], "customer_id": "ann"}

    assert (
        invoke(ours, organisation_id=ours.organisation_id, **event)["reason"] == "coupon_not_found"
    )
    assert invoke(ours, organisation_id="nobody", **event)["reason"] == "addon_disabled"


def test_http_body_cannot_set_the_organisation(organisation: Callable[[str], Api]):
    ours, theirs = organisation("acme"), organisation("other")
    fields = {
        "coupon_id": theirs.coupon()["coupon_id"],
        "customer_id": "ann",
        "organisation_id": theirs.organisation_id,
    }

    assert (
        ours.call("POST", "/v1/flow/distribute", fields, "distribute").json()["reason"]
        == "coupon_not_found"
    )
    answer = ours.call(
        "POST",
        "/v1/flow/distribute/batch",
        fields | {"customers": [{"customer_id": "ann"}]},
        "distribute",
    )
    assert answer.json()["results"][0]["reason"] == "coupon_not_found"


@pytest.mark.parametrize(
    "event",
    [{}, {"customers": []}, {"organisation_id": "acme", "customers": "ann"}, {"Records": []}],
)
def test_malformed_direct_invocation_does_not_raise(api: Api, event: dict[str, Any]):
    assert invoke(api, **event)["reason"] == "invalid_request"


@pytest.fixture
def demo_api(api: Api, dynamodb: str) -> Api:
    """An API with the demo data of `make run`, whose keys and coupon the events name."""
    table_name = api.gateway.function("DistributeFunction").services.config.table_name
    demo_data.make_demo(Table(tables.client(dynamodb), table_name), "https://coupons.example")
    return api


@pytest.mark.parametrize(
    "path", sorted(EVENTS.glob("distribute-*.json")), ids=lambda path: path.stem
)
def test_example_events_distribute(demo_api: Api, path: Any):
    answer = invoke(demo_api, **json.loads(path.read_text()))

    if "statusCode" in answer:
        assert (answer["statusCode"], answer["headers"]["cache-control"]) == (200, "no-store")
        answer = json.loads(answer["body"])
    if "results" in answer:
        assert [result["reason"] for result in answer["results"]] == [
            "ok",
            "ok",
            "customer_missing",
        ]
    elif "version" in answer:
        assert answer["content"]["messages"][-1]["buttons"][0]["url"].startswith(
            "https://coupons.example/r/"
        )
    else:
        assert answer["outcome"] == "distributed"


def test_example_events_save_and_list_blocks(demo_api: Api):
    handler = demo_api.gateway.function("CouponsFunction").handler
    events = [
        json.loads((EVENTS / f"coupons-{name}.json").read_text())
        for name in ("create-block", "list-blocks")
    ]

    created, listed = (handler(event, None) for event in events)

    assert (created["statusCode"], listed["statusCode"]) == (201, 200)
    assert json.loads(listed["body"])["items"] == [json.loads(created["body"])]
