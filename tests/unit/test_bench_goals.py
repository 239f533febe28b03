"""The goals that `make bench` compares with are those of docs/benchmarks.md."""

from __future__ import annotations

import re

from bench.cold_starts import GOALS
from tools.paths import ROOT


def test_bench_has_the_goals_of_the_document():
    text = (ROOT / "docs" / "benchmarks.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| P")]
    goals = [row for row in rows if len(row) == 4 and "≤" in row[2]]
    written = {row[0]: tuple(map(first_number, row[2:4])) for row in goals}
    assert {goal: written[goal] for goal in GOALS} == GOALS


def first_number(cell: str) -> float:
    found = re.search(r"[\d.]+", cell)
    return float(found[0]) if found else 0
