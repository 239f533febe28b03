"""Every function answers before its timeout, however slow DynamoDB and S3 are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, get_args

import pytest

from couponflow.web.operator import actions
from local import sam_template
from local.intrinsics import read_yaml
from tests.support.service import ENVIRONMENT
from tools.paths import ROOT

TEMPLATE = read_yaml(sam_template.TEMPLATE)
# The answer itself: serialising it and sending it through Lambda.
SECONDS_FOR_THE_ANSWER = 0.5
SERVICE = sam_template.load()
# By the name of its folder: a new function is covered without a change here.
FUNCTIONS = {each.folder.name: each.name for each in SERVICE.functions.values()}
# A function that reads and writes nothing.
WITHOUT_DATA = {"console"}


def timeout_of(function: str) -> float:
    (found,) = (
        resource["Properties"]
        for resource in TEMPLATE["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
        and resource["Properties"].get("CodeUri") == f"functions/{function}"
    )
    return float(found.get("Timeout", TEMPLATE["Globals"]["Function"]["Timeout"]))


def slow_answers(function: str, without: str = "") -> dict[str, dict[str, Any]]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'layers' / 'couponflow'}{os.pathsep}{ROOT}",
        **ENVIRONMENT,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "TIMEOUT": str(timeout_of(function)),
        "WITHOUT": without,
    }
    command = [sys.executable, "-m", "tests.support.slow_calls", function]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def routes_of(function: str) -> set[str]:
    """The route keys that the template gives to the function."""
    return {route.key for route in SERVICE.routes if route.function == FUNCTIONS[function]}


def actions_of(function: str) -> set[str]:
    """What the function does when it is invoked directly."""
    if function == "operator":
        return {
            get_args(action.model_fields["action"].annotation)[0]
            for action in get_args(actions.Request)
        }
    return {"distribute": {"direct"}, "events": {"stream"}}.get(function, set())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_answers_before_its_timeout_however_slow_aws_is(function: str):
    answers = slow_answers(function)
    assert answers
    latest = timeout_of(function) - SECONDS_FOR_THE_ANSWER
    assert not {name: answer for name, answer in answers.items() if answer["seconds"] > latest}
    assert not {name: answer for name, answer in answers.items() if answer["status"] == 500}
    # Time passes only where an answer of AWS is waited for.
    waited = {name: answer for name, answer in answers.items() if answer["seconds"]}
    assert {answer["status"] for name, answer in waited.items() if ", lost, cold" in name} <= {
        503,
        200,
    }
    is_called = any(answer["calls"] > 1 for answer in answers.values())
    assert is_called is (function not in WITHOUT_DATA), "the calls were slow at all"
    called = {name.split(", ")[0].split(" ", 1)[1] for name in answers}
    assert called == {*routes_of(function), *actions_of(function)}


@pytest.mark.parametrize("function", ["coupons", "redeem", "distribute"])
def test_function_without_a_deadline_is_too_slow(function: str):
    answers = slow_answers(function, without="deadline")
    assert max(answer["seconds"] for answer in answers.values()) > timeout_of(function)
