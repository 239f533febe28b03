"""Asks the emulator for what it cannot do yet.

A test fails when it has learned it: then the adaptation goes.
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.support import emulator_gaps
from tests.support.emulator import REGION, Emulator

PROBES = {"codedeploy": emulator_gaps.CODEDEPLOY_PROBE, "alarm": emulator_gaps.ALARM_PROBE}


@pytest.mark.parametrize("name", PROBES)
def test_emulator_still_refuses_what_is_left_out(emulator: Emulator, name: str):
    """Once it creates this, remove its line from `without_gaps`."""
    cloudformation = emulator.client("cloudformation")
    waiter = cloudformation.get_waiter("stack_create_complete")
    waiter.config.delay = 1

    with pytest.raises((ClientError, WaiterError), match="Unrecognized resource types|ROLLBACK"):
        cloudformation.create_stack(
            StackName=f"probe-{name}", TemplateBody=json.dumps(PROBES[name])
        )
        waiter.wait(StackName=f"probe-{name}")


def test_emulator_evaluates_actions_but_no_leading_keys(emulator: Emulator):
    """Key conditions are read by our own tests. Once this fails, the rehearsal proves them too."""
    emulator.client("dynamodb").create_table(
        TableName="probe",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    condition = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["ORG#*"]}}
    statement = {
        "Effect": "Allow",
        "Action": "dynamodb:GetItem",
        "Resource": "*",
        "Condition": condition,
    }
    client = client_with(emulator, statement)

    assert "Item" not in client.get_item(TableName="probe", Key={"pk": {"S": "ORG#acme"}})
    assert "Item" not in client.get_item(TableName="probe", Key={"pk": {"S": "KEY#stranger"}})
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_item(TableName="probe", Key={"pk": {"S": "ORG#acme"}})


def test_closed_gap_is_reported():
    """The routes are made only where the emulator has made none."""

    class Api:
        def get_paginator(self, _name: str) -> Api:
            return self

        def paginate(self, **_of: str) -> list[dict[str, Any]]:
            return [{"Items": [{"RouteId": "1", "RouteKey": "GET /"}]}]

    with pytest.raises(emulator_gaps.GapClosed):
        emulator_gaps.create_routes(Api(), {}, {"HttpApi": "api"})


def client_with(emulator: Emulator, statement: dict[str, Any]) -> Any:
    """A DynamoDB client of a user who has this one right."""
    iam = emulator.client("iam")
    iam.create_user(UserName="probe")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="probe", PolicyName="own", PolicyDocument=policy)
    key = iam.create_access_key(UserName="probe")["AccessKey"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)
    return emulator.client("dynamodb", session)
