"""Coupons: created with every contract field, read, changed by version, archived."""

import re
from typing import Any

import pytest

from tests.integration.conftest import Stored
from tests.support.api import Api

WHOLE = {
    "code": "Save-20_x",
    "name": "Save twenty",
    "starts_at": "2026-03-01",
    "ends_at": "2026-03-29",
    "timezone": "Europe/Berlin",
    "max_redemptions": 1_000_000_000,
    "max_redemptions_per_customer": 100,
    "active": False,
    "hours": [
        {"days": ["mon", "fri"], "from": "11:00", "until": "14:30"},
        {"days": ["sat"], "from": "22:15", "until": "02:00"},
    ],
    "valid_for": {"days": 7},
    "period_limit": {"uses": 2, "per": "week"},
}
ALL_DAY = [{"days": ["sun"], "from": "00:00", "until": "24:00"}]


def path(coupon: dict[str, Any]) -> str:
    return f"/v1/coupons/{coupon['coupon_id']}"


def test_coupon_has_every_contract_field(api: Api):
    coupon = api.coupon(**WHOLE)
    made, changed = coupon.pop("created_at"), coupon.pop("updated_at")
    assert made == changed
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", made)
    assert re.fullmatch(r"[0-9a-z]{13}", coupon.pop("coupon_id"))
    assert coupon == WHOLE | {
        "starts_at": "2026-02-28T23:00:00.000Z",
        "ends_at": "2026-03-29T22:00:00.000Z",
        "status": "disabled",
        "times_distributed": 0,
        "times_redeemed": 0,
        "remaining": 1_000_000_000,
        "version": 1,
    }


def test_coupon_with_required_fields_only_gets_a_code(api: Api):
    coupon = api.coupon()
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{10}", coupon["code"])
    assert (
        coupon["max_redemptions"],
        coupon["max_redemptions_per_customer"],
        coupon["remaining"],
    ) == (None, None, None)
    assert [coupon[rule] for rule in ("hours", "valid_for", "period_limit")] == [None] * 3
    assert (coupon["timezone"], coupon["active"], coupon["status"]) == ("UTC", True, "active")
    assert api.coupon(code=None)["code"] != coupon["code"]


def test_every_coupon_response_has_the_version_as_etag(api: Api):
    body = {"name": "x", "starts_at": "2026-01-01", "ends_at": "2026-12-31"}
    created = api.call("POST", "/v1/coupons", body)
    assert (created.status_code, created.headers["etag"]) == (201, '"1"')
    read = api.call("GET", path(created.json()))
    assert (read.status_code, read.headers["etag"], read.json()) == (200, '"1"', created.json())


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("name", " Other ", "Other"),
        ("starts_at", "2026-02-01", "2026-01-31T23:00:00.000Z"),
        ("ends_at", "2026-12-31T12:00", "2026-12-31T11:00:00.000Z"),
        ("max_redemptions", 7, 7),
        ("max_redemptions_per_customer", 3, 3),
        ("max_redemptions_per_customer", None, None),
        ("active", True, True),
        *(("hours", hours, hours) for hours in (ALL_DAY, None)),
        *(("valid_for", valid, valid) for valid in ({"hours": 1}, {"days": 0}, None)),
        *(("period_limit", limit, limit) for limit in ({"uses": 100, "per": "day"}, None)),
    ],
)
def test_each_field_can_be_changed_alone_by_version(api: Api, field, value, read):
    before = api.coupon(**WHOLE | {"max_redemptions": 5})
    after = api.patch(before, **{field: value}).json()
    moved = {"version", "updated_at", "status", "remaining"}
    assert after[field] == read
    assert after == api.read(before)
    assert {name for name in after if after[name] != before[name]} - moved == {field}
    assert after["version"] == before["version"] + 1
    assert after["updated_at"] > before["updated_at"] == after["created_at"]


@pytest.mark.parametrize(
    ("changes", "starts_at", "ends_at"),
    [
        ({}, "2026-02-28T15:00:00.000Z", "2026-03-29T15:00:00.000Z"),
        ({"starts_at": "2026-03-02"}, "2026-03-01T15:00:00.000Z", "2026-03-29T15:00:00.000Z"),
        ({"ends_at": "2026-03-30T00:00Z"}, "2026-02-28T15:00:00.000Z", "2026-03-30T00:00:00.000Z"),
        (
            {"starts_at": "2026-03-02", "ends_at": "2026-03-03"},
            "2026-03-01T15:00:00.000Z",
            "2026-03-03T15:00:00.000Z",
        ),
    ],
    ids=["alone", "with start", "with end", "with both"],
)
def test_change_of_the_time_zone_keeps_local_dates(api: Api, changes, starts_at, ends_at):
    coupon = api.coupon(**WHOLE | {"max_redemptions": 5})
    assert (coupon["starts_at"], coupon["ends_at"]) == (
        "2026-02-28T23:00:00.000Z",
        "2026-03-29T22:00:00.000Z",
    )
    body = {"version": 1, "timezone": "Asia/Tokyo"} | changes
    after = api.call("PATCH", path(coupon), body).json()
    assert (after["timezone"], after["starts_at"], after["ends_at"]) == (
        "Asia/Tokyo",
        starts_at,
        ends_at,
    )
    assert api.call("PATCH", path(coupon), body).json() == after, "repeated, it moves nothing more"
    same = api.patch(coupon, timezone="Asia/Tokyo").json()
    assert (same["starts_at"], same["ends_at"]) == (starts_at, ends_at)


def test_change_of_the_time_zone_there_and_back_changes_no_times(api: Api):
    coupon = api.coupon(**WHOLE | {"max_redemptions": 5, "starts_at": "2026-03-01T09:30"})
    for timezone in ("America/Santiago", "Pacific/Kiritimati", "Europe/Berlin"):
        after = api.patch(coupon, timezone=timezone).json()
    assert {name: after[name] for name in ("timezone", "starts_at", "ends_at")} == {
        name: coupon[name] for name in ("timezone", "starts_at", "ends_at")
    }


def test_time_zone_in_which_the_period_would_not_fit_is_refused(api: Api):
    coupon = api.coupon(ends_at="8999-12-31T23:00Z")
    answer = api.patch(coupon, timezone="America/Los_Angeles")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "ends_at")
    assert api.read(coupon) == coupon


def test_change_accepts_version_or_if_match(api: Api):
    coupon = api.coupon()
    assert api.call("PATCH", path(coupon), {"name": "b", "version": 1}).json()["version"] == 2
    assert (
        api.call("PATCH", path(coupon), {"name": "c"}, **{"if-match": '"2"'}).headers["etag"]
        == '"3"'
    )
    assert (
        api.call("PATCH", path(coupon), {"name": "d"}, **{"if-match": 'W/"3"'}).json()["version"]
        == 4
    )


@pytest.mark.parametrize("headers", [{}, {"if-match": "*"}, {"if-match": "x"}, {"if-match": '""'}])
def test_change_without_a_version_is_refused(api: Api, headers):
    coupon = api.coupon()
    answer = api.call("PATCH", path(coupon), {"name": "b"}, **headers)
    assert (answer.status_code, answer.json()["code"]) == (428, "version_required")
    assert api.read(coupon) == coupon


def test_change_of_an_old_version_gets_the_current_version(api: Api):
    coupon = api.coupon()
    api.change(coupon, name="first")
    for body, headers in [
        ({"version": 1}, {}),
        ({}, {"if-match": '"1"'}),
        ({"version": 3}, {}),
        ({"version": 1}, {"if-match": '"2"'}),
    ]:
        answer = api.call(
            "PATCH", path(coupon), body | {"name": "second", "max_redemptions": 9}, **headers
        )
        assert (answer.status_code, answer.json()["code"], answer.json()["version"]) == (
            412,
            "version_conflict",
            2,
        )
    assert api.read(coupon)["name"] == "first"
    assert api.read(coupon)["max_redemptions"] is None


def test_second_change_of_the_same_version_is_refused(api: Api):
    """The same change again is its repetition: test_repeated_changes.py."""
    for changes in (
        {"name": "x"},
        {"active": False},
        {"max_redemptions": 10},
        {"max_redemptions": 200},
        {"max_redemptions": None},
    ):
        coupon = api.coupon(max_redemptions=100)
        another = {"name": "Another marketer's"}
        answers = [
            api.call("PATCH", path(coupon), {"version": 1} | each) for each in (changes, another)
        ]
        assert [answer.status_code for answer in answers] == [200, 412], changes
        assert api.read(coupon)["name"] != another["name"]


@pytest.mark.parametrize(
    "period",
    [
        {"starts_at": "2027-01-01", "ends_at": "2026-12-31"},
        {"starts_at": "2026-01-01T10:00Z", "ends_at": "2026-01-01T10:00Z"},
    ],
)
def test_period_that_ends_before_its_start_is_refused(api: Api, period):
    answer = api.call("POST", "/v1/coupons", {"name": "x"} | period)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "ends_at")
    coupon = api.coupon(starts_at="2026-01-01", ends_at="2026-12-31")
    assert api.patch(coupon, **period).status_code == 422
    assert api.patch(coupon, ends_at="2025-12-30").json()["errors"][0]["field"] == "ends_at"
    assert api.patch(coupon, starts_at="2027-01-01").status_code == 422
    assert api.read(coupon) == coupon


def test_one_day_coupon_starts_and_ends_on_the_same_date(api: Api):
    coupon = api.coupon(starts_at="2026-05-05", ends_at="2026-05-05", timezone="Asia/Tokyo")
    assert (coupon["starts_at"], coupon["ends_at"]) == (
        "2026-05-04T15:00:00.000Z",
        "2026-05-05T15:00:00.000Z",
    )


def test_archived_coupon_is_readable_but_never_changes(api: Api):
    coupon = api.coupon(max_redemptions=5)
    link = api.link(coupon, "ann")
    api.tap(link)

    answers = [api.call("DELETE", path(coupon)) for _ in range(2)]

    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    kept = api.read(coupon)
    assert (kept["status"], kept["times_redeemed"], kept["code"]) == ("archived", 1, coupon["code"])
    assert [record["customer_id"] for record in api.records(coupon)] == ["ann"]
    for changes in ({"active": True}, {"max_redemptions": 9}):
        refused = api.patch(coupon, **changes)
        assert (refused.status_code, refused.json()["code"]) == (409, "coupon_archived")
    put = api.call("PUT", f"{path(coupon)}/redeem-page", {})
    assert (put.status_code, put.json()["code"]) == (409, "coupon_archived")
    assert api.read(coupon) == kept


def test_second_archiving_writes_nothing(api: Api, stored: Stored):
    coupon = api.coupon(max_redemptions=100)
    api.call("DELETE", path(coupon))
    before = stored()
    api.call("DELETE", path(coupon))
    assert stored() == before
