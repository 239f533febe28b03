"""Roles after SAM's transformation equal the template, without wildcards except for tracing."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import permissions
from tests.template import tools
from tests.template.tools import Document

pytestmark = pytest.mark.slow

# X-Ray actions support no resources.
TRACING = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}
# SAM attaches AWS's own policy to the CodeDeploy role that shifts traffic.
BY_AWS = {"arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda"}


def test_function_has_only_the_permissions_in_the_template(document: Document):
    source = tools.source()
    for function in permissions.functions(source):
        role = document["Resources"][function]["Properties"]["Role"]["Fn::GetAtt"][0]
        after, before = (each["Resources"][role]["Properties"] for each in (document, source))
        assert after == before
        assert after["ManagedPolicyArns"] == [{"Ref": "TracingPolicy"}]
    attached = {str(arn) for arns in _values(document, "ManagedPolicyArns") for arn in arns}
    assert attached == {"{'Ref': 'TracingPolicy'}"} | BY_AWS


def test_every_function_writes_only_to_its_own_log_group(document: Document):
    for function in permissions.functions(tools.source()):
        log = document["Resources"][function]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
        own = [
            each
            for each in permissions.statements(document, function)
            if "logs:" in str(each["Action"])
        ]
        assert [each["Resource"] for each in own] == [{"Fn::GetAtt": [log, "Arn"]}]


def test_no_statement_has_a_wildcard(document: Document):
    assert list(wildcards(document)) == []


@pytest.mark.parametrize(
    "change", [{"Action": "dynamodb:*"}, {"Resource": "*"}, {"Action": ["dynamodb:Get*"]}]
)
def test_control_wildcard_is_noticed(document: Document, change: dict[str, Any]):
    starred = copy.deepcopy(document)
    starred["Resources"]["RedeemRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][
        1
    ] |= change

    assert len(list(wildcards(starred))) == 1


def wildcards(document: Document) -> Iterator[dict[str, Any]]:
    """Statements with a wildcard in an action or resource."""
    for policy in _values(document, "PolicyDocument"):
        for statement in policy["Statement"]:
            actions = (
                statement["Action"]
                if isinstance(statement["Action"], list)
                else [statement["Action"]]
            )
            is_tracing = set(actions) == TRACING
            if statement["Effect"] == "Allow" and (
                any("*" in action for action in actions)
                or (statement["Resource"] == "*" and not is_tracing)
            ):
                yield statement


def _values(tree: Any, name: str) -> Iterator[Any]:
    if isinstance(tree, list):
        for each in tree:
            yield from _values(each, name)
    elif isinstance(tree, dict):
        for key, value in tree.items():
            if key == name:
                yield value
            yield from _values(value, name)
