"""Input of the admin API, field by field."""

from datetime import UTC, datetime
from typing import Any

import pytest

from couponflow.domain.errors import ValidationFailed
from couponflow.domain.opening_hours import OpeningWindow, Weekday
from couponflow.domain.own_end import ValidFor
from couponflow.domain.use_periods import PeriodLimit, PeriodUnit
from couponflow.web.admin import coupon_schemas, flow_block_schemas, redeem_page_schemas
from couponflow.web.http import validation

COUPON = {"name": "Ten off", "starts_at": "2026-01-01", "ends_at": "2026-12-31"}
WINDOW = {"days": ["mon"], "from": "11:00", "until": "14:30"}


def wrong_fields(schema, value, **context) -> list[str]:
    with pytest.raises(ValidationFailed) as refused:
        validation.parse(schema, value, **context)
    errors = refused.value.members["errors"]
    assert isinstance(errors, list)
    assert all(set(error) == {"field", "message"} and error["message"] for error in errors)
    return [error["field"] for error in errors]


def test_coupon_requires_name_and_period_and_defaults_the_rest():
    coupon = validation.parse(coupon_schemas.CouponIn, COUPON)
    assert (coupon.code, coupon.timezone, coupon.active) == (None, "UTC", True)
    assert (coupon.max_redemptions, coupon.max_redemptions_per_customer) == (None, None)
    assert coupon.starts_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert coupon.ends_at == datetime(2027, 1, 1, tzinfo=UTC)
    assert wrong_fields(coupon_schemas.CouponIn, {}) == ["name", "starts_at", "ends_at"]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", [None, "", "  ", "x" * 101, 7, ["x"], True]),
        ("code", ["", "ab", "x" * 41, "a b", "äöü", 123, ["abc"]]),
        ("timezone", [None, "", "Mars/Base", "utc+1", 1]),
        ("starts_at", [None, "", "soon", "2026-02-30", 1767225600, True, ["2026-01-01"], {}]),
        ("ends_at", [None, "", "soon", "2026-02-30", 1767225600, "9999-12-31"]),
        ("max_redemptions", [0, -1, 1_000_000_001, 1.5, 1.0, "3", True, [1], 10**30]),
        ("max_redemptions_per_customer", [0, -1, 101, 1.5, "1", True, []]),
        ("active", [None, "true", 1, 0, "no", []]),
        ("colour", ["red"]),
        ("version", [1]),
        ("hours", ["always", {}, [], [WINDOW] * 15]),
        ("valid_for", [7, "7 days", [], {}, {"hours": 1, "days": 1}]),
        ("period_limit", [1, "day", []]),
    ],
)
def test_invalid_value_is_reported_by_its_field(field, values):
    for value in values:
        assert wrong_fields(coupon_schemas.CouponIn, COUPON | {field: value}) == [field], value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hours.0.days", [WINDOW | {"days": []}]),
        ("hours.0.days", [WINDOW | {"days": ["mon", "tue", "mon"]}]),
        ("hours.0.days.0", [WINDOW | {"days": ["monday"]}]),
        ("hours.1.days.0", [WINDOW, WINDOW | {"days": ["MON"]}]),
        ("hours.0.from", [WINDOW | {"from": "11:10"}]),
        ("hours.0.from", [WINDOW | {"from": "24:00"}]),
        ("hours.0.from", [WINDOW | {"from": "9:00"}]),
        ("hours.0.from", [WINDOW | {"from": 11}]),
        ("hours.0.until", [WINDOW | {"until": "24:15"}]),
        ("hours.0.until", [WINDOW | {"until": "14:30\n"}]),
        ("hours.0.until", [WINDOW | {"until": WINDOW["from"]}]),
        ("hours.0.until", [{"days": ["mon"], "from": "11:00"}]),
        ("hours.0.to", [WINDOW | {"to": "12:00"}]),
        ("valid_for.hours", {"hours": 0}),
        ("valid_for.hours", {"hours": 8_761}),
        ("valid_for.hours", {"hours": None}),
        ("valid_for.days", {"days": -1}),
        ("valid_for.days", {"days": 366}),
        ("valid_for.days", {"days": 1.5}),
        ("valid_for.weeks", {"weeks": 1}),
        ("period_limit.uses", {"uses": 0, "per": "day"}),
        ("period_limit.uses", {"uses": 101, "per": "day"}),
        ("period_limit.uses", {"per": "day"}),
        ("period_limit.per", {"uses": 1, "per": "year"}),
        ("period_limit.per", {"uses": 1}),
    ],
)
def test_invalid_part_of_a_rule_is_reported_by_its_path(field, value):
    for schema, body in ((coupon_schemas.CouponIn, COUPON), (coupon_schemas.CouponChange, {})):
        assert wrong_fields(schema, body | {field.partition(".")[0]: value}) == [field]


def test_rules_with_parts_become_values_of_the_domain():
    night = {"days": ["fri", "sat"], "from": "22:00", "until": "24:00"}
    rules = {
        "hours": [WINDOW, night],
        "valid_for": {"days": 0},
        "period_limit": {"uses": 1, "per": "month"},
    }
    read = {
        "hours": (
            OpeningWindow((Weekday.MON,), "11:00", "14:30"),
            OpeningWindow((Weekday.FRI, Weekday.SAT), "22:00", "24:00"),
        ),
        "valid_for": ValidFor(days=0),
        "period_limit": PeriodLimit(1, PeriodUnit.MONTH),
    }
    coupon = validation.parse(coupon_schemas.CouponIn, COUPON | rules)
    assert {name: getattr(coupon, name) for name in read} == read
    change = validation.parse(coupon_schemas.CouponChange, rules)
    assert change.changes() == read
    removed = dict.fromkeys(rules)
    assert validation.parse(coupon_schemas.CouponChange, removed).changes() == removed


@pytest.mark.parametrize("body", [None, [], "x", 7, [COUPON]])
def test_body_other_than_an_object_is_refused(body):
    assert wrong_fields(coupon_schemas.CouponIn, body) == ["body"]


def test_all_invalid_fields_are_reported_together():
    assert wrong_fields(coupon_schemas.CouponIn, {"name": "", "ends_at": 1, "x": 1}) == [
        "name",
        "starts_at",
        "ends_at",
        "x",
    ]


def test_names_are_trimmed_and_bounds_are_inclusive():
    bodies: list[dict[str, Any]] = [
        {"name": " x " + "y" * 98 + " ", "code": "abc"},
        {
            "name": "x",
            "code": "x" * 40,
            "max_redemptions": 1_000_000_000,
            "max_redemptions_per_customer": 100,
        },
        {"max_redemptions": 1, "max_redemptions_per_customer": 1},
    ]
    for body in bodies:
        assert (
            validation.parse(coupon_schemas.CouponIn, COUPON | body).name
            == body.get("name", "Ten off").strip()
        )


def test_date_is_read_in_the_bodys_zone_in_any_field_order():
    body = {
        "starts_at": "2026-01-01",
        "name": "x",
        "ends_at": "2026-01-01",
        "timezone": "Asia/Tokyo",
    }
    coupon = validation.parse(coupon_schemas.CouponIn, body)
    assert coupon.starts_at == datetime(2025, 12, 31, 15, tzinfo=UTC)
    assert coupon.ends_at == datetime(2026, 1, 1, 15, tzinfo=UTC)


def test_change_reads_dates_in_its_own_or_the_coupons_zone():
    tokyo = validation.parse(
        coupon_schemas.CouponChange, {"ends_at": "2026-01-01"}, timezone="Asia/Tokyo"
    )
    berlin = validation.parse(
        coupon_schemas.CouponChange,
        {"ends_at": "2026-01-01", "timezone": "Europe/Berlin"},
        timezone="Asia/Tokyo",
    )
    assert tokyo.ends_at == datetime(2026, 1, 1, 15, tzinfo=UTC)
    assert berlin.ends_at == datetime(2026, 1, 1, 23, tzinfo=UTC)


def test_change_has_only_the_fields_sent_and_null_clears_a_limit():
    change = validation.parse(coupon_schemas.CouponChange, {"version": 3, "max_redemptions": None})
    assert change.changes() == {"max_redemptions": None}
    assert validation.parse(coupon_schemas.CouponChange, {}).changes() == {}


@pytest.mark.parametrize("field", ["name", "starts_at", "ends_at", "timezone", "active"])
def test_change_cannot_clear_a_field_other_than_limits(field):
    assert wrong_fields(coupon_schemas.CouponChange, {field: None}) == [field]


def test_code_cannot_be_changed():
    assert wrong_fields(coupon_schemas.CouponChange, {"code": "OTHER"}) == ["code"]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("code_display", ["barcode128", None, 1]),
        (
            "redeem_button",
            [
                None,
                "redeem",
                {"behavior": "open"},
                {"behavior": "open_url"},
                {"label": ""},
                {"label": "x" * 41},
            ],
        ),
        (
            "redeem_button",
            [
                {"url": "http://x.example"},
                {"url": "javascript:alert(1)"},
                {"url": "https://"},
                {"extra": 1},
            ],
        ),
        (
            "redeem_button",
            [
                {"url": "https://x.example/" + "x" * 2_000},
                {"url": 'https://x.example/"x'},
                {"url": "https://a b"},
            ],
        ),
        ("copy_code_button", [None, "yes", 1]),
        ("background_color", ["red", "#fff", "#12345g", "#1234567", "#123456\n", None, "url(x)"]),
        ("brand_icon", ["", "../x", "A" * 13, 7]),
        ("campaign_image", ["short", "x" * 14]),
        ("terms", ["x" * 10_001, None, 1]),
        ("locale", ["", "e", "en_US", "x" * 36, "en-", 1]),
        ("theme", ["dark"]),
    ],
)
def test_invalid_page_setting_is_reported_by_its_field(field, values):
    for value in values:
        named = wrong_fields(redeem_page_schemas.RedeemPageIn, {field: value})
        assert {name.partition(".")[0] for name in named} == {field}, value


def test_page_has_defaults_and_accepts_every_setting():
    assert validation.parse(redeem_page_schemas.RedeemPageIn, {}).redeem_button.behavior == "redeem"
    page = validation.parse(
        redeem_page_schemas.RedeemPageIn,
        {
            "code_display": "qr",
            "redeem_button": {
                "behavior": "open_url",
                "label": "x" * 40,
                "url": "https://shop.example/?a=1&b=ü#x",
            },
            "copy_code_button": False,
            "background_color": "#FfEe00",
            "terms": "x" * 10_000,
            "locale": "zh-Hant-TW",
        },
    )
    assert page.background_color == "#ffee00"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"status": "used"}, "status"),
    ]
    + [
        ({"customer_id": "null"}, "customer_id"),
        ({"customer_id": "x" * 201}, "customer_id"),
        ({"from": "soon"}, "from"),
    ]
    + [({"to": "2026-13-01"}, "to")],
)
def test_invalid_query_parameter_is_refused(query, field):
    with pytest.raises(ValidationFailed) as refused:
        validation.parse(coupon_schemas.RecordListing, query, lax=True)
    assert [error["field"] for error in refused.value.members["errors"]] == [field]  # type: ignore[attr-defined]


def test_record_list_reads_days_in_the_coupons_zone():
    listing = validation.parse(
        coupon_schemas.RecordListing,
        {"from": "2026-01-01", "to": "2026-01-01", "limit": "100"},
        lax=True,
        timezone="Asia/Tokyo",
    )
    assert listing.from_ == datetime(2025, 12, 31, 15, tzinfo=UTC)
    assert listing.to == datetime(2026, 1, 1, 15, tzinfo=UTC)
    assert listing.limit == 100


def test_empty_query_parameters_are_ignored():
    assert validation.non_empty({"q": "", "status": "active"}) == {"status": "active"}


IMAGE = f"/images/{'a' * 64}"
HERE = "http://127.0.0.1:3000"


@pytest.mark.parametrize(
    "image", [f"{HERE}{IMAGE}.webp", f"{HERE}{IMAGE}.jpg", "https://shop.example/a.png"]
)
def test_block_accepts_own_image_or_https_url(image):
    assert (
        validation.parse(
            flow_block_schemas.BlockIn, {"coupon_id": "c", "image_url": image}, base_url=HERE
        ).image_url
        == image
    )


@pytest.mark.parametrize(
    ("image", "base_url"),
    [
        (f"{HERE}{IMAGE}.webp", "https://coupons.example"),
        (f"{HERE}{IMAGE}.gif", HERE),
        (f"{HERE}{IMAGE}.webp?x", HERE),
        (f"{HERE}/r/token", HERE),
        (f"{HERE}.example{IMAGE}.webp", HERE),
        (f"http://127x0.0.1:3000{IMAGE}.webp", HERE),
    ],
)
def test_block_refuses_http_urls_except_of_own_images(image, base_url):
    assert wrong_fields(
        flow_block_schemas.BlockIn, {"coupon_id": "c", "image_url": image}, base_url=base_url
    ) == ["image_url"]
