"""Lists of coupons: newest first, searched, and paged without gaps."""

from typing import Any

import pytest

from couponflow.services import coupons
from tests.support.api import Api


def list_all(api: Api, query: str = "") -> list[dict[str, Any]]:
    """All pages of a list."""
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = api.call("GET", f"/v1/coupons?{query}&cursor={cursor}").json()
        items += page["items"]
        cursor = page["next_cursor"] or ""
        if not cursor:
            return items


def test_pages_list_every_coupon_once_newest_first(api: Api):
    names = [f"coupon {n}" for n in range(7)]
    for name in names:
        api.coupon(name=name)

    assert [coupon["name"] for coupon in list_all(api, "limit=3")] == names[::-1]


def test_search_page_that_ends_early_resumes_after_it(api: Api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(coupons, "MOST_PAGES_SEARCHED", 1)
    monkeypatch.setattr(coupons, "SEARCHED_AT_ONCE", 2)
    for name in ("needle 1", "hay", "hay", "needle 2", "hay"):
        api.coupon(name=name)

    assert [coupon["name"] for coupon in list_all(api, "q=needle")] == ["needle 2", "needle 1"]


def test_archived_coupons_are_listed_only_on_request(api: Api):
    kept, ended = api.coupon(name="kept"), api.coupon(name="ended")
    api.call("DELETE", f"/v1/coupons/{ended['coupon_id']}")

    assert [coupon["coupon_id"] for coupon in list_all(api)] == [kept["coupon_id"]]
    assert [coupon["coupon_id"] for coupon in list_all(api, "status=archived")] == [
        ended["coupon_id"]
    ]


def test_search_finds_codes_in_every_spelling(api: Api):
    api.coupon(code="SAVE-20")
    api.coupon(code="OTHER")

    assert [coupon["code"] for coupon in list_all(api, "q=save20")] == ["SAVE-20"]
