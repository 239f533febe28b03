"""Fifty execution environments on one table of a real engine."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from couponflow.bootstrap import Services
from couponflow.domain.models import Organisation
from local import sam_template
from tests.concurrency.load import MOST_SHARDS, ORGANISATION, Rush

WORKERS = 50
# Clients hold no state of ours, and making fifty takes seconds: environments share some.
CLIENTS = 8


@pytest.fixture(scope="session")
def environment(dynamodb: str) -> Iterator[dict[str, str]]:
    """The environment variables of functions on a table of their own."""
    schema: dict[str, Any] = dict(sam_template.table_schema())
    engine = boto3.resource("dynamodb", endpoint_url=dynamodb)
    table = engine.create_table(TableName=f"rush-{uuid.uuid4().hex}", **schema)
    yield {
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb,
        "TABLE_NAME": table.name,
        "IMAGES_BUCKET": "images",
        "MAX_SHARDS": str(MOST_SHARDS),
    }
    table.delete()


@pytest.fixture(scope="session")
def environments(environment: dict[str, str]) -> list[Services]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        made = [Services() for _ in range(WORKERS)]
        for number, services in enumerate(made):
            if number >= CLIENTS:
                services.table = made[number % CLIENTS].table
            assert services.redemption_service, "made here, before threads ask for it"
    made[0].organisation_store.create(Organisation(ORGANISATION, "Rush", addon_enabled=True))
    return made


@pytest.fixture
def rush(environments: list[Services]) -> Rush:
    return Rush(environments)
