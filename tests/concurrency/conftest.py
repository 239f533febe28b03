"""Fifty execution environments on one table of a real engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from couponflow.bootstrap import Services
from couponflow.domain.models import Organisation
from tests.concurrency.load import MOST_SHARDS, ORGANISATION, Burst
from tests.support.service import environment_of, new_table, set_all

WORKERS = 50
# Clients have no state of ours. Creating 50 takes seconds, so environments share 8.
CLIENTS = 8


@pytest.fixture(scope="session")
def environment(dynamodb: str) -> Iterator[dict[str, str]]:
    """Environment variables for functions on a new table."""
    with new_table(dynamodb) as table:
        yield environment_of(table.name, dynamodb, MAX_SHARDS=str(MOST_SHARDS))


@pytest.fixture(scope="session")
def environments(environment: dict[str, str]) -> list[Services]:
    with pytest.MonkeyPatch.context() as patch:
        set_all(patch, environment)
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
