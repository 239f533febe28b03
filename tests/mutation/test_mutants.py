"""Mutants match the code: each applies, and each decision of the core has a mutant or an excuse."""

from __future__ import annotations

import ast
import re

import pytest

from tests.mutation.mutant import CORE, Mutant, read

ALL = read()
MUTANTS = [mutant for mutant in ALL if not mutant.is_excused]
FILES = sorted({mutant.file for mutant in MUTANTS})


def test_mutant_names_are_unique():
    labels = [mutant.label for mutant in MUTANTS]
    assert sorted(set(labels)) == sorted(labels)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.label)
def test_mutant_applies_to_the_current_code(mutant: Mutant):
    source = (CORE / mutant.file).read_text()
    broken = mutant.applied_to(source)
    assert broken != source
    compile(broken, mutant.file, "exec")


@pytest.mark.parametrize("file", FILES)
def test_core_decision_has_a_mutant_or_an_excuse(file):
    source = (CORE / file).read_text()
    named: set[int] = set()
    for mutant in ALL:
        if mutant.file == file:
            first = source[: mutant.place_in(source)].count("\n") + 1
            named |= set(range(first, first + mutant.lines.count("\n")))
    lines = source.splitlines()
    assert [
        f"{number}: {lines[number - 1].strip()}" for number in sorted(decisions(source) - named)
    ] == []


def decisions(source: str) -> set[int]:
    """Line numbers of branches, comparisons and DynamoDB conditions."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.If | ast.IfExp | ast.While) and not isinstance(
            node.test, ast.Constant
        ):
            found.add(node.test.lineno)
        elif isinstance(node, ast.Compare | ast.BoolOp):
            found.add(node.lineno)
        elif isinstance(node, ast.comprehension):
            found |= {condition.lineno for condition in node.ifs}
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and _is_condition(node.value)
        ):
            found.add(node.lineno)
    return found


def _is_condition(text: str) -> bool:
    return "attribute_" in text or (
        "SET" not in text and re.search(r" [<>=]+ :\w+|:\w+ [<>=]+ ", text) is not None
    )


def test_mutant_with_missing_or_repeated_lines_is_reported():
    mutant = Mutant("service.py", "x", False, "if\n", "while\n")
    for times in (0, 2):
        with pytest.raises(ValueError, match=f"there {times} times"):
            mutant.applied_to("if\n" * times)
    assert mutant.applied_to("an if\nif\n") == "an if\nwhile\n"
