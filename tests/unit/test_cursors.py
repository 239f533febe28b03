"""Cursors: only encoded cursors can be decoded."""

import base64
import json

import pytest

from couponflow.domain.errors import InvalidCursor
from couponflow.web.http import cursors


@pytest.mark.parametrize(
    "place",
    [["2026-01-01T00:00:00.000Z#c0vp0n0000001"], ["redeemed", "2026-01-01T00:00:00.000Z#x"]],
)
def test_cursor_decodes_to_what_was_encoded(place):
    cursor = cursors.encode(*place)
    assert cursors.decode(cursor, parts=len(place)) == place
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "null", "AAAA", "=", "é", "W10\n", "+/+/", encoded([]), encoded(["a", "b"]),
    encoded([""]), encoded([7]),
     encoded({"0": "a"}), encoded("a"), encoded(["ü"]), encoded(["a b"]), encoded(["x" * 101]),
     encoded([["a"]]),
     encoded(["x"]) + "A" * 400,
     base64.urlsafe_b64encode(b"[" * 100_000).decode(), encoded(["a\n"]),
     base64.b64encode(b"\xff\xfe").decode()],
)  # fmt: skip
def test_any_other_text_is_an_invalid_cursor(cursor):
    with pytest.raises(InvalidCursor):
        cursors.decode(cursor, parts=1)


def test_cursor_longer_than_the_maximum_is_refused():
    with pytest.raises(InvalidCursor):
        cursors.decode(cursors.encode(*["x" * 100] * 5), parts=5)
