"""Import the functions' modules: every folder has an app.py, so each gets its own module name."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from types import ModuleType

import pytest

from tools.paths import ROOT

_count = itertools.count()


def load(folder: str, patch: pytest.MonkeyPatch) -> ModuleType:
    """Import functions/{folder}/app.py again: a new execution environment.

    The module is removed when the patch ends.
    """
    path = ROOT / "functions" / folder / "app.py"
    name = f"function_{folder}_{next(_count)}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    patch.setitem(sys.modules, name, module)
    patch.syspath_prepend(str(path.parent))
    spec.loader.exec_module(module)
    return module
