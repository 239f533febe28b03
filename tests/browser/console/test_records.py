"""Redemption records: filters, pages, copying, export."""

from __future__ import annotations

import csv

import pytest
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def coupon(bakery):
    made = bakery.coupon(name="Well used", max_redemptions=100, timezone="Asia/Hong_Kong")
    for number in range(60):
        body = {
            "coupon_id": made["coupon_id"],
            "customer_id": f"c-{number:02}",
            "inbox_id": "whatsapp-1",
        }
        bakery.call("POST", "/v1/flow/distribute", body, scope="distribute")
    for number in range(3):
        bakery.call(
            "POST",
            "/v1/redemptions",
            {"coupon_id": made["coupon_id"], "customer_id": f"c-{number:02}"},
            scope="redeem",
        )
    return made


def rows(page):
    return page.locator("tbody tr")


def test_records_show_every_column_and_the_totals(open_console, coupon):
    page = open_console(f"/coupons/{coupon['coupon_id']}/records")
    expect(page.get_by_role("columnheader")).to_have_text(
        ["Redemption ID", "Customer ID", "Inbox ID", "Status", "Redeemed at", "Distributed at"]
    )
    expect(rows(page).filter(has_text="c-02")).to_contain_text("whatsapp-1")
    expect(page.get_by_label("Usage")).to_have_text("Redeemed3Left97Limit100")


def test_filters_are_in_the_url_and_survive_reload_and_back(open_console, coupon):
    page = open_console(f"/coupons/{coupon['coupon_id']}/records")
    page.get_by_role("link", name="Redeemed", exact=True).click()
    expect(rows(page)).to_have_count(3)
    page.get_by_label("Filter by customer ID").fill("c-01")
    expect(rows(page)).to_have_count(1)
    page.reload()
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_label("Filter by customer ID")).to_have_value("c-01")
    page.get_by_label("To", exact=True).fill("2020-01-01")
    expect(page.get_by_role("heading", name="No record fits")).to_be_visible()
    page.get_by_role("button", name="Show all records").click()
    expect(rows(page)).to_have_count(50)


def test_paging_misses_and_repeats_no_record(open_console, coupon):
    page = open_console(f"/coupons/{coupon['coupon_id']}/records")
    expect(rows(page)).to_have_count(50)
    first = rows(page).locator("th code").all_text_contents()
    page.get_by_role("button", name="Older").click()
    expect(rows(page)).to_have_count(10)
    second = rows(page).locator("th code").all_text_contents()
    assert len({*first, *second}) == 60
    page.reload()
    expect(rows(page)).to_have_count(10)
    page.get_by_role("button", name="Newer").click()
    expect(rows(page)).to_have_count(50)


def test_copy_button_copies_the_complete_id(open_console, coupon, bakery):
    record = bakery.call(
        "GET", f"/v1/coupons/{coupon['coupon_id']}/redemptions?customer_id=c-00"
    ).json()["items"][0]
    page = open_console(
        f"/coupons/{coupon['coupon_id']}/records?customer=c-00",
        permissions=["clipboard-read", "clipboard-write"],
    )
    page.get_by_role("button", name=f"Copy redemption ID {record['redemption_id']}").click()
    expect(
        page.get_by_role("button", name=f"Copy redemption ID {record['redemption_id']}")
    ).to_have_attribute("title", "Copied")
    assert page.evaluate("navigator.clipboard.readText()") == record["redemption_id"]


def test_export_has_every_record_and_no_formula(open_console, bakery):
    coupon = bakery.coupon(name="To take along")
    hostile = ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "plain"]
    for customer in hostile:
        bakery.call(
            "POST",
            "/v1/redemptions",
            {"coupon_id": coupon["coupon_id"], "customer_id": customer},
            scope="redeem",
        )
    page = open_console(f"/coupons/{coupon['coupon_id']}/records")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    assert download.value.suggested_filename.startswith(f"redemptions-{coupon['code']}-")
    with open(download.value.path(), newline="", encoding="utf-8-sig") as file:
        found = list(csv.DictReader(file))
    assert {row["customer_id"].removeprefix("'") for row in found} == set(hostile)
    assert not any(
        cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in found for cell in row.values()
    )
