"""Properties of a deployment: caching, HTTPS, retained data, versions that follow the code."""

from __future__ import annotations

import json
import re
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, get_args

import pytest

from couponflow.web.http.validation import parse
from couponflow.web.operator import actions as operator
from local.intrinsics import read_yaml
from local.sam_template import TEMPLATE, load
from tests.template import tools
from tests.template.tools import Document
from tools.paths import ROOT

SOURCE = read_yaml(TEMPLATE)
SAMCONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text())
RESOURCES = SOURCE["Resources"]
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
# Immutable content: the path contains its hash.
HASHED = {"/images/*", "/console/assets/*"}
# Public content that is the same for every caller, and changes with a deployment only.
PUBLIC = {"/v1/openapi.json"}
ALL_METHODS = {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}
ALL_HEADERS_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"


def behaviors(resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    config = resources["Cdn"]["Properties"]["DistributionConfig"]
    return {"*": config["DefaultCacheBehavior"]} | {
        each["PathPattern"]: each for each in config["CacheBehaviors"]
    }


def behavior_of(path: str) -> dict[str, Any]:
    """The behavior for a path, as CloudFront chooses it: the first pattern that fits."""
    found = behaviors(RESOURCES)
    default = found.pop("*")
    return next((each for pattern, each in found.items() if fnmatchcase(path, pattern)), default)


def test_cdn_caches_only_immutable_or_public_content():
    cached = {
        path
        for path, behavior in behaviors(RESOURCES).items()
        if behavior["CachePolicyId"] != CACHING_DISABLED
    }
    assert cached == HASHED | PUBLIC


def test_cdn_keeps_and_compresses_the_openapi_document():
    behavior = behavior_of("/v1/openapi.json")
    assert behavior["CachePolicyId"] != CACHING_DISABLED
    assert behavior["Compress"] is True
    assert behavior_of("/v1/openapi.json/")["CachePolicyId"] == CACHING_DISABLED
    assert behavior_of("/v1/coupons")["CachePolicyId"] == CACHING_DISABLED


@pytest.mark.parametrize(
    "path",
    ["/", "/r/x", "/r/x/", "/r/x/redeem", "/anything", "/v1/coupons", "/v1/openapi.json", "/v1"],
)
def test_cdn_leaves_every_answer_to_the_functions(path: str):
    """People get pages and programs problems: a function has to see the method and Accept."""
    behavior = behavior_of(path)
    assert behavior["TargetOriginId"] == "api"
    assert set(behavior["AllowedMethods"]) == ALL_METHODS
    assert behavior["OriginRequestPolicyId"] == ALL_HEADERS_BUT_HOST


def test_cdn_replaces_no_error_by_a_page_of_its_own():
    """It would replace the problems of programs too."""
    config = RESOURCES["Cdn"]["Properties"]["DistributionConfig"]
    assert {name for each in config["CustomErrorResponses"] for name in each} == {
        "ErrorCode",
        "ErrorCachingMinTTL",
    }
    assert behavior_of("/console/assets/x")["OriginRequestPolicyId"] == ALL_HEADERS_BUT_HOST


def test_cdn_caches_no_route_with_a_key_or_link():
    kept = [path.removesuffix("*") for path in HASHED]
    routes = {route.path for route in load().routes}
    assert {path for path in routes if any(path.startswith(prefix) for prefix in kept)} == {
        "/images/{name}"
    }
    assert {"/r/{token}", "/v1/coupons", "/v1/redemptions"} <= routes


# CloudFront caches these for 10 s by default, regardless of the response headers.
CACHED_ERRORS = {400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504}


@pytest.mark.parametrize("status", sorted(CACHED_ERRORS))
def test_cdn_caches_no_error(status: int):
    """The cache key lacks query and Authorization: all organisations would share one error."""
    config = RESOURCES["Cdn"]["Properties"]["DistributionConfig"]
    times = [
        each["ErrorCachingMinTTL"]
        for each in config["CustomErrorResponses"]
        if each["ErrorCode"] == status
    ]
    assert times == [0]


def test_no_route_ends_in_a_slash(document: Document):
    """An HTTP API refuses such routes: with FailOnWarnings the deployment would fail."""
    assert RESOURCES["HttpApi"]["Properties"]["FailOnWarnings"] is True
    paths = set(document["Resources"]["HttpApi"]["Properties"]["Body"]["paths"])
    assert len(paths) > 15
    assert {path for path in paths if path.endswith("/")} == {"/"}


def test_plain_http_is_refused_or_redirected():
    policies = {
        path: behavior["ViewerProtocolPolicy"] for path, behavior in behaviors(RESOURCES).items()
    }
    for path in ("/v1/*", "/v1/openapi.json"):
        assert policies.pop(path) == "https-only", (
            "a redirect would hide that a key was sent in the clear"
        )
    assert set(policies.values()) == {"redirect-to-https"}


def test_customer_data_is_retained_after_stack_deletion():
    for name in ("Table", "ImagesBucket"):
        assert (RESOURCES[name]["DeletionPolicy"], RESOURCES[name]["UpdateReplacePolicy"]) == (
            "Retain",
            "Retain",
        )
    table = RESOURCES["Table"]["Properties"]
    assert table["DeletionProtectionEnabled"] is True
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


@pytest.mark.parametrize(
    ("parameters", "address"),
    [
        ({}, ""),
        ({"PublicBaseUrl": "https://c.example"}, "https://c.example"),
        ({"DomainName": "coupons.example"}, "https://coupons.example"),
    ],
)
def test_links_start_with_the_configured_domain(parameters: dict[str, str], address: str):
    assert (
        load(parameters=parameters).functions["DistributeFunction"].environment["PUBLIC_BASE_URL"]
        == address
    )


def test_dashboard_is_valid_json_about_existing_resources():
    (body,) = RESOURCES["Dashboard"]["Properties"]["DashboardBody"].values()
    named = set(re.findall(r"\$\{([\w:]+)\}", body))
    assert named <= RESOURCES.keys() | {"AWS::Region", "AWS::StackName"}
    assert len(json.loads(body)["widgets"]) == 9


def test_each_alarm_names_its_runbook_section():
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    alarms = [name for name, body in RESOURCES.items() if body["Type"] == "AWS::CloudWatch::Alarm"]
    assert re.findall(r"^## (\w+Alarm)\b", runbook, re.MULTILINE) == alarms
    for name in alarms:
        assert f"Runbook, {name}" in RESOURCES[name]["Properties"]["AlarmDescription"]


DEPLOY = (ROOT / "docs" / "deploy.md").read_text()
README = (ROOT / "README.md").read_text().split("\n## Deploy\n")[1].split("\n## ")[0]


def test_deploy_page_names_every_parameter_and_output():
    tables = {
        title: re.findall(r"`(\w+)`", first_column(title)) for title in ("Parameters", "Outputs")
    }
    assert set(tables["Parameters"]) == SOURCE["Parameters"].keys()
    assert set(tables["Outputs"]) == SOURCE["Outputs"].keys()
    assert set(re.findall(r"<(\w+)>", DEPLOY + README)) <= SOURCE["Outputs"].keys()


def first_column(title: str) -> str:
    """Return the cells of the first column of a table of docs/deploy.md, one a line."""
    section = DEPLOY.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return "\n".join(re.findall(r"^\| (`.+?) \|", section, re.MULTILINE))


@pytest.mark.parametrize("page", [DEPLOY, README], ids=["docs/deploy.md", "README.md"])
def test_deploy_commands_name_existing_targets_and_stages(page: str):
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"make ([a-z-]+)", page))
    assert targets and targets <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    stages = re.findall(r"--config-env (\w+)", page)
    assert stages and set(stages) <= SAMCONFIG.keys()
    invoked = re.findall(r"--function-name <(\w+)>", page)
    assert {SOURCE["Outputs"][name]["Value"]["Ref"] for name in invoked} == {"OperatorFunction"}


@pytest.mark.parametrize("page", [DEPLOY, README], ids=["docs/deploy.md", "README.md"])
def test_deploy_commands_ask_nothing(page: str):
    """Guided mode ends with "Security Constraints Not Satisfied" by its own default answers."""
    assert "--guided" not in page
    commands = re.findall(r"^sam deploy .*", page, re.MULTILINE)
    assert commands and all("--region" in command for command in commands)
    for stage in SAMCONFIG.keys() - {"version"}:
        settings = SAMCONFIG[stage]["deploy"]["parameters"]
        assert (settings["confirm_changeset"], settings["resolve_s3"]) == (False, True)
        assert "stack_name" in SAMCONFIG[stage]["global"]["parameters"]


@pytest.mark.parametrize("page", [DEPLOY, README], ids=["docs/deploy.md", "README.md"])
def test_docs_name_the_lambda_quota_to_request(page: str):
    assert "L-B99A9384" in page
    assert re.search(r"Request (at least )?1,000", page)


def test_reserved_executions_of_the_docs_fit_the_quota():
    """AWS keeps 100 executions unreserved and refuses a deployment that would leave fewer."""
    values = dict(re.findall(r"`(\w+Concurrency)=(\d+)`", DEPLOY))
    reserved = sum(
        int(values[body["Properties"]["ReservedConcurrentExecutions"]["Fn::If"][1]["Ref"]])
        for body in SOURCE["Resources"].values()
        if body["Type"] == "AWS::Serverless::Function"
    )
    assert f"They reserve {reserved}" in DEPLOY
    assert reserved <= 1_000 - 100


@pytest.mark.parametrize("page", [DEPLOY, README], ids=["docs/deploy.md", "README.md"])
def test_operator_accepts_the_payloads_of_the_docs(page: str):
    payloads = re.findall(r"--payload '(.+)'", page)
    sent = [parse(operator._REQUEST, json.loads(payload)).action for payload in payloads]
    assert sent == ["create_organisation", "create_key"]


def test_operator_has_the_actions_that_the_docs_name():
    actions = {
        get_args(model.model_fields["action"].annotation)[0]: model
        for model in operator.Action.__subclasses__()
    }
    named = re.findall(r"`(\w+)`\s\(((?:`\w+`(?:,\s)?)+)\)", DEPLOY)
    assert len(named) >= 4
    for action, fields in named:
        assert set(re.findall(r"\w+", fields)) <= actions[action].model_fields.keys()


@pytest.mark.parametrize("stage", [name for name in SAMCONFIG if name != "version"])
def test_stage_sets_existing_parameters_to_allowed_values(stage: str):
    for override in SAMCONFIG[stage]["deploy"]["parameters"].get("parameter_overrides", []):
        name, value = override.split("=", 1)
        parameter = SOURCE["Parameters"][name]
        assert value in map(str, parameter.get("AllowedValues", [value]))
        assert (
            parameter.get("MinValue", 0) <= float(value) if parameter["Type"] == "Number" else value
        )


@pytest.mark.parametrize("stage", [name for name in SAMCONFIG if name != "version"])
def test_stage_deploys_on_a_fresh_account_and_asks_nothing(stage: str):
    """A new account may run 10 functions concurrently; reserving any of them fails."""
    parameters = SAMCONFIG[stage]["deploy"]["parameters"]
    assert parameters["confirm_changeset"] is False
    given = dict(each.split("=", 1) for each in parameters.get("parameter_overrides", []))
    for name in ("CustomerConcurrency", "AdminConcurrency"):
        assert int(given.get(name, SOURCE["Parameters"][name]["Default"])) == 0


@pytest.mark.slow
@pytest.mark.parametrize("changed", ["CouponflowLayer", "RedeemFunction"])
def test_new_code_creates_a_new_version_for_the_alias(
    document: Document, changed: str, tmp_path: Path
):
    """SAM by itself compares only the function's own code, but ours is in the layer."""
    properties = RESOURCES[changed]["Properties"]
    folder = properties.get("ContentUri") or properties["CodeUri"]
    other = tmp_path / "template.yaml"
    other.write_text(
        re.sub(rf"(Uri: {folder})$", r"\1-changed", TEMPLATE.read_text(), flags=re.MULTILINE)
    )

    after = alias_version(tools.transformed(other))

    assert alias_version(tools.transformed()) == alias_version(document)
    assert after != alias_version(document)


def alias_version(document: Document) -> str:
    """Logical id of the version that the redeem function's alias targets; unique per version."""
    version: str = document["Resources"]["RedeemFunctionAliaslive"]["Properties"][
        "FunctionVersion"
    ]["Fn::GetAtt"][0]
    return version


def test_stream_mapping_keeps_the_order_and_names_the_shard():
    """Statistics are exact only with both; docs/statistics.md says why."""
    stream = RESOURCES["EventsFunction"]["Properties"]["Events"]["Stream"]["Properties"]
    assert stream["ParallelizationFactor"] == 1
    assert stream["TumblingWindowInSeconds"] > 0
    assert stream["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
