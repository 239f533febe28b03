"""docs/testing.md names a contract test for each item of the feature document, and each of them
exists.
"""

from __future__ import annotations

import re

from tools.paths import ROOT

SECTION = (
    (ROOT / "docs" / "testing.md")
    .read_text()
    .partition("## Feature document, side by side")[2]
    .partition("\n## ")[0]
)
ROWS = re.findall(r"^\| (.+) \| `(test_\w+\.py)::(test_\w+)` \|$", SECTION, re.MULTILINE)
# Fields, settings, outcomes and record columns, by the words of the feature document.
ITEMS = (
    "Code", "Name", "Active Period", "Overall Redemption Limit", "Per-customer Redemption Limit",
    "Active",
    "Code on Page", "Redeem Button", "Button Label", "Copy Code Button", "Page Background",
    "Brand Icon", "Campaign Image",
    "Terms and Conditions", "Coupon Selection", "Message Content", "Button Title", "Image URL",
    "Coupon Expired",
    "Customer Max Uses Reached", "Coupon Max Uses Reached", "Error", "Redemption ID", "Customer ID",
    "Inbox ID", "Status",
    "Redeemed At",
)  # fmt: skip


def test_every_item_has_a_row():
    named = {re.split(r": |, ", item)[1] for item, *_ in ROWS}
    assert [item for item in ITEMS if item not in named] == []


def test_every_named_test_exists():
    folder = ROOT / "tests" / "contract"
    assert len(ROWS) >= 40
    assert [
        test for _, file, test in ROWS if f"\ndef {test}(" not in (folder / file).read_text()
    ] == []
