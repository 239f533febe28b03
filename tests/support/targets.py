"""The three targets of the contract suite: stack from source, stack from the package,
deployment.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx

from couponflow.store import attribute_values
from couponflow.store.dynamodb import Table
from local import demo_data, sam_template
from local.intrinsics import REGION
from local.tables import CREDENTIALS
from tests.support.api import Api
from tests.support.deployment import Deployment
from tests.support.stacks import StackProcess
from tests.support.transports import Emulated, http_client

# Reads write these items: rate counters, and the last use of a key.
NOT_DATA = ("COUNTER#", "KEY#")


@dataclass(frozen=True)
class Target:
    """A running service: its address for clients, and its functions and table for the operator."""

    base_url: str
    demo: Mapping[str, Any]
    functions: Mapping[str, str]
    """Names to invoke, by name in the template."""
    table_name: str
    lambda_client: Any
    dynamodb_client: Any
    emulated: Emulated | None = None

    def invoke(self, name: str, event: object) -> Any:
        """Invoke the function directly. Raises AssertionError if it fails."""
        payload = json.dumps(event).encode()
        answer = self.lambda_client.invoke(FunctionName=self.functions[name], Payload=payload)
        result = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, result
        return result

    def client(self) -> httpx.Client:
        """A client of the service; the caller closes it."""
        return http_client(self.emulated, self.base_url)

    def new_organisation(self, client: httpx.Client) -> Api:
        """Create an organisation with one key a scope, by the operator function."""
        return Api.create(self, client)

    def shell_environment(self, folder: Path) -> dict[str, str]:
        """What a script with curl needs to reach the service; `folder` is for files of it."""
        own = self.emulated.configure_curl(folder) if self.emulated else {}
        return {"PATH": os.environ["PATH"], "HOME": str(folder)} | own

    def stored(self) -> list[dict[str, Any]]:
        """Every item of the table that holds data, in a fixed order."""
        pages = self.dynamodb_client.get_paginator("scan").paginate(
            TableName=self.table_name, ConsistentRead=True
        )
        items = [attribute_values.decode(item) for page in pages for item in page["Items"]]
        data = [item for item in items if not str(item["pk"]).startswith(NOT_DATA)]
        return sorted(data, key=lambda item: (item["pk"], item["sk"]))


def of_stack(running: StackProcess) -> Target:
    """A local stack, from source or from the package."""
    template = sam_template.load()
    environment = json.loads((running.state / "sam-env.json").read_text())["OperatorFunction"]
    session = boto3.Session(
        CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"], region_name=REGION
    )
    return Target(
        base_url=running.base_url,
        demo=running.demo,
        functions={name: name for name in template.functions},
        table_name=environment["TABLE_NAME"],
        lambda_client=session.client("lambda", endpoint_url=running.base_url),
        dynamodb_client=session.client(
            "dynamodb", endpoint_url=environment["AWS_ENDPOINT_URL_DYNAMODB"]
        ),
    )


def of_deployment(deployment: Deployment) -> Target:
    """A stack on the emulator, with the demo data that `make run` has."""
    dynamodb = deployment.emulator.client("dynamodb")
    table_name = deployment.outputs["TableName"]
    return Target(
        base_url=deployment.base_url,
        demo=demo_data.make_demo(Table(dynamodb, table_name), deployment.base_url),
        functions=deployment.resources,
        table_name=table_name,
        lambda_client=deployment.emulator.client("lambda"),
        dynamodb_client=dynamodb,
        emulated=Emulated(deployment.emulator.port, deployment.emulator.certificate),
    )
