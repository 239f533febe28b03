"""Each function's role in the template allows exactly the calls of a run through all use cases."""

from __future__ import annotations

import copy
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws
from PIL import Image

from couponflow.services import statistics_repair
from couponflow.web.http import rate_limits
from local import sam_template
from local.intrinsics import read_yaml
from tests.support import permissions
from tests.support.api import Api
from tests.support.gateway import Gateway
from tests.support.permissions import Recorder
from tests.support.service import environment_of, service_under_test
from tests.support.table_stream import event_of, record_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

TEMPLATE = read_yaml(sam_template.TEMPLATE)
FUNCTIONS = permissions.functions(TEMPLATE)
BUCKET = "images"
QUEUE = "FailureQueue"


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture(scope="module")
def environments(recorder: Recorder, module_table: Table, dynamodb: str) -> Iterator[Gateway]:
    """S3 is moto: the test records the calls, not their results."""
    environment = environment_of(module_table.name, dynamodb, IMAGES_BUCKET=BUCKET)
    with (
        mock_aws(),
        recorder.recording(),
        service_under_test(environment, recorder.watched) as gateway,
        pytest.MonkeyPatch.context() as patch,
    ):
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        boto3.client("sqs").create_queue(QueueName=QUEUE)
        patch.setenv("FAILURE_QUEUE_URL", QUEUE)
        for pause in ("SECONDS_AHEAD", "SECONDS_UNTIL_STILL"):
            patch.setattr(statistics_repair, pause, 1)
        # A batch of 1, so that every call writes to the shared counter.
        for limit in ("BY_KEY", "BY_LINK"):
            patch.setattr(rate_limits, limit, replace(getattr(rate_limits, limit), local_batch=1))
        yield gateway


@pytest.fixture
def measured(recorder: Recorder, organisation: Callable[[str], Api]) -> Recorder:
    """The recorder, after every use case ran once, whichever test asks first."""
    acme = organisation("acme")
    if "RedeemFunction" not in recorder.done:
        everything(acme)
    return recorder


def test_each_role_allows_exactly_the_functions_calls(measured: Recorder):
    may = {
        (function, *grant)
        for function in FUNCTIONS
        for grant in permissions.allowed(TEMPLATE, function)
    }
    does = {(function, *grant) for function in FUNCTIONS for grant in measured.done[function]}
    assert sorted(may - does) == [], (
        "template.yaml lets a function do what it never does (or what this day leaves out)"
    )
    assert sorted(does - may) == [], (
        "a function does what its role in template.yaml does not let it do"
    )


def test_role_attributes_are_exactly_those_written(measured: Recorder):
    bound = {
        (function, grant): attributes
        for function in FUNCTIONS
        for grant, attributes in permissions.allowed_attributes(TEMPLATE, function).items()
    }
    differing = {
        w: bound[w] ^ measured.attributes[w] for w in bound if bound[w] != measured.attributes[w]
    }
    assert differing == {}


def everything(api: Api) -> None:
    """Run every use case of every function at least once."""
    operator(api)
    coupons(api, images(api))
    redemptions(api)
    blocks(api)
    erasures(api)
    statistics(api)


def operator(api: Api) -> None:
    api.operate("get_organisation")
    api.gateway.invoke("OperatorFunction", {"action": "list_organisations"})
    for enabled in (False, True):
        api.operate("switch_addon", enabled=enabled)
    key = api.key("admin")
    api.operate("list_keys")
    api.operate("revoke_key", key_id=key["key_id"])
    api.gateway.invoke("OperatorFunction", {"action": "list_uses"})
    coupon = api.coupon()
    api.operate("rotate_links", coupon_id=coupon["coupon_id"])
    api.operate("rotate_links")


def coupons(api: Api, image_id: str) -> None:
    api.keys["admin"] = api.key("admin")["key"]  # the first use of a key is recorded
    rules = {
        "valid_for": {"days": 3},
        "hours": [{"days": ["mon"], "from": "09:00", "until": "17:00"}],
        "period_limit": {"uses": 1, "per": "day"},
    }
    new = {"name": "Once", "starts_at": "2026-01-01", "ends_at": "2999-12-31"} | rules
    assert api.call("POST", "/v1/coupons", new, **{"idempotency-key": "once"}).status_code == 201
    rules = {
        "valid_for": {"days": 30},
        "hours": [
            {
                "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
                "from": "00:00",
                "until": "24:00",
            }
        ],
        "period_limit": {"uses": 2, "per": "day"},
    }
    coupon = api.coupon(
        code="EVERYTHING", max_redemptions=40, max_redemptions_per_customer=2, **rules
    )
    api.change(coupon, max_redemptions=400)
    api.change(coupon, max_redemptions=10, name="Anew")
    rules = {
        "hours": [{"days": ["mon"], "from": "09:00", "until": "17:00"}],
        "valid_for": {"days": 7},
        "period_limit": {"uses": 1, "per": "day"},
    }
    api.coupon(**rules)
    api.call("GET", "/v1/coupons")
    page = f"/v1/coupons/{coupon['coupon_id']}/redeem-page"
    settings = {
        "redeem_button": {"behavior": "open_url", "label": "Shop", "url": "https://shop.example"},
        "brand_icon": image_id,
        "campaign_image": image_id,
        "terms": "One each",
        "locale": "en",
    }
    saved = api.call("PUT", page, settings)
    assert saved.status_code == 200, saved.text
    api.distribute(coupon, "ann", inbox_id="whatsapp")
    api.records(coupon)
    api.records(coupon, customer_id="ann")
    export = api.call("GET", f"/v1/coupons/{coupon['coupon_id']}/redemptions.csv")
    assert export.status_code == 303, export.text
    api.call("DELETE", f"/v1/coupons/{coupon['coupon_id']}")
    api.coupon(
        code="EVERYTHING",
        hours=[{"days": ["sun"], "from": "10:00", "until": "24:00"}],
        valid_for={"days": 7},
        period_limit={"uses": 2, "per": "week"},
    )


def redemptions(api: Api) -> None:
    coupon = api.coupon(code="TAPPED", max_redemptions=2, max_redemptions_per_customer=2)
    api.call(
        "POST", "/v1/flow/distribute", {"coupon_code": "TAPPED", "customer_id": "ann"}, "distribute"
    )
    ann, ben, eve = (api.link(coupon, customer) for customer in ("ann", "ben", "eve"))
    assert api.tap(ann).status_code == 200
    api.distribute(coupon, "ann")
    assert api.tap(ann, use=2).status_code == 200
    api.gateway.restart()
    assert api.page_state(ben) == "sold_out", "a page proves it, and may not note it"
    assert api.tap(eve).status_code == 409, "redeeming proves it, and notes it"
    api.change(coupon, max_redemptions=3)
    assert api.till(coupon, "ben").status_code == 200
    api.gateway.restart()
    assert api.distribute(coupon, "new")["outcome"] == "coupon_max_uses_reached"

    unlimited = api.coupon(code="TILLS")
    body = {"code": "TILLS", "customer_id": "eve", "inbox_id": "till"}
    assert api.call("POST", "/v1/redemptions", body, "redeem").status_code == 200
    for _ in range(2):
        api.till(unlimited, "ann", idempotency_key="receipt-1")
        api.till(unlimited, "ann", idempotency_key="receipt-2")


def statistics(api: Api) -> None:
    coupon = api.coupon(max_redemptions=5)
    token = api.distribute(coupon, "ann", inbox_id="line")["redeem_token"]
    assert api.client.post(f"/r/{token}/opened").status_code == 204
    times = ("distributed_at", "opened_at", "redeemed_at", "rolled_back_at")
    old = {
        "pk": f"HOLDER#{coupon['coupon_id']}#m",
        "sk": "000001",
        "gpk": f"RECORDS#{coupon['coupon_id']}#redeemed#0",
        "gsk": "2026-01-01",
        "inbox_id": "line",
    } | dict.fromkeys(times, "2026-01-01T12:00:00.000Z")
    boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"]).put_item(Item=old)
    # The stream names one inbox, the repair another.
    new = {name: {"S": value} for name, value in old.items()} | {"inbox_id": {"S": "web"}}
    poison = new | {"distributed_at": {"S": "yesterday"}}
    batch = event_of([record_of(1, new), record_of(2, poison)], "shard")
    counted: dict[str, object] = {"state": {}, "batchItemFailures": []}
    assert api.gateway.invoke("EventsFunction", batch) == counted
    read = api.call("GET", f"/v1/coupons/{coupon['coupon_id']}/statistics")
    assert read.json()["totals"]["distributed"] == 1
    repaired = api.operate("repair_statistics", coupon_id=coupon["coupon_id"], apply=True)
    assert repaired["is_repaired"], repaired


def images(api: Api) -> str:
    """Returns the id of a published image."""
    content = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(content, "PNG")
    api.keys["admin"] = api.key("admin")["key"]  # the first use of a key is recorded
    announced = api.call(
        "POST",
        "/v1/images",
        {"kind": "brand_icon", "content_type": "image/png", "size": len(content.getvalue())},
    ).json()
    once = {"kind": "brand_icon", "content_type": "image/png", "size": 9}
    assert (
        api.call("POST", "/v1/images", once, **{"idempotency-key": "once-more"}).status_code == 201
    )
    boto3.client("s3").put_object(
        Bucket=BUCKET, Key=announced["upload"]["fields"]["key"], Body=content.getvalue()
    )
    done = api.call("POST", f"/v1/images/{announced['image_id']}/complete")
    assert done.status_code == 200, done.text
    assert api.client.get(done.json()["url"]).status_code == 200
    return str(announced["image_id"])


def blocks(api: Api) -> None:
    coupon = api.coupon()
    content = {
        "coupon_id": coupon["coupon_id"],
        "message": "Hello",
        "button_title": "Get it",
        "image_url": "https://shop.example/a.png",
        "channel": "whatsapp",
        "fallback_flows": {"error": "sorry"},
    }
    made = api.call("POST", "/v1/flow/blocks", content)
    assert made.status_code == 201, made.text
    block = f"/v1/flow/blocks/{made.json()['block_id']}"
    api.call("GET", "/v1/flow/blocks")
    api.call("PUT", block, {"coupon_id": coupon["coupon_id"], "message": "Hello again"})
    fields = {"block_id": made.json()["block_id"], "customer_id": "ann"}
    api.call("POST", "/v1/flow/distribute", fields, "distribute")
    api.gateway.invoke("DistributeFunction", {"organisation_id": api.organisation_id} | fields)
    api.call("DELETE", block)


@pytest.mark.parametrize("action", ["dynamodb:DeleteItem", "dynamodb:Scan"])
def test_control_extra_action_is_noticed(measured: Recorder, action: str):
    generous = copy.deepcopy(TEMPLATE)
    permissions.statements(generous, "RedeemFunction")[1]["Action"] = ["dynamodb:GetItem", action]

    assert permissions.allowed(generous, "RedeemFunction") != measured.done["RedeemFunction"]


def test_control_extra_item_kind_is_noticed(measured: Recorder):
    generous = copy.deepcopy(TEMPLATE)
    put = next(
        each
        for each in permissions.statements(generous, "ImagesFunction")
        if each["Action"] == "dynamodb:PutItem"
    )
    put["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] += ["ORG#*"]

    allowed = permissions.allowed(generous, "ImagesFunction")
    assert allowed - measured.done["ImagesFunction"] == {("dynamodb:PutItem", "ORG#")}


def test_every_put_permission_is_bound_to_attributes():
    for function in FUNCTIONS:
        puts = {
            grant
            for grant in permissions.allowed(TEMPLATE, function)
            if grant[0] == "dynamodb:PutItem"
        }
        assert puts <= permissions.allowed_attributes(TEMPLATE, function).keys()


def test_control_missing_action_is_noticed(measured: Recorder):
    mean = copy.deepcopy(TEMPLATE)
    permissions.statements(mean, "RedeemFunction")[1]["Action"] = []

    assert measured.beyond(mean).keys() == {"RedeemFunction"}
    assert measured.beyond(TEMPLATE) == {}


def erasures(api: Api) -> None:
    for customer_id in ("ann", "a customer whom no coupon knows"):
        erased = api.call("POST", "/v1/customers/erase", {"customer_id": customer_id})
        assert erased.status_code == 200, erased.text
    assert api.call("GET", "/v1/journal").json()["items"]
