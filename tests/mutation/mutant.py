"""Mutants: the core with one broken rule, which a test must notice.

Written as changes in core.diff.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from tools.paths import ROOT

CORE = ROOT / "layers" / "couponflow" / "couponflow"
_HEAD = re.compile(r"@@ (?P<file>[\w/]+\.py): (?P<excused>excused: )?(?P<name>.+) @@")


class Mutant(NamedTuple):
    """Replaces `lines`, which occur once in a file of the core, by `instead`.

    An excused mutant names a decision that needs no mutant, and the reason.
    """

    file: str
    name: str
    is_excused: bool
    lines: str
    instead: str

    @property
    def label(self) -> str:
        return f"{self.file}: {self.name}"

    def place_in(self, source: str) -> int:
        """Index of the first replaced line.

        Raises ValueError unless the lines occur exactly once.
        """
        places = [
            found.start()
            for found in re.finditer(f"^{re.escape(self.lines)}", source, re.MULTILINE)
        ]
        if len(places) != 1:
            raise ValueError(
                f"{self.label}: its lines are there {len(places)} times; core.diff is to follow "
                "the code"
            )
        return places[0]

    def applied_to(self, source: str) -> str:
        place = self.place_in(source)
        return source[:place] + self.instead + source[place + len(self.lines) :]


def read() -> list[Mutant]:
    found: list[Mutant] = []
    for line in Path(__file__).with_name("core.diff").read_text().splitlines(keepends=True):
        if head := _HEAD.fullmatch(line.rstrip("\n")):
            found.append(Mutant(head["file"], head["name"], head["excused"] is not None, "", ""))
            continue
        mutant, sign, content = found[-1], line[0], line[1:]
        found[-1] = mutant._replace(
            lines=mutant.lines + (content if sign != "+" else ""),
            instead=mutant.instead + (content if sign != "-" else ""),
        )
    return found
