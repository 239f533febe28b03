"""Rows of the table of `make bench`: measured figure, required figure, target figure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One figure of goals P1 to P14. Without `must` it is only reported, like an alternative."""

    goal: str
    what: str
    measured: str
    must: str = ""
    is_met: bool | None = None
    aim: str = ""
    is_reached: bool | None = None

    @property
    def verdict(self) -> str:
        return {True: "met", False: "**NOT MET**", None: ""}[self.is_met]

    @property
    def distance(self) -> str:
        return {True: f"{self.aim}: reached", False: f"{self.aim}: not yet", None: ""}[
            self.is_reached
        ]


def at_most(
    goal: str, what: str, value: float, unit: str, must: float, aim: float | None = None
) -> Row:
    return Row(
        goal,
        what,
        f"{value:.3g}{unit}",
        f"≤ {must:g}{unit}",
        value <= must,
        "" if aim is None else f"≤ {aim:g}{unit}",
        None if aim is None else value <= aim,
    )


def table(rows: Iterable[Row]) -> str:
    lines = ["| | what | measured | must | | aim |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {row.goal} | {row.what} | {row.measured} | {row.must} | {row.verdict} | {row.distance} "
        "|"
        for row in rows
    ]
    return "\n".join(lines)
