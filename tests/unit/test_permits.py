"""A use is written by a permit only, and only the rules make one."""

import ast
import inspect
from pathlib import Path

import pytest

from couponflow.domain import rules
from couponflow.store.redemptions import RedemptionStore
from tools.paths import ROOT

PACKAGE = ROOT / "layers" / "couponflow" / "couponflow"
RULES = PACKAGE / "domain" / "rules.py"
SOURCES = sorted([*PACKAGE.rglob("*.py"), *(ROOT / "functions").rglob("*.py")])


def places_that_make_permits(source: str) -> list[str]:
    """Names of the functions that call Permit, or copy one; a name that is not called
    counts too.
    """
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    places = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = _name(node.func)
        if name == "Permit" or (name == "replace" and any(map(_is_permit, node.args))):
            around = [
                each.name
                for each in functions
                if each.lineno <= node.lineno <= (each.end_lineno or 0)
            ]
            places.append(around[-1] if around else "module")
    return places


def _name(node: ast.expr) -> str:
    return (
        node.id
        if isinstance(node, ast.Name)
        else node.attr
        if isinstance(node, ast.Attribute)
        else ""
    )


def _is_permit(node: ast.expr) -> bool:
    return "permit" in _name(node)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_rules_make_a_permit(path: Path):
    assert places_that_make_permits(path.read_text()) == (["permit"] if path == RULES else [])


@pytest.mark.parametrize(
    "source",
    ["x = Permit(coupon)", "x = rules.Permit(coupon)", "x = replace(permit, coupon=other)"],
)
def test_permit_made_elsewhere_is_found(source):
    assert places_that_make_permits(source) == ["module"]


def test_use_takes_its_coupon_from_the_permit():
    taken = inspect.signature(RedemptionStore.use).parameters
    assert taken["permit"].annotation is rules.Permit
    assert "coupon" not in taken
