"""Start and end of the stack: data remain, no process is left, errors take one line."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from local import sam_template, tables
from local.child_processes import Ledger, StackFailed, claimed
from local.intrinsics import TemplateError
from tests.support.stacks import StackEnded, StackProcess, wait_until


def get(stack: StackProcess, path: str) -> httpx.Response:
    return httpx.get(f"{stack.base_url}{path}", timeout=60, trust_env=False)


def put(stack: StackProcess, path: str) -> None:
    assert httpx.put(f"{stack.base_url}{path}", timeout=60, trust_env=False).status_code == 200


def only_line(ended: pytest.ExceptionInfo[StackEnded]) -> str:
    (line,) = str(ended.value).splitlines()
    return line


def test_stopped_stack_keeps_data_and_leaves_no_process(service_stack):
    service_stack.start()
    put(service_stack, "/kept/this")
    children = service_stack.children()
    assert {child.name for child in children} == {
        "roto",
        "S3 server",
        "ProbeFunction",
        "BrittleFunction",
    }
    assert exit_code_after(signal.SIGINT, service_stack) == 0
    assert not any(child.is_alive for child in children)
    assert not (service_stack.state / "demo.json").exists()
    assert service_stack.said.splitlines() == [f"ready: {service_stack.base_url}", "ended"]

    service_stack.start()
    assert get(service_stack, "/kept/this").json() == {"item": "this", "object": "kept"}
    children = service_stack.children()
    assert exit_code_after(signal.SIGTERM, service_stack) == 0
    assert not any(child.is_alive for child in children)


def test_engine_variable_chooses_the_engine(service_stack, monkeypatch):
    monkeypatch.setenv("ENGINE", "ministack")
    service_stack.start()
    assert "MiniStack" in {child.name for child in service_stack.children()}
    put(service_stack, "/kept/this")
    service_stack.stop()
    service_stack.start()
    assert get(service_stack, "/kept/this").json()["item"] == "this"


def test_unknown_engine_is_refused_with_those_that_exist(service_stack, monkeypatch):
    monkeypatch.setenv("ENGINE", "oracle")
    with pytest.raises(StackEnded) as ended:
        service_stack.start()
    assert (
        only_line(ended) == "make run: ENGINE=oracle: choose one of roto, ministack, dynamodb-local"
    )


def exit_code_after(signal_number: signal.Signals, stack: StackProcess) -> int:
    assert stack.process is not None
    stack.process.send_signal(signal_number)
    return stack.process.wait(60)


def test_killed_stack_ends_its_processes_and_can_restart(service_stack):
    service_stack.start()
    put(service_stack, "/kept/this")
    children = service_stack.children()
    assert children
    service_stack.kill()
    wait_until(lambda: not any(child.is_alive for child in children))
    service_stack.start()
    assert get(service_stack, "/kept/this").json()["item"] == "this"


def test_stack_ends_with_a_message_when_its_engine_dies(service_stack):
    service_stack.start()
    (engine,) = (child for child in service_stack.children() if child.name == "roto")
    os.kill(engine.pid, signal.SIGKILL)
    assert service_stack.process is not None and service_stack.process.wait(60) == 1
    log = service_stack.state / "logs" / "roto.log"
    assert service_stack.said.splitlines()[1:] == [f"make run: roto ended, see {log}"]


def test_process_left_by_a_killed_stack_is_ended_and_named(tmp_path, capsys):
    ledger = tmp_path / "processes"
    with started_process() as leftover:
        Ledger(ledger).add(leftover.pid, "RedeemFunction")
        with claimed(tmp_path, "http://127.0.0.1"):
            assert leftover.wait(60) == -signal.SIGTERM
        assert (
            capsys.readouterr().out
            == f"Ending RedeemFunction (pid {leftover.pid}), left behind by a killed stack\n"
        )


def test_reused_pid_is_not_killed(tmp_path):
    with started_process() as stranger:
        (tmp_path / "processes").write_text(f"{stranger.pid} 1 RedeemFunction\n")
        with claimed(tmp_path, "http://127.0.0.1"):
            assert stranger.poll() is None


@contextlib.contextmanager
def started_process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        try:
            yield process
        finally:
            process.kill()


def test_used_port_is_reported_with_its_process(new_stack, service, taken_port):
    stack = new_stack("--template", str(service), "--no-demo", port=taken_port)
    with pytest.raises(StackEnded) as ended:
        stack.start()
    assert only_line(ended).startswith(
        f"make run: port {taken_port} is in use by pid {os.getpid()} ("
    )


def test_second_stack_on_the_same_data_names_the_first(tmp_path):
    first = f"a stack already runs on {tmp_path}: http://127.0.0.1:3000, pid {os.getpid()}"
    with claimed(tmp_path, "http://127.0.0.1:3000"):
        for _ in range(2):
            with (
                pytest.raises(StackFailed, match=first),
                claimed(tmp_path, "http://127.0.0.1:3001"),
            ):
                pass
    with claimed(tmp_path, "http://127.0.0.1:3001"):
        pass


def test_changed_table_schema_is_reported(dynamodb, tmp_path):
    schema = dict(sam_template.table_schema())
    tables.ensure(dynamodb, {"kept": schema}, tmp_path)
    tables.ensure(dynamodb, {"kept": schema}, tmp_path)
    del schema["GlobalSecondaryIndexes"]
    with pytest.raises(
        StackFailed,
        match=f"the table in {tmp_path} was made with other indexes than template.yaml has now: ",
    ):
        tables.ensure(dynamodb, {"kept": schema}, tmp_path)


def test_function_that_fails_to_start_is_named_with_its_error(service_stack, service):
    (service.parent / "functions" / "brittle" / "app.py").write_text("import no_such_library")
    with pytest.raises(StackEnded) as ended:
        service_stack.start()
    assert only_line(ended).startswith(
        "make run: BrittleFunction does not start: Runtime.ImportModuleError: "
        "Unable to import module 'app': No module named 'no_such_library', see "
    )


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("Resources:", "Resources: [", "template.yaml, line "),
        ("Resources:", "Things:", "template.yaml: Resources is missing"),
        (
            "!Ref Table",
            "!Ref Tabel",
            "template.yaml: !Ref Tabel: there is no such parameter or resource",
        ),
        (
            "!Ref Bucket",
            "!GetAtt Bucket.Shape",
            "template.yaml: the local stack can't resolve !GetAtt Bucket.Shape",
        ),
        (
            "CodeUri: functions/probe",
            "CodeUri: functions/prob",
            "template.yaml: ProbeFunction: there is no functions/prob/app.py",
        ),
        (
            '"/kept/{name}"',
            "/kept/",
            "template.yaml: ProbeFunction: an HTTP API takes no route that ends in a slash: /kept/",
        ),
        (
            "CodeUri: functions/probe",
            "Code: functions/probe",
            "template.yaml: 'CodeUri' is missing",
        ),
        ("{Type: AWS::S3::Bucket}", "[]", "template.yaml is not shaped like a SAM template: "),
    ],
)
def test_broken_template_is_reported(service, before, after, words):
    service.write_text(service.read_text().replace(before, after, 1))
    with pytest.raises(TemplateError) as error:
        sam_template.load(service)
    assert str(error.value).startswith(words)


def test_stack_with_a_broken_template_prints_one_line(service_stack, service):
    service.write_text("Resources: [")
    with pytest.raises(StackEnded) as ended:
        service_stack.start()
    assert only_line(ended).startswith("make run: template.yaml, line 1: ")


def test_log_option_prefixes_output_with_the_function_name(new_stack, service):
    stack = new_stack("--template", str(service), "--no-demo", "--log").start()
    get(stack, "/probe/aloud")
    wait_until(lambda: "ProbeFunction | probed aloud\n" in stack.said)
    assert "probed aloud" in (stack.state / "logs" / "ProbeFunction.log").read_text()
