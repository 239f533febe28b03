"""Each function's folder, resource, log group and events share a name; each resource has a
comment.
"""

from __future__ import annotations

import re

import pytest

from local.intrinsics import read_yaml
from local.sam_template import TEMPLATE
from tools.paths import ROOT

RESOURCES = read_yaml(TEMPLATE)["Resources"]
FUNCTIONS = {
    name: body["Properties"]
    for name, body in RESOURCES.items()
    if body["Type"] == "AWS::Serverless::Function"
}
FOLDERS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
EVENTS = sorted(path.stem for path in (ROOT / "events").glob("*.json"))


def camel(folder: str) -> str:
    return "".join(word.capitalize() for word in folder.split("_"))


def folder_of(event: str) -> str:
    """The folder of an event; the longest match, so `redeem_page_unknown` belongs to
    redeem_page.
    """
    return max(
        (folder for folder in FOLDERS if re.match(rf"{folder}(?![a-z])", event)),
        key=len,
        default="",
    )


def test_folders_and_functions_correspond():
    assert FUNCTIONS.keys() == {f"{camel(folder)}Function" for folder in FOLDERS}
    assert {name: body["CodeUri"] for name, body in FUNCTIONS.items()} == {
        f"{camel(folder)}Function": f"functions/{folder}" for folder in FOLDERS
    }


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_function_has_its_own_log_group_with_retention(folder):
    group = f"{camel(folder)}LogGroup"
    assert FUNCTIONS[f"{camel(folder)}Function"]["LoggingConfig"] == {"LogGroup": {"Ref": group}}
    assert RESOURCES[group]["Type"] == "AWS::Logs::LogGroup"
    assert RESOURCES[group]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_functions_and_events_correspond():
    assert {folder_of(event) for event in EVENTS} == set(FOLDERS)


@pytest.mark.parametrize("resource", RESOURCES)
def test_resource_has_a_comment_of_one_sentence(resource):
    before = re.search(rf"(.*)\n  {resource}:\n", TEMPLATE.read_text())
    assert before is not None
    assert re.fullmatch(r"  # [A-Z].*\.", before[1])
