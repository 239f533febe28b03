"""The service as `sam deploy` makes it, on the emulator: the built package, the template, the
roles.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from layers.couponflow.build import machine_architecture
from tests.support import emulator as emulators
from tests.support import emulator_gaps
from tests.support.emulator import Emulator
from tools.package import RUNTIME, build_once
from tools.paths import SAM

CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND")


class DeploymentFailed(Exception):
    """What `sam` printed."""


def build_package(folder: Path) -> Path:
    """Build for this machine and the emulator's Python; return the built template."""
    runtime = emulators.python_version()
    if runtime != RUNTIME:
        print(
            f"No Python {RUNTIME} answers here: rehearsing on {runtime}, which is not the deployed "
            "build",
            flush=True,
        )
    with timed("built"):
        return build_once(machine_architecture(), folder, runtime)


class Deployment:
    """One stack of the service on the emulator."""

    def __init__(self, emulator: Emulator, package: Path, name: str) -> None:
        self.emulator = emulator
        self.package = package
        self.name = name
        self.resources: dict[str, str] = {}
        """Physical ids by logical id."""
        self.outputs: dict[str, str] = {}

    @property
    def base_url(self) -> str:
        """Without a port, as on AWS: the functions make links of the name that was called."""
        return f"https://{httpx.URL(self.outputs['ApiUrl']).host}"

    def deploy(self, **parameters: str) -> None:
        """Create or update the stack with the real SAM CLI."""
        template = emulator_gaps.without_gaps(yaml.safe_load(self.package.read_text()))
        adapted = self.package.with_name(f"{self.name}.yaml")
        adapted.write_text(
            yaml.safe_dump(template, sort_keys=False, allow_unicode=True, width=1000)
        )
        values = {"Architecture": machine_architecture()} | parameters
        overrides = [f"{name}={value}" for name, value in values.items()]
        options = [
            "--resolve-s3",
            "--no-confirm-changeset",
            "--no-fail-on-empty-changeset",
            "--capabilities",
            *CAPABILITIES,
        ]
        self._sam(
            "deploy", "--template-file", str(adapted), *options, "--parameter-overrides", *overrides
        )
        self._learn_names()
        emulator_gaps.create_routes(
            self.emulator.client("apigatewayv2"), self._processed_template(), self.resources
        )

    def delete(self) -> None:
        """Delete the stack, as the docs say."""
        self._sam("delete", "--no-prompts", "--region", emulators.REGION)

    def invoke(self, function: str, event: object) -> Any:
        """The function's answer to a direct invocation. `function` is its name in the template."""
        return self._invoke(function, event)

    def _invoke(self, function: str, event: object) -> Any:
        client = self.emulator.client("lambda")
        answer = client.invoke(
            FunctionName=self.resources[function], Payload=json.dumps(event).encode()
        )
        return json.loads(answer["Payload"].read())

    def _sam(self, *command: str) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.emulator.folder),
            "SAM_CLI_TELEMETRY": "0",
        }
        done = subprocess.run(
            [str(SAM / "bin" / "sam"), *command, "--stack-name", self.name],
            cwd=self.emulator.folder,
            env=environment | self.emulator.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise DeploymentFailed(done.stdout[-6000:])

    def _learn_names(self) -> None:
        cloudformation = self.emulator.client("cloudformation")
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.name)
        found = [each for page in pages for each in page["StackResourceSummaries"]]
        self.resources = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}
        (stack,) = cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        self.outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def _processed_template(self) -> dict[str, Any]:
        cloudformation = self.emulator.client("cloudformation")
        body = cloudformation.get_template(StackName=self.name, TemplateStage="Processed")[
            "TemplateBody"
        ]
        return dict(body if isinstance(body, dict) else json.loads(body))


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long the block took."""
    started = time.monotonic()
    yield
    print(f"  {what} in {time.monotonic() - started:.1f} s", flush=True)
