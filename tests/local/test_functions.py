"""Functions as Lambda and API Gateway run them: concurrency, timeouts, errors, direct
invocation.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from local.stack import WORKERS_PER_FUNCTION
from tests.support.stacks import StackProcess
from tools.paths import ROOT


def log_of(stack: StackProcess, function: str) -> str:
    return (stack.state / "logs" / f"{function}.log").read_text()


def test_compressed_body_is_passed_on_unchanged(http):
    content = gzip.compress(b'{"a": 1}')
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    event = http.post("/probe/body", content=content, headers=headers).json()["event"]

    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == content
    assert event["headers"]["content-encoding"] == "gzip"


def test_request_reaches_its_function_and_response_its_client(http):
    response = http.post(
        "/probe/this%20one?a=1&a=2", content=b"use=1", headers={"Content-Type": "x/y"}
    )
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
    event = response.json()["event"]
    assert event["routeKey"] == "ANY /probe/{what}"
    assert event["pathParameters"] == {"what": "this one"}
    assert event["rawQueryString"] == "a=1&a=2"
    assert (event["body"], event["isBase64Encoded"]) == ("dXNlPTE=", True)


def test_environment_has_the_templates_resolved_variables(http, running):
    environment = http.get("/probe/x").json()["environment"]
    assert environment["TABLE_NAME"] == "couponflow-Table"
    assert environment["BUCKET"] == "couponflow-bucket"
    assert environment["LINKS"] == f"{running.base_url}/r"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "ProbeFunction"
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"]
    assert "VIRTUAL_ENV" not in environment and "HOME" not in environment


def test_unknown_route_gets_api_gateways_404(http):
    response = http.get("/nowhere")
    assert (response.status_code, response.text) == (404, '{"message":"Not Found"}')


def test_concurrent_requests_get_separate_processes_up_to_a_cap(running, tmp_path):
    async def ask(client: httpx.AsyncClient, who: int) -> int:
        query = {"at": str(tmp_path), "who": str(who), "enough": str(WORKERS_PER_FUNCTION)}
        response = await client.get("/probe/meet", params=query)
        assert response.status_code == 200
        pid: int = response.json()["pid"]
        return pid

    async def ask_concurrently() -> list[int]:
        async with httpx.AsyncClient(
            base_url=running.base_url, timeout=60, trust_env=False
        ) as client:
            return await asyncio.gather(
                *(ask(client, who) for who in range(3 * WORKERS_PER_FUNCTION))
            )

    assert len(set(asyncio.run(ask_concurrently()))) == WORKERS_PER_FUNCTION


def test_consecutive_requests_use_one_process(http):
    assert len({http.post("/brittle/well").json()["pid"] for _ in range(5)}) == 1


def test_function_that_times_out_is_replaced(http, running):
    before = http.post("/brittle/well").json()["pid"]
    response = http.post("/brittle/sleep")
    assert (response.status_code, response.text) == (503, '{"message":"Service Unavailable"}')
    assert (
        "BrittleFunction failed: Sandbox.Timedout: Task timed out after 3.00 seconds"
        in running.said
    )
    assert not Path(f"/proc/{before}").exists()
    assert http.post("/brittle/well").json()["pid"] != before


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("raise", "BrittleFunction failed: KeyError: 'nobody' (app.py:15)"),
        ("exit", "BrittleFunction failed: Runtime.ExitError: Runtime exited with status 3"),
        (
            "number",
            "BrittleFunction gave an answer that API Gateway refuses: body is int, not a string",
        ),
        ("much", "BrittleFunction failed: Function.ResponseSizeTooLarge"),
    ],
)
def test_function_error_is_a_general_500_and_one_console_line(http, running, how, words):
    response = http.post(f"/brittle/{how}")
    assert (response.status_code, response.text) == (500, '{"message":"Internal Server Error"}')
    assert sum(words in line for line in running.said.splitlines()) == 1
    assert http.post("/brittle/well").status_code == 200


def test_function_that_dies_in_init_fails_its_request(http, running):
    broken = running.state.parent / "service" / "functions" / "brittle" / "break"
    http.post("/brittle/exit")
    broken.touch()
    assert http.post("/brittle/well").status_code == 500
    assert (
        "BrittleFunction does not start: RuntimeError: broken on purpose (app.py:9)" in running.said
    )
    broken.unlink()
    assert http.post("/brittle/well").status_code == 200


def test_body_over_10_mb_is_refused(http):
    response = http.post("/probe/x", content=b"x" * (10 * 1024 * 1024 + 1))
    assert (response.status_code, response.text) == (413, '{"message":"Request Entity Too Large"}')


def test_log_lines_go_to_a_file_not_to_the_console(http, running):
    http.get("/probe/quietly")
    assert "probed quietly" in log_of(running, "ProbeFunction")
    assert "probed" not in running.said


@pytest.fixture
def lambda_client(running: StackProcess) -> Any:
    return boto3.client("lambda", endpoint_url=running.base_url)


def test_direct_invocation_returns_the_functions_result(lambda_client):
    answer = lambda_client.invoke(
        FunctionName="ProbeFunction", Payload=json.dumps({"customer_id": "c"})
    )
    assert json.load(answer["Payload"])["event"] == {"customer_id": "c"}
    assert "FunctionError" not in answer


def test_failed_direct_invocation_reports_a_function_error(lambda_client):
    answer = lambda_client.invoke(
        FunctionName="BrittleFunction", Payload=json.dumps({"how": "raise"})
    )
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.load(answer["Payload"])["errorType"] == "KeyError"


def test_invocation_of_an_unknown_function_is_refused(lambda_client):
    with pytest.raises(ClientError, match="Function not found: NoFunction") as refusal:
        lambda_client.invoke(FunctionName="NoFunction")
    assert refusal.value.response["Error"]["Code"] == "ResourceNotFoundException"


def make_invoke(state: Path, function: str, event: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local.invoke", "--state", str(state), function, str(event)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_make_invoke_prints_the_result_or_a_one_line_error(running, tmp_path):
    event = tmp_path / "event.json"
    event.write_text('{"how": "well"}')
    done = make_invoke(running.state, "BrittleFunction", event)
    assert (done.returncode, json.loads(done.stdout).keys()) == (0, {"pid"})

    event.write_text('{"how": "raise"}')
    done = make_invoke(running.state, "BrittleFunction", event)
    assert (done.returncode, done.stderr) == (
        1,
        "make invoke: BrittleFunction failed: KeyError: 'nobody'\n",
    )

    done = make_invoke(tmp_path, "BrittleFunction", event)
    assert (done.returncode, done.stderr) == (
        1,
        f"make invoke: no stack runs on {tmp_path}: start it with make run\n",
    )
