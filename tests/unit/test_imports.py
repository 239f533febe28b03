"""Import direction: functions → bootstrap → web → services → store → domain."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.support.service import ENVIRONMENT
from tools.paths import ROOT

PACKAGE = ROOT / "layers" / "couponflow" / "couponflow"
MODULES = sorted(PACKAGE.rglob("*.py"))
FUNCTIONS = sorted((ROOT / "functions").glob("*/*.py"))
RANKS = {
    "domain": 0,
    "cache": 0,
    "config": 0,
    "observability": 0,
    "store": 1,
    "services": 2,
    "web": 3,
    "bootstrap": 4,
}
# The features of web/ do not import each other, but for these.
WEB_FEATURES = {"admin", "console", "events", "flow", "operator", "page", "redeem"}
MAY_IMPORT_PAGE = {"admin", "console", "redeem"}


def name_of(path: Path) -> str:
    return ".".join(("couponflow", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    )


def rank(module: str) -> int:
    """The layer of one of our modules; 0 is the lowest."""
    parts = module.split(".")
    return RANKS[parts[1]] if len(parts) > 1 else 0


def imports(path: Path, *, types_too: bool = True) -> Iterator[str]:
    """Full names of the modules and members that a file imports."""
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
def test_module_imports_nothing_from_a_higher_layer(path):
    own = rank(name_of(path))
    above = [name for name in imports(path) if name.startswith("couponflow.") and rank(name) > own]
    assert not above


@pytest.mark.parametrize("path", [path for path in MODULES if is_in(path, "domain")], ids=name_of)
def test_domain_imports_no_aws_environment_or_clock(path):
    foreign = {"boto3", "botocore", "os", "time", "couponflow.config", "couponflow.observability"}
    assert not [
        name for name in imports(path) if any(f"{name}.".startswith(f"{each}.") for each in foreign)
    ]


@pytest.mark.parametrize(
    "path", [path for path in MODULES if rank(name_of(path)) <= RANKS["services"]], ids=name_of
)
def test_time_is_an_argument_below_the_web_layer(path):
    asked = [
        node.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    ]
    assert not {"now", "utcnow", "today"} & set(asked)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_store_and_bootstrap_import_boto3(path):
    if not is_in(path, "store") and name_of(path) != "couponflow.bootstrap":
        assert not [name for name in imports(path) if name.split(".")[0] in ("boto3", "botocore")]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_store_builds_conditions_and_only_keys_builds_keys(path):
    texts = [
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
    ]
    words = "\n".join(text for text in texts if isinstance(text, str))
    if not is_in(path, "store"):
        assert not re.search(r"attribute_(not_)?exists|ConditionExpression|UpdateExpression", words)
    if path.name != "keys.py":
        assert not re.search(
            r"\b(ORG|KEY|CODE|COUPON|QUOTA|HOLDER|RECORDS|BLOCK|IMAGE|COUNTER|JOURNAL|OPENED|STATS"
            r"|STREAM)#",
            words,
        )


def forbidden_imports(module: str, imported: Iterable[str]) -> list[str]:
    """The imports that lead into a feature of web/ which is closed to the module."""
    feature = feature_of(module)
    closed = WEB_FEATURES - {feature} - ({"page"} if feature in MAY_IMPORT_PAGE else set())
    return [name for name in imported if feature_of(name) in closed]


def feature_of(module: str) -> str | None:
    """The feature of web/ that a module belongs to; None for every other module."""
    parts = module.split(".")
    return (
        parts[2]
        if parts[:2] == ["couponflow", "web"] and len(parts) > 2 and parts[2] in WEB_FEATURES
        else None
    )


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if feature_of(name_of(path)) or is_in(path, "web/http")],
    ids=name_of,
)
def test_features_and_http_import_no_other_feature(path):
    assert not forbidden_imports(name_of(path), imports(path))


def test_every_folder_of_web_is_a_feature_or_shared():
    folders = {path.name for path in (PACKAGE / "web").iterdir() if any(path.glob("*.py"))}
    assert folders == WEB_FEATURES | {"http", "openapi"}


@pytest.mark.parametrize(
    ("module", "imported", "is_forbidden"),
    [
        ("couponflow.web.page.routes", "couponflow.web.redeem.requests", True),
        ("couponflow.web.flow.routes", "couponflow.web.page.state", True),
        ("couponflow.web.operator.actions", "couponflow.web.admin.serializers", True),
        ("couponflow.web.http.app", "couponflow.web.page.responses", True),
        ("couponflow.web.admin.redeem_page_routes", "couponflow.web.page.preview", False),
        ("couponflow.web.redeem.requests", "couponflow.web.page", False),
        ("couponflow.web.page.state", "couponflow.web.page.colors", False),
        ("couponflow.web.flow.routes", "couponflow.services.redemption", False),
    ],
)
def test_forbidden_import_between_features_is_recognised(module, imported, is_forbidden):
    assert bool(forbidden_imports(module, [imported])) == is_forbidden


@pytest.mark.parametrize(
    "path", [path for path in FUNCTIONS if path.name == "app.py"], ids=lambda path: path.parent.name
)
def test_functions_compose_without_logic(path):
    logic = (
        ast.FunctionDef,
        ast.ClassDef,
        ast.Lambda,
        ast.If,
        ast.IfExp,
        ast.Try,
        ast.For,
        ast.While,
        ast.comprehension,
    )
    assert not [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, logic)]


@pytest.mark.parametrize("path", FUNCTIONS, ids=lambda path: path.parent.name)
def test_handlers_are_short_and_import_no_aws(path):
    assert not [
        name for name in imports(path) if name.split(".")[0] in ("boto3", "botocore", "pydantic")
    ]
    tree = ast.parse(path.read_text())
    handlers = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert all((node.end_lineno or 0) - node.lineno < 15 for node in handlers)


def test_deployed_code_imports_neither_local_nor_tests():
    deployed = [name for path in [*MODULES, *FUNCTIONS] for name in imports(path)]
    assert not [name for name in deployed if name.split(".")[0] in ("local", "tests")]


@pytest.mark.parametrize(
    ("function", "needless"),
    [("redeem", {"couponflow.web.page.render", "nh3"}), ("redeem_page", set())],
)
def test_hot_function_starts_without_modules_of_other_functions(function, needless):
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{PACKAGE.parent}{os.pathsep}{ROOT / 'functions' / function}",
        **ENVIRONMENT,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    names = "import app, sys, json; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(
        subprocess.run(
            [sys.executable, "-c", names], env=environment, capture_output=True, check=True
        ).stdout
    )
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
