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
from tests.concurrency.load import MOST_SHARDS, ORGANISATION, Burst

WORKERS = 50
# Clients have no state of ours. Creating 50 takes seconds, so environments share 8.
CLIENTS = 8


@pytest.fixture(scope="session")
def environment(dynamodb: str) -> Iterator[dict[str, str]]:
    """Environment variables for functions on a new table."""
    schema: dict[str, Any] = dict(sam_template.table_schema())
    engine = boto3.resource("dynamodb", endpoint_url=dynamodb)
    table = engine.create_table(TableName=f"burst-{uuid.uuid4().hex}", **schema)
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
            assert services.redemption_service, "built here, before the threads need it"
    made[0].organisation_store.create(Organisation(ORGANISATION, "Burst", addon_enabled=True))
    return made


@pytest.fixture
def burst(environments: list[Services]) -> Burst:
    return Burst(environments)
