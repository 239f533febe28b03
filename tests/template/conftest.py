"""The template as CloudFormation gets it, transformed once for all tests of a run."""

from __future__ import annotations

import pytest

from tests.template import tools


@pytest.fixture(scope="session")
def document() -> tools.Document:
    """Treat as read-only; a test that breaks it makes a copy."""
    return tools.transformed()
