"""Shipped packages have hashes and allowed licences; each listed risk names an existing test."""

from __future__ import annotations

import re
from importlib.metadata import metadata
from typing import Any

import pytest

from tools.paths import ROOT

LOCKS = [ROOT / "layers/couponflow/requirements.txt", *ROOT.glob("functions/*/requirements.txt")]
LICENCES = (ROOT / "docs" / "licences.md").read_text()
PERMISSIVE = re.compile(
    r"\b(0BSD|Apache|BSD|HPND|MIT|PSF|Python Software Foundation|ZPL)", re.IGNORECASE
)


def pinned(lock: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9_.-]+)==", lock, re.MULTILINE))


SHIPPED = sorted({name for lock in LOCKS for name in pinned(lock.read_text())})


@pytest.mark.parametrize(
    "lock", [*LOCKS, *ROOT.glob("requirements-*.txt")], ids=lambda lock: lock.name
)
def test_every_locked_package_has_hashes(lock):
    entries = re.findall(
        r"^[a-z0-9_.-]+==.*\n(?:    --hash=sha256:.*\n)*", lock.read_text(), re.MULTILINE
    )
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)


def licence_of(name: str) -> str:
    """The licence in the package's metadata."""
    said: Any = metadata(name)
    classifiers = [
        each.rpartition(" :: ")[2]
        for each in said.get_all("Classifier") or []
        if each.startswith("License ::")
    ]
    first_line = (said.get("License") or "").splitlines()[:1]
    return said.get("License-Expression") or ", ".join(classifiers) or "".join(first_line)


def test_licence_list_equals_the_locks():
    listed = dict(re.findall(r"^\| ([a-z0-9_.-]+) \| (.+) \|$", LICENCES, re.MULTILINE))
    assert listed == {"package": "licence"} | {name: licence_of(name) for name in SHIPPED}


@pytest.mark.parametrize("name", SHIPPED)
def test_each_shipped_package_has_an_allowed_licence(name):
    assert PERMISSIVE.search(licence_of(name)), licence_of(name)


def test_control_copyleft_licence_is_noticed():
    assert not PERMISSIVE.search("GPL-3.0-only")


def test_each_risk_names_an_existing_test():
    rows = re.findall(
        r"`(tests/[\w/]+\.py)::(test_\w+)`", (ROOT / "docs" / "threat-model.md").read_text()
    )
    assert len(rows) >= 15
    assert [row for row in rows if f"def {row[1]}(" not in (ROOT / row[0]).read_text()] == []
