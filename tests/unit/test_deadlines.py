"""Every function answers before its timeout, however slow DynamoDB and S3 are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from local import sam_template
from local.intrinsics import read_yaml
from tests.support.service import ENVIRONMENT
from tools.paths import ROOT

TEMPLATE = read_yaml(sam_template.TEMPLATE)
# The answer itself: serialising it and sending it through Lambda.
SECONDS_FOR_THE_ANSWER = 0.5
FUNCTIONS = ["coupons", "redeem_page", "redeem", "distribute", "operator", "images"]


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
        "TIMEOUT": str(timeout_of(function)),
        "WITHOUT": without,
    }
    command = [sys.executable, "-m", "tests.support.slow_calls", function]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    return dict(json.loads(ran.stdout.splitlines()[-1]))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_answers_before_its_timeout_however_slow_aws_is(function: str):
    answers = slow_answers(function)
    assert answers
    latest = timeout_of(function) - SECONDS_FOR_THE_ANSWER
    assert not {name: answer for name, answer in answers.items() if answer["seconds"] > latest}
    assert not {name: answer for name, answer in answers.items() if answer["status"] == 500}
    assert {answer["status"] for name, answer in answers.items() if ", lost, cold" in name} <= {
        503,
        200,
    }
    assert any(answer["calls"] > 1 for answer in answers.values()), "the calls were slow at all"


@pytest.mark.parametrize("function", ["coupons", "redeem", "distribute"])
def test_function_without_a_deadline_is_too_slow(function: str):
    answers = slow_answers(function, without="deadline")
    assert max(answer["seconds"] for answer in answers.values()) > timeout_of(function)
