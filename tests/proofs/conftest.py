"""How thorough the proofs are: quick in `make test`, hours' worth behind `make soak`."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(scope="session")
def is_soak() -> bool:
    return bool(os.environ.get("SOAK"))
