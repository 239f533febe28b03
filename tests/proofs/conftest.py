"""Size of the proofs: short in `make test`, hours in `make soak`."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(scope="session")
def is_soak() -> bool:
    return bool(os.environ.get("SOAK"))
