"""The table of costs is what the script makes of the template, the units and the prices."""

from __future__ import annotations

import json
from pathlib import Path

from bench import cost
from local.tools import ROOT


def test_the_table_is_up_to_date():
    assert (ROOT / "docs" / "cost.md").read_text().endswith(cost.table() + "\n"), "python -m bench.cost makes it"


def test_measured_units_take_the_place_of_the_goals(tmp_path: Path):
    results = tmp_path / "results.json"
    results.write_text(json.dumps({"units": {use.name: {"write_units": 9, "read_units": 8} for use in cost.MUSTS}}))
    source, uses = cost.uses(results)
    assert source == "bench/results.json"
    assert {(use.write_units, use.read_units) for use in uses} == {(9, 8)}
    assert cost.uses(tmp_path / "none.json")[0] == "the musts of P1 to P3"
