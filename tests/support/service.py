"""The service under test in this process: its table, its environment variables, its functions."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from local import sam_template
from tests.support.functions import load
from tests.support.gateway import Gateway, Watch

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

BASE_URL = "https://coupons.example"
# What the template sets for the functions, for tests that call no table.
ENVIRONMENT = {
    "TABLE_NAME": "any",
    "IMAGES_BUCKET": "images",
    "MAX_SHARDS": "16",
    "PUBLIC_BASE_URL": BASE_URL,
}


@contextmanager
def new_table(dynamodb: str | None = None) -> Iterator[Table]:
    """A new table with the template's schema on the engine at that endpoint."""
    schema: dict[str, Any] = dict(sam_template.table_schema())
    engine = boto3.resource("dynamodb", endpoint_url=dynamodb)
    made = engine.create_table(TableName=f"test-{uuid.uuid4().hex}", **schema)
    yield made
    made.delete()


def environment_of(table: str, dynamodb: str, **changes: str) -> dict[str, str]:
    """The functions' environment variables, for a table of an engine."""
    return ENVIRONMENT | {"TABLE_NAME": table, "AWS_ENDPOINT_URL_DYNAMODB": dynamodb} | changes


def set_all(patch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    """Set environment variables until the patch ends."""
    for name, value in environment.items():
        patch.setenv(name, value)


@contextmanager
def service_under_test(
    environment: dict[str, str], watch: Watch = lambda name, handler: handler
) -> Iterator[Gateway]:
    """The functions behind their routes, each imported when it is first called.

    `watch` may wrap each function's handler.
    """
    with pytest.MonkeyPatch.context() as patch:
        set_all(patch, environment)
        yield Gateway(partial(load, patch=patch), watch)
