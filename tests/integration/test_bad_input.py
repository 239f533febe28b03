"""Bad input is refused with the contract's errors, and nothing is written."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.api import Api

COUPON: dict[str, Any] = {"name": "x", "starts_at": "2026-01-01", "ends_at": "2026-12-31"}
MISSING = object()

WRONG_VALUES: dict[str, list[Any]] = {
    "name": [
        MISSING,
        None,
        "",
        " ",
        "x" * 101,
        7,
        ["x"],
        {},
        "\u200b\u200b",
        "\u202e\u2066",
        "\x00",
    ],
    "starts_at": [MISSING, None, "", "soon", "2026-02-30", 20260101, "2027-01-01T00:00:01Z", True],
    "ends_at": [
        MISSING,
        None,
        "",
        "2026-13-01",
        "2025-12-30",
        "9999-01-01",
        [],
        "2026-01-01T00:00Z",
    ],
    "code": ["", "ab", "x" * 41, "a b", "ünï", 123, ["ABC"], "---"],
    "timezone": [None, "", "Mars/Base", "CET-1", 1, "Europe/" + "x" * 99],
    "max_redemptions": [0, -1, 1_000_000_001, 1.5, "5", True, [], 10**40],
    "max_redemptions_per_customer": [0, -1, 101, 1.5, "1", False, {}],
    "active": [None, "yes", 1, 0, []],
    "color": ["red"],
    "coupon_id": ["mine"],
    "__proto__": [{}],
}


def body_with(base: dict[str, Any], field: str, value: Any) -> dict[str, Any]:
    return {name: each for name, each in (base | {field: value}).items() if each is not MISSING}


@pytest.fixture
def unchanged(stored: Callable[[], list[Any]], api: Api) -> Iterator[None]:
    """Assert that the test writes nothing."""
    before = stored()
    yield
    assert stored() == before


def check(answer: Any, status: int, code: str, field: str | None = None) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code), (
        problem
    )
    assert problem["detail"]
    if field is not None:
        assert [error["field"].partition(".")[0] for error in problem["errors"]] == [field], problem


@pytest.mark.parametrize("field", WRONG_VALUES)
def test_coupon_with_an_invalid_field_is_not_created(api: Api, unchanged, field):
    for value in WRONG_VALUES[field]:
        answer = api.call("POST", "/v1/coupons", body_with(COUPON, field, value))
        # A start after the end is reported at `ends_at`.
        named = (
            "ends_at"
            if field == "starts_at" and isinstance(value, str) and value.startswith("2027")
            else field
        )
        check(answer, 422, "validation_failed", named)


@pytest.fixture
def coupon(api: Api) -> dict[str, Any]:
    return api.coupon(**COUPON, max_redemptions=100)


@pytest.fixture
def unchanged_coupon(coupon: dict[str, Any], stored: Callable[[], list[Any]]) -> Iterator[None]:
    """Assert that the test writes nothing after the coupon exists."""
    before = stored()
    yield
    assert stored() == before


@pytest.mark.parametrize("field", WRONG_VALUES)
def test_coupon_change_with_an_invalid_field_is_refused(api: Api, coupon, unchanged_coupon, field):
    for value in WRONG_VALUES[field]:
        if value is not MISSING:
            body = {"version": 1, "name": "other", field: value}
            answer = api.call("PATCH", f"/v1/coupons/{coupon['coupon_id']}", body)
            named = (
                "ends_at"
                if field == "starts_at" and isinstance(value, str) and value.startswith("2027")
                else field
            )
            check(answer, 422, "validation_failed", named)


@pytest.mark.parametrize("version", ["1", 0, -1, 1.0, True, [1]])
def test_version_must_be_a_positive_integer(api: Api, coupon, unchanged_coupon, version):
    answer = api.call(
        "PATCH", f"/v1/coupons/{coupon['coupon_id']}", {"version": version, "name": "other"}
    )
    check(answer, 422, "validation_failed", "version")


PAGE: dict[str, list[Any]] = {
    "code_display": ["code39", None, 1],
    "redeem_button": [
        None,
        "redeem",
        {"behavior": "x"},
        {"behavior": "open_url"},
        {"label": "x" * 41},
        {"url": "http://x.example"},
    ],
    "copy_code_button": [None, "yes", 1],
    "background_color": ["red", "#fff", None, "#12345g", 123456],
    "brand_icon": ["0000000000000", "x", 1],
    "campaign_image": ["0000000000000", [], "../../x"],
    "terms": [None, "x" * 10_001, 1],
    "locale": ["", "x", "en_US", 1],
    "theme": ["dark"],
}


@pytest.mark.parametrize("field", PAGE)
def test_page_with_an_invalid_setting_is_not_saved(api: Api, coupon, unchanged_coupon, field):
    for value in PAGE[field]:
        answer = api.call(
            "PUT", f"/v1/coupons/{coupon['coupon_id']}/redeem-page", {"terms": "x", field: value}
        )
        check(answer, 422, "validation_failed", field)


TILL: dict[str, list[Any]] = {
    "customer_id": [MISSING, None, "", " ", "null", "{{id}}", "x" * 201, [], {}, True],
    "inbox_id": ["x" * 201, [], {}, False],
    "code": ["", "ab", "x" * 41, "a b", 12, [], True],
    "coupon_id": [1, [], True],
}


@pytest.mark.parametrize("field", TILL)
def test_till_request_with_an_invalid_field_is_refused(api: Api, coupon, unchanged_coupon, field):
    which = {} if field in ("code", "coupon_id") else {"coupon_id": coupon["coupon_id"]}
    for value in TILL[field]:
        body = body_with(which | {"customer_id": "ann"}, field, value)
        answer = api.call("POST", "/v1/redemptions", body, "redeem")
        problem = answer.json()
        check(answer, 422, "validation_failed")
        assert field in [error["field"] for error in problem["errors"]], problem


@pytest.mark.parametrize(
    "which", [{}, {"code": None}, {"code": "ABC", "coupon_id": "c0vp0n0000001"}]
)
def test_till_request_needs_either_a_code_or_a_coupon_id(api: Api, unchanged, which):
    check(
        api.call("POST", "/v1/redemptions", {"customer_id": "ann"} | which, "redeem"),
        422,
        "validation_failed",
        "code",
    )


def test_idempotency_key_has_at_most_255_characters(api: Api, coupon, unchanged_coupon):
    answer = api.till(coupon, "ann", idempotency_key="x" * 256)
    check(answer, 422, "validation_failed", "Idempotency-Key")


JSON = "application/json"
RAW: list[tuple[bytes, str, int, str]] = [
    (b"", JSON, 400, "invalid_json"),
    (b"{", JSON, 400, "invalid_json"),
    (b"{'name': 'x'}", JSON, 400, "invalid_json"),
    (b'{"name": NaN}', JSON, 400, "invalid_json"),
    (b'{"name": 1e999}', JSON, 400, "invalid_json"),
    (b'{"name": "\\ud800"}', JSON, 400, "invalid_json"),
    (b'{"name": "\xff"}', JSON, 400, "invalid_json"),
    (b'{"a": 1, "a": 2}', JSON, 400, "invalid_json"),
    (b'{"version": 1, "name": "x", "name": "y"}', JSON, 400, "invalid_json"),
    (b"[" * 60_000, JSON, 400, "invalid_json"),
    (b'{"a":' * 9_000 + b"1" + b"}" * 9_000, JSON, 400, "invalid_json"),
    (b"[]", JSON, 422, "validation_failed"),
    (b'"x"', JSON, 422, "validation_failed"),
    (b"null", JSON, 422, "validation_failed"),
    (b"7", JSON, 422, "validation_failed"),
    (b"{}", "text/plain", 415, "unsupported_media_type"),
    (b"{}", "application/xml", 415, "unsupported_media_type"),
    (b"name=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    (b'{"name": "' + b"x" * 65_536 + b'"}', JSON, 413, "body_too_large"),
    (b"x" * 70_000, "text/plain", 413, "body_too_large"),
]
WITH_A_BODY = [
    ("POST", "/v1/coupons", "admin"),
    ("PATCH", "/v1/coupons/{}", "admin"),
    ("PUT", "/v1/coupons/{}/redeem-page", "admin"),
    ("POST", "/v1/redemptions", "redeem"),
]


@pytest.mark.parametrize(("method", "path", "scope"), WITH_A_BODY)
def test_body_other_than_a_json_object_is_refused(
    api: Api, coupon, unchanged_coupon, method, path, scope
):
    for content, content_type, status, code in RAW:
        headers = api.bearer(scope) | {"content-type": content_type}
        answer = api.client.request(
            method, path.format(coupon["coupon_id"]), content=content, headers=headers
        )
        check(answer, status, code)


def test_body_without_a_content_type_is_refused(api: Api, unchanged):
    answer = api.client.post(
        "/v1/coupons", content=json.dumps(COUPON).encode(), headers=api.bearer()
    )
    check(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/coupons?limit=0", 422, "validation_failed"),
        ("/v1/coupons?limit=101", 422, "validation_failed"),
        ("/v1/coupons?limit=x", 422, "validation_failed"),
        ("/v1/coupons?status=used", 422, "validation_failed"),
        ("/v1/coupons?status=active&status=expired", 400, "invalid_request"),
        ("/v1/coupons?q=" + "x" * 101, 422, "validation_failed"),
        ("/v1/coupons?cursor=x", 400, "invalid_cursor"),
        ("/v1/coupons?cursor=" + "A" * 2_000, 400, "invalid_cursor"),
        ("/v1/coupons?cursor=%00", 400, "invalid_cursor"),
        ("/v1/coupons/{}/redemptions?status=open", 422, "validation_failed"),
        ("/v1/coupons/{}/redemptions?from=soon", 422, "validation_failed"),
        ("/v1/coupons/{}/redemptions?to=2026-02-30", 422, "validation_failed"),
        ("/v1/coupons/{}/redemptions?customer_id=null", 422, "validation_failed"),
        ("/v1/coupons/{}/redemptions?customer_id=" + "x" * 201, 422, "validation_failed"),
        ("/v1/coupons/{}/redemptions?cursor=x", 400, "invalid_cursor"),
        ("/v1/coupons/{}/redeem-page/preview?state=x", 422, "validation_failed"),
    ],
)
def test_invalid_query_parameter_is_refused(api: Api, coupon, unchanged_coupon, path, status, code):
    method = "POST" if "preview" in path else "GET"
    check(
        api.call(method, path.format(coupon["coupon_id"]), {} if method == "POST" else None),
        status,
        code,
    )


@pytest.mark.parametrize(
    "query",
    [
        "limit=&status=&q=&cursor=",
        "unknown=1",
        "q=%00",
        "q=%ED%A0%80",
        "q=%F0%9F%8E%81",
        "limit=%20",
    ],
)
def test_unusual_query_never_fails_the_function(api: Api, unchanged, query):
    assert api.call("GET", f"/v1/coupons?{query}").status_code in (200, 400, 422)


def test_unusual_but_allowed_texts_are_stored_unchanged(api: Api):
    for name in (
        "<script>alert(1)</script>",
        "=HYPERLINK(1)",
        "🎁" * 50,
        "\u202eevil",
        "a\x00b",
        "{{name}}",
        "' OR 1=1 --",
    ):
        coupon = api.coupon(name=name)
        assert api.read(coupon)["name"] == name.replace("\u202e", "").replace("\x00", "")
        customer = name.replace("{{", "{ {")
        assert "<script>alert" not in api.client.get(api.link(coupon, customer)).text
        seen = customer.replace("\u202e", "").replace("\x00", "")
        assert api.records(coupon)[0]["customer_id"] == seen


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("a\x00b", "ab"),
        ("a\r\nb", "a b"),
        ("Ten\u202e off", "Ten off"),
        ("👩\u200d👧 off", "👩\u200d👧 off"),
    ],
)
def test_name_is_one_line_of_visible_characters(api: Api, written: str, kept: str):
    coupon = api.coupon(name=written)
    assert coupon["name"] == kept
    page = {"redeem_button": {"label": written}}
    saved = api.call("PUT", f"/v1/coupons/{coupon['coupon_id']}/redeem-page", page)
    assert saved.json()["redeem_button"]["label"] == kept


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "//evil.example",
        "https:///evil.example",
        "https://shop.example@evil.example",
        "https://user:secret@evil.example",
        "https://[::1",
        "https://evil.example\\@shop.example",
        "https://shop.example/\u202egpj.exe",
        "https://shop\u00ad.example",
        "https://shop.example\r\nSet-Cookie: x",
    ],
)
def test_deceptive_url_is_refused_by_every_route(api: Api, url: str):
    coupon = api.coupon()
    page = {"redeem_button": {"behavior": "open_url", "url": url}}
    assert (
        api.call("PUT", f"/v1/coupons/{coupon['coupon_id']}/redeem-page", page).status_code == 422
    )
    block = {"coupon_id": coupon["coupon_id"], "image_url": url}
    assert api.call("POST", "/v1/flow/blocks", block).status_code == 422
    assert (
        api.call(
            "POST", "/v1/flow/distribute", block | {"customer_id": "ann"}, "distribute"
        ).status_code
        == 400
    )


@pytest.mark.parametrize(
    "media_type", ["text/plain", "multipart/form-data; boundary=x", "application/xml"]
)
def test_tap_that_is_neither_form_nor_json_redeems_nothing(api: Api, media_type: str):
    coupon = api.coupon()
    link = api.link(coupon, "ann")
    answer = api.client.post(
        f"{link}/redeem", content=b'{"use": 1}', headers={"content-type": media_type}
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert api.read(coupon)["times_redeemed"] == 0
