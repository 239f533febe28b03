"""The cost table in the docs equals the script's output."""

from __future__ import annotations

from bench import cost
from tools.paths import ROOT


def test_cost_table_is_up_to_date():
    assert (ROOT / "docs" / "costs.md").read_text().endswith(cost.table() + "\n"), (
        "python -m bench.cost makes it"
    )
