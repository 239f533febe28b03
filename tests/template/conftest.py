"""The template after SAM's transformation, made once per test run."""

from __future__ import annotations

import pytest

from tests.template import tools


@pytest.fixture(scope="session")
def document() -> tools.Document:
    """The transformed template. Read-only; a test that changes it copies it first."""
    return tools.transformed()
