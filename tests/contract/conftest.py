"""Over HTTP, against the whole service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.service import Service


@pytest.fixture
def service(stack: dict[str, Any]) -> Iterator[Service]:
    with httpx.Client(timeout=60, trust_env=False, limits=httpx.Limits(max_connections=50)) as client:
        yield Service(stack, client)
