"""Imports run one way: functions → bootstrap → web → services → store → domain. Each layer keeps to its own."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.paths import ROOT

PACKAGE = ROOT / "layers" / "couponflow" / "couponflow"
MODULES = sorted(PACKAGE.rglob("*.py"))
FUNCTIONS = sorted((ROOT / "functions").glob("*/*.py"))
RANKS = {"domain": 0, "cache": 0, "config": 0, "observability": 0, "store": 1, "services": 2, "web": 3, "bootstrap": 4}
# The features of web/ do not import each other, but for these.
WEB_FEATURES = {"admin", "console", "flow", "operator", "page", "redeem"}
MAY_IMPORT_PAGE = {"admin", "console", "redeem"}


def name_of(path: Path) -> str:
    return ".".join(("couponflow", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


def rank(module: str) -> int:
    """The layer of a module of ours, from 0 at the bottom."""
    parts = module.split(".")
    return RANKS[parts[1]] if len(parts) > 1 else 0


def imports(path: Path, *, types_too: bool = True) -> Iterator[str]:
    """Full names of what a file imports, as module or from one."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_in(path: Path, part: str) -> bool:
    return path.is_relative_to(PACKAGE / part)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_nothing_from_above(path):
    own = rank(name_of(path))
    above = [name for name in imports(path) if name.startswith("couponflow.") and rank(name) > own]
    assert not above


@pytest.mark.parametrize("path", [path for path in MODULES if is_in(path, "domain")], ids=name_of)
def test_the_domain_knows_no_aws_no_environment_and_no_clock(path):
    foreign = {"boto3", "botocore", "os", "time", "couponflow.config", "couponflow.observability"}
    assert not [name for name in imports(path) if any(f"{name}.".startswith(f"{each}.") for each in foreign)]


@pytest.mark.parametrize("path", [path for path in MODULES if rank(name_of(path)) <= RANKS["services"]], ids=name_of)
def test_time_is_an_argument_below_the_edge(path):
    asked = [node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
    assert not {"now", "utcnow", "today"} & set(asked)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_the_store_and_bootstrap_know_aws(path):
    if not is_in(path, "store") and name_of(path) != "couponflow.bootstrap":
        assert not [name for name in imports(path) if name.split(".")[0] in ("boto3", "botocore")]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_the_store_writes_conditions_and_only_keys_writes_keys(path):
    texts = [node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)]
    words = "\n".join(text for text in texts if isinstance(text, str))
    if not is_in(path, "store"):
        assert not re.search(r"attribute_(not_)?exists|ConditionExpression|UpdateExpression", words)
    if path.name != "keys.py":
        assert not re.search(r"\b(ORG|KEY|CODE|COUPON|QUOTA|HOLDER|RECORDS|BLOCK|IMAGE|COUNTER|JOURNAL)#", words)


@pytest.mark.parametrize("path", FUNCTIONS, ids=lambda path: path.parent.name)
def test_functions_are_thin(path):
    assert not [name for name in imports(path) if name.split(".")[0] in ("boto3", "botocore", "pydantic")]
    tree = ast.parse(path.read_text())
    handlers = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert all((node.end_lineno or 0) - node.lineno < 15 for node in handlers)


def test_nothing_that_is_deployed_imports_the_local_stack():
    deployed = [name for path in [*MODULES, *FUNCTIONS] for name in imports(path)]
    assert not [name for name in deployed if name.split(".")[0] in ("local", "tests")]


@pytest.mark.parametrize(("function", "needless"), [("redeem", {"couponflow.web.page.render", "nh3"}), ("redeem_page", set())])
def test_a_hot_function_starts_without_what_only_others_need(function, needless):
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{PACKAGE.parent}{os.pathsep}{ROOT / 'functions' / function}",
        "TABLE_NAME": "x",
        "IMAGES_BUCKET": "x",
        "MAX_SHARDS": "16",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    names = "import app, sys, json; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", names], env=environment, capture_output=True, check=True).stdout)
    unwanted = {
        "boto3",
        "pydantic",
        "aws_xray_sdk",
        "couponflow.services.coupons",
        "couponflow.services.records",
        "couponflow.web.http.validation",
    }
    assert not (unwanted | needless) & set(loaded)
    assert "couponflow.services.redemption" in loaded
