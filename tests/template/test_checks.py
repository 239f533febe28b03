"""cfn-lint and checkov on the transformed template, with a control for each."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.template import tools
from tests.template.tools import Document

# SAM replaces the parameter by its value.
FILLED_IN_BY_SAM = "W2001 Parameters/TrafficShift"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def linted(document: Document, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Findings for the template and for a broken one, from one run: cfn-lint starts slowly."""
    broken = copy.deepcopy(document)
    statement = _policy(broken, "RedeemRole")["Statement"][1]
    statement["Resource"] = {"Fn::GetAtt": ["Tabel", "Arn"]}
    return tools.lint({"whole": document, "broken": broken}, tmp_path_factory.mktemp("lint"))


def test_cfn_lint_has_no_finding(linted: dict[str, list[str]]):
    assert [each for each in linted["whole"] if not each.startswith(FILLED_IN_BY_SAM)] == []


def test_control_cfn_lint_finds_a_dangling_reference(linted: dict[str, list[str]]):
    assert any(found.startswith("E1010") and "Tabel" in found for found in linted["broken"])


@pytest.fixture(scope="module")
def findings(
    document: Document, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, set[tuple[str, str]]]:
    """Findings for the template and its mutants, from one run because checkov starts slowly."""
    documents = {name: copy.deepcopy(document) for name in ("whole", *MUTANTS)}
    for name, mutate in MUTANTS.items():
        mutate(documents[name])
    return tools.checkov(documents, tmp_path_factory.mktemp("checkov"))


def test_every_checkov_finding_has_an_explanation(
    document: Document, findings: dict[str, set[tuple[str, str]]]
):
    assert findings["whole"] - tools.explained(document) == set()


def test_every_explanation_has_its_finding(
    document: Document, findings: dict[str, set[tuple[str, str]]]
):
    found_ids = {check for check, _ in findings["whole"]}
    assert set(tools.explained_everywhere()) <= found_ids
    everywhere = {
        (check, name) for check in tools.explained_everywhere() for name in document["Resources"]
    }
    assert tools.explained(document) - everywhere <= findings["whole"]


def _public_bucket(document: Document) -> None:
    document["Resources"]["ImagesBucket"]["Properties"]["PublicAccessBlockConfiguration"][
        "BlockPublicPolicy"
    ] = False


def _no_recovery(document: Document) -> None:
    del document["Resources"]["Table"]["Properties"]["PointInTimeRecoverySpecification"]


def _plain_http(document: Document) -> None:
    config = document["Resources"]["Cdn"]["Properties"]["DistributionConfig"]
    config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] = "allow-all"


MUTANTS = {"public_bucket": _public_bucket, "no_recovery": _no_recovery, "plain_http": _plain_http}


@pytest.mark.parametrize(
    ("mutant", "finding"),
    [
        ("public_bucket", ("CKV_AWS_54", "ImagesBucket")),
        ("no_recovery", ("CKV_AWS_28", "Table")),
        ("plain_http", ("CKV_AWS_34", "Cdn")),
    ],
)
def test_control_checkov_finds_the_fault(
    mutant: str,
    finding: tuple[str, str],
    findings: dict[str, set[tuple[str, str]]],
    document: Document,
):
    assert finding in findings[mutant] - tools.explained(document)


def _policy(document: Document, role: str) -> dict[str, Any]:
    policy: dict[str, Any] = document["Resources"][role]["Properties"]["Policies"][0][
        "PolicyDocument"
    ]
    return policy
