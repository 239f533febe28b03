"""The table of costs is what the script makes of the template, the units and the prices."""

from __future__ import annotations

from bench import cost
from tools.paths import ROOT


def test_the_table_is_up_to_date():
    assert (ROOT / "docs" / "costs.md").read_text().endswith(cost.table() + "\n"), "python -m bench.cost makes it"
