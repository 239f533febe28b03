"""Each function needs each right that its role has: with one less, the call that uses it is
refused.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local.intrinsics import read_yaml
from local.sam_template import TEMPLATE
from tests.contract.test_redeem_page import picture
from tests.support import permissions, targets
from tests.support.api import Api
from tests.support.deployment import Deployment
from tests.support.table_stream import event_of, record_of
from tests.support.targets import Target

Call = Callable[[Target, Api], Any]


@pytest.fixture(scope="module")
def target(deployment: Deployment) -> Target:
    return targets.of_deployment(deployment)


@pytest.fixture(scope="module")
def api(target: Target) -> Iterator[Api]:
    with target.client() as client:
        yield target.new_organisation(client)


def exported(target: Target, api: Api) -> int:
    coupon = api.coupon()
    return api.call("GET", f"/v1/coupons/{coupon['coupon_id']}/redemptions.csv").status_code


def announced_and_completed(target: Target, api: Api) -> int:
    body = {"kind": "brand_icon", "content_type": "image/png", "size": 1_000}
    announced = api.call("POST", "/v1/images", body)
    if announced.status_code >= 500:
        return announced.status_code
    form = announced.json()["upload"]
    uploaded = api.client.post(
        form["url"], data=form["fields"], files={"file": ("image", picture("PNG", (64, 64)))}
    )
    if not uploaded.is_success:
        return 500  # the form carries the function's own right
    return api.call("POST", f"/v1/images/{announced.json()['image_id']}/complete").status_code


def created_organisation(target: Target, api: Api) -> int:
    event = {
        "action": "create_organisation",
        "organisation_id": f"rights-{len(api.keys)}",
        "name": "Rights",
    }
    return 500 if "code" in target.invoke("OperatorFunction", event) else 200


def counted(target: Target, api: Api) -> int:
    """A batch of the stream; the coupon and the shard are new, so the function reads both."""
    coupon_id = api.coupon()["coupon_id"]
    image = {
        "pk": {"S": f"HOLDER#{coupon_id}#m"},
        "distributed_at": {"S": "2026-11-28T12:00:00.000Z"},
    }
    try:
        target.invoke("EventsFunction", event_of([record_of(1, image)], coupon_id))
    except AssertionError:
        return 500  # the function failed, so the batch comes again
    return 200


# One right of each function that has any beside its log, and a call that needs it.
RIGHTS: dict[str, tuple[str, Call]] = {
    "CouponsFunction": ("s3:PutObject", exported),
    "RedeemPageFunction": (
        "dynamodb:Query",
        lambda _, api: api.open(api.redeem_url(api.coupon(), "ann")).status_code,
    ),
    "RedeemFunction": (
        "dynamodb:UpdateItem",
        lambda _, api: api.tap(api.redeem_url(api.coupon(), "ann")).status_code,
    ),
    "DistributeFunction": (
        "dynamodb:PutItem",
        lambda _, api: (
            api.call(
                "POST",
                "/v1/flow/distribute",
                {"coupon_id": api.coupon()["coupon_id"], "customer_id": "ann"},
                "distribute",
            ).status_code
        ),
    ),
    "OperatorFunction": ("dynamodb:PutItem", created_organisation),
    "EventsFunction": ("dynamodb:Query", counted),
    "ImagesFunction": ("s3:DeleteObject", announced_and_completed),
}


def test_each_function_that_touches_data_is_tried():
    document = read_yaml(TEMPLATE)
    assert {
        name for name in permissions.functions(document) if permissions.allowed(document, name)
    } == RIGHTS.keys()


@pytest.mark.parametrize("function", RIGHTS)
def test_function_with_one_right_less_is_refused(
    deployment: Deployment, target: Target, api: Api, function: str
):
    action, call = RIGHTS[function]

    with without(deployment, function, action):
        assert call(target, api) >= 500

    assert call(target, api) < 400


@contextmanager
def without(deployment: Deployment, function: str, action: str) -> Iterator[None]:
    """Take one action from the role of a function, for as long as the block runs."""
    iam = deployment.emulator.client("iam")
    role = deployment.resources[function.replace("Function", "Role")]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    less = copy.deepcopy(policy)
    for statement in less["Statement"]:
        actions = (
            statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        )
        statement["Action"] = [each for each in actions if each != action]
    less["Statement"] = [statement for statement in less["Statement"] if statement["Action"]]
    assert less != policy, f"{role} has no {action}"
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(less))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))
