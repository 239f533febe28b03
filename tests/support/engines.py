"""The two DynamoDB engines under the tests: independent programs that must agree."""

from __future__ import annotations

import os

import pytest

# Roto withholds the item of a refused single write, which the store then reads: it is no engine to
# count calls on. The local stack, so the contract and browser tests, run on it.
WITHHOLDS_OLD = "roto"
FIRST = os.environ.get("ENGINE") or "ministack"
if FIRST == WITHHOLDS_OLD:
    FIRST = "ministack"

on_both_engines = pytest.mark.parametrize(
    "engine_name", [FIRST, WITHHOLDS_OLD], indirect=True, scope="session"
)
