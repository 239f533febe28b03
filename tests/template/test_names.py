"""One name in four places: a function's folder, the function, its log group and its events; and a sentence on everything."""

from __future__ import annotations

import re

import pytest

from local.intrinsics import read_yaml
from local.sam_template import TEMPLATE
from tools.paths import ROOT

RESOURCES = read_yaml(TEMPLATE)["Resources"]
FUNCTIONS = {name: body["Properties"] for name, body in RESOURCES.items() if body["Type"] == "AWS::Serverless::Function"}
FOLDERS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
EVENTS = sorted(path.stem for path in (ROOT / "events").glob("*.json"))


def camel(folder: str) -> str:
    return "".join(word.capitalize() for word in folder.split("_"))


def folder_of(event: str) -> str:
    """`redeem_page_unknown` belongs to redeem_page, although redeem is the beginning of it too."""
    return max((folder for folder in FOLDERS if re.match(rf"{folder}(?![a-z])", event)), key=len, default="")


def test_every_folder_is_a_function_and_every_function_a_folder():
    assert FUNCTIONS.keys() == {f"{camel(folder)}Function" for folder in FOLDERS}
    assert {name: body["CodeUri"] for name, body in FUNCTIONS.items()} == {
        f"{camel(folder)}Function": f"functions/{folder}" for folder in FOLDERS
    }


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_function_logs_to_a_group_of_its_own_that_is_kept_for_a_while(folder):
    group = f"{camel(folder)}LogGroup"
    assert FUNCTIONS[f"{camel(folder)}Function"]["LoggingConfig"] == {"LogGroup": {"Ref": group}}
    assert RESOURCES[group]["Type"] == "AWS::Logs::LogGroup"
    assert RESOURCES[group]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_every_function_has_an_event_and_every_event_a_function():
    assert {folder_of(event) for event in EVENTS} == set(FOLDERS)


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_sentence_says_what_a_resource_is_for(resource):
    before = re.search(rf"(.*)\n  {resource}:\n", TEMPLATE.read_text())
    assert before is not None
    assert re.fullmatch(r"  # [A-Z].*\.", before[1])
