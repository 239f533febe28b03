"""Size of the proofs: short in `make test`, all of them in `make soak`."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Soak:
    """How much of the long proofs runs: nothing, all, or the part that a seed chooses."""

    is_complete: bool = False
    seed: int | None = None


@pytest.fixture(scope="session")
def soak() -> Soak:
    """`SOAK=all` runs all long proofs, `SOAK=<number>` the part of that seed."""
    wanted = os.environ.get("SOAK", "")
    return Soak(is_complete=wanted == "all", seed=int(wanted) if wanted.isdecimal() else None)
