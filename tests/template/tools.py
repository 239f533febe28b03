"""The template's checkers, each in its own Python environment."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

from local.intrinsics import read_yaml
from local.sam_template import TEMPLATE
from tools.paths import AUDIT, ROOT, SAM

REGION = "us-east-1"
Document = dict[str, Any]


def transformed(template: Path = TEMPLATE) -> Document:
    """The template after SAM's transformation. Raises CalledProcessError if SAM refuses it."""
    script = Path(__file__).with_name("transform.py")
    return dict(
        json.loads(_run([str(SAM / "bin" / "python"), str(script), str(template)], template.parent))
    )


def lint(documents: dict[str, Document], folder: Path) -> dict[str, list[str]]:
    """cfn-lint's findings per document, including warnings, as rule and location."""
    paths = {name: folder / f"{name}.json" for name in documents}
    for name, document in documents.items():
        paths[name].write_text(json.dumps(document))
    found = json.loads(
        _run(
            [
                str(SAM / "bin" / "cfn-lint"),
                "--region",
                REGION,
                "--format",
                "json",
                "--",
                *map(str, paths.values()),
            ],
            folder,
        )
    )
    return {
        name: [
            f"{each['Rule']['Id']} {'/'.join(map(str, each['Location']['Path'] or []))}: "
            f"{each['Message']}"
            for each in found
            if Path(each["Filename"]).stem == name
        ]
        for name in documents
    }


def checkov(documents: dict[str, Document], folder: Path) -> dict[str, set[tuple[str, str]]]:
    """checkov's findings per document as check and resource, including explained ones."""
    for name, document in documents.items():
        bare = {
            **document,
            "Resources": {
                key: _without_metadata(each) for key, each in document["Resources"].items()
            },
        }
        (folder / f"{name}.json").write_text(json.dumps(bare))
    command = [
        str(AUDIT / "bin" / "checkov"),
        "--directory",
        str(folder),
        "--framework",
        "cloudformation",
    ]
    report = json.loads(
        _run([*command, "--skip-download", "--quiet", "--compact", "--output", "json"], folder)
    )
    assert report["summary"]["parsing_errors"] == 0, report["summary"]
    assert report["summary"]["resource_count"] >= sum(
        len(each["Resources"]) for each in documents.values()
    )
    failed = report["results"]["failed_checks"]
    return {
        name: {
            (each["check_id"], each["resource"].split(".")[1])
            for each in failed
            if Path(each["file_path"]).stem == name
        }
        for name in documents
    }


def explained(document: Document) -> set[tuple[str, str]]:
    """Findings with an explanation in the resource's metadata or, for all resources, in
    .checkov.yaml.
    """
    own = {
        (skip["id"], name)
        for name, resource in document["Resources"].items()
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
        if skip["comment"]
    }
    return own | {
        (check, name) for check in explained_everywhere() for name in document["Resources"]
    }


def explained_everywhere() -> list[str]:
    text = (ROOT / ".checkov.yaml").read_text()
    checks: list[str] = yaml.safe_load(text)["skip-check"]
    assert all(re.search(rf"- {check} # \w+", text) for check in checks), "each with its reason"
    return checks


def source() -> Document:
    return read_yaml(TEMPLATE)


def _without_metadata(resource: Document) -> Document:
    return {key: value for key, value in resource.items() if key != "Metadata"}


def _run(command: list[str], folder: Path) -> str:
    environment = {**os.environ, "AWS_DEFAULT_REGION": REGION, "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip(), f"{' '.join(command)}\n{done.stderr}"
    return done.stdout
