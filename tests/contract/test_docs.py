"""Documents are true: generated pages are current, links lead somewhere, ids are defined."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from couponflow.domain import channel_limits, customer_ids
from couponflow.web.http import request
from couponflow.web.openapi.document import document
from tools import api_docs
from tools.paths import ROOT

PAGES = sorted(
    path for pattern in ("*.md", "docs/**/*.md", "bench/*.md") for path in ROOT.glob(pattern)
)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
GOAL = re.compile(r"\b[PRU][0-9]{1,2}[bc]?\b")
PAGE = re.compile(r"\bdocs/[\w/-]+\.md\b")
DEFINED_IN = {"P": "docs/benchmarks.md", "R": "docs/testing.md", "U": "docs/testing.md"}
PROGRAMS = {".py", ".js", ".css", ".yaml"}
VENDORED = {"vendor", "node_modules"}
CODE = ("bench", "functions", "layers", "local", "simulator", "tests", "tools")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_api_page_is_current():
    assert api_docs.PAGE.read_text() == api_docs.render(), "`make docs` writes it"


def test_bounds_of_the_api_page_are_those_of_the_code():
    """Each row of the table "Bounds" names the figures that requests are checked against."""
    coupon = request_fields("post", "/v1/coupons")
    page = request_fields("put", "/v1/coupons/{coupon_id}/redeem-page")
    image = request_fields("post", "/v1/images")
    button = page["redeem_button"]["properties"]
    figures = {
        "`name`": (coupon["name"]["minLength"], coupon["name"]["maxLength"]),
        "`code`": tuple(map(int, re.findall(r"\d+(?=[,}])", or_null(coupon["code"])["pattern"]))),
        "`max_redemptions`": bounds(or_null(coupon["max_redemptions"])),
        "`max_redemptions_per_customer`": bounds(or_null(coupon["max_redemptions_per_customer"])),
        "`customer_id`, `inbox_id`": (customer_ids.LONGEST_ID,),
        "`message`": (channel_limits.LONGEST_MESSAGE,),
        "button labels": (or_null(button["label"])["maxLength"],),
        "terms and conditions": (page["terms"]["maxLength"],),
        "URLs": (or_null(button["url"])["maxLength"],),
        "images": (image["size"]["maximum"] // 2**20,),
        "request body": (request.LARGEST_BODY // 1024,),
    }
    section = api_docs.INTRODUCTION.read_text().split("\n## Bounds\n")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| (.+?) \| (.+) \|$", section, re.MULTILINE)[1:])
    rows.pop("---", None)
    assert rows.keys() == figures.keys()
    for what, expected in figures.items():
        stated = [int(each.replace(",", "")) for each in re.findall(r"\d[\d,]*", rows[what])]
        assert tuple(stated[: len(expected)]) == expected, what


def test_introduction_describes_the_errors_that_routes_leave_out():
    left_out = {code for status, code in documented_errors() if status in api_docs.COMMON_STATUSES}
    section = api_docs.INTRODUCTION.read_text().split("\n## Errors\n")[1].split("\n## ")[0]
    assert (
        set(re.findall(r"^\| \d+ \| `(\w+)`", section, re.MULTILINE)) == left_out | api_docs.COMMON
    )


def documented_errors() -> set[tuple[str, str]]:
    """Return (status, code) of every error in the OpenAPI document."""
    return {
        (status, code)
        for methods in document()["paths"].values()
        for operation in methods.values()
        for status, response in operation["responses"].items()
        for content in response.get("content", {}).values()
        for code in content["schema"].get("properties", {}).get("code", {}).get("enum", [])
        if int(status) >= 400
    }


def request_fields(method: str, path: str) -> dict[str, Any]:
    """Return the schema of each field of a route's JSON body."""
    body = document()["paths"][path][method]["requestBody"]["content"]["application/json"]
    fields: dict[str, Any] = body["schema"]["properties"]
    return fields


def or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a nullable field without null."""
    [kind] = [each for each in schema["anyOf"] if each != {"type": "null"}]
    return dict(kind)


def bounds(schema: dict[str, Any]) -> tuple[int, int]:
    return schema["minimum"], schema["maximum"]


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_relative_links_lead_to_files_and_headings(path: Path):
    broken = [link for link in LINK.findall(path.read_text()) if not is_reachable(path, link)]
    assert not broken


def is_reachable(page: Path, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return True
    target, _, anchor = link.partition("#")
    file = page.parent / target if target else page
    if not file.exists():
        return False
    return not anchor or anchor in anchors(file.read_text())


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_broken_link_is_noticed(tmp_path: Path):
    page = tmp_path / "a.md"
    page.write_text("# One heading\n")
    assert is_reachable(page, "#one-heading")
    assert not is_reachable(page, "#other")
    assert not is_reachable(page, "missing.md")


def test_index_lists_every_page():
    index = (ROOT / "docs" / "README.md").read_text()
    pages = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert pages - {"README.md", "api_introduction.md"} <= set(
        re.findall(r"\((\w[\w-]*\.md)", index)
    )


def test_pages_that_code_names_exist():
    named = {page for folder in CODE for page in matches_below(ROOT / folder, PAGE)}
    assert "docs/rate-limits.md" in named
    assert not [page for page in named if not (ROOT / page).is_file()]


def test_every_goal_id_in_code_is_defined():
    undefined = {
        each for folder in CODE for each in matches_below(ROOT / folder, GOAL)
    } - defined_ids()
    assert not undefined


def matches_below(folder: Path, pattern: re.Pattern[str]) -> set[str]:
    """Return what matches a pattern in a folder's programs."""
    return {
        each
        for path in folder.rglob("*.*")
        if path.suffix in PROGRAMS and not VENDORED & set(path.parts) and path != Path(__file__)
        for each in pattern.findall(path.read_text())
    }


def defined_ids() -> set[str]:
    """Return the ids that begin a table row of the page that defines their kind."""
    return {
        each
        for kind, page in DEFINED_IN.items()
        for each in re.findall(
            rf"^\| ({kind}[0-9]+[bc]?) \|", (ROOT / page).read_text(), re.MULTILINE
        )
    }


def test_testing_page_names_existing_tests():
    page = (ROOT / "docs" / "testing.md").read_text()
    for path, test in re.findall(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`", page):
        assert (ROOT / path).is_file(), path
        assert f"def {test}" in (ROOT / path).read_text(), f"{path}::{test}"


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120


CHANGES = (
    (ROOT / "docs" / "architecture.md")
    .read_text()
    .partition("## To add a …")[2]
    .partition("\n## ")[0]
)
LAYER = ROOT / "layers" / "couponflow" / "couponflow"
TOP_FOLDERS = ("docs/", "events/", "functions/", "layers/", "tests/", "template.yaml")


def changed_paths(row: str) -> list[str]:
    """The paths of one row of the table of changes; names of classes are no paths."""
    return [name for name in re.findall(r"`([^`]+)`", row) if "/" in name or "." in name]


def test_table_of_changes_has_twelve_rows_with_paths():
    rows = [line for line in CHANGES.splitlines() if line.startswith(("| a ", "| an "))]
    assert len(rows) == 12
    assert all(changed_paths(row) for row in rows)


@pytest.mark.parametrize(
    "name", sorted(set(changed_paths(CHANGES)) - {"layers/couponflow/couponflow/"})
)
def test_path_in_the_table_of_changes_exists(name: str):
    assert (ROOT / name if name.startswith(TOP_FOLDERS) else LAYER / name).exists()
