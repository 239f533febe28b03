"""Saved Distribute Coupon blocks; their content is validated when saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.api import Api

BLOCKS = "/v1/flow/blocks"
FLOWS = {
    "coupon_expired": "flow-expired",
    "customer_max_uses_reached": "flow-customer-max",
    "coupon_max_uses_reached": "flow-coupon-max",
    "error": "flow-error",
}


def content(coupon: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "coupon_id": coupon["coupon_id"],
        "message": "Hi {{customer_name|there}}, {{coupon_name}} is yours until {{ends_at}}.",
        "button_title": "Get it",
        "image_url": "https://example.com/treat.jpg",
        "fallback_flows": FLOWS,
        "channel": "whatsapp",
    } | changes


def refused(api: Api, body: object) -> dict[str, str]:
    """The error messages by field."""
    answer = api.call("POST", BLOCKS, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed"), answer.text
    return {each["field"]: each["message"] for each in answer.json()["errors"]}


def test_block_is_returned_as_saved(api: Api):
    body = content(api.coupon())
    made = api.call("POST", BLOCKS, body)

    assert made.status_code == 201
    assert made.json() == body | {
        name: made.json()[name] for name in ("block_id", "created_at", "updated_at")
    }
    assert api.call("GET", f"{BLOCKS}/{made.json()['block_id']}").json() == made.json()


def test_empty_block_fields_default_to_the_coupon(api: Api):
    coupon = api.coupon()
    nothing = {"message": None, "button_title": None, "image_url": None, "channel": None}
    flows = dict.fromkeys(FLOWS)

    least = api.call("POST", BLOCKS, {"coupon_id": coupon["coupon_id"]}).json()
    empty = api.call(
        "POST",
        BLOCKS,
        content(coupon, message="", button_title=" ", image_url="", fallback_flows={"error": ""}),
    )

    assert least | nothing | {"fallback_flows": flows} == least
    assert (empty.json()["message"], empty.json()["image_url"], empty.json()["fallback_flows"]) == (
        None,
        None,
        flows,
    )


def test_saved_change_replaces_the_whole_block(api: Api):
    coupon = api.coupon()
    made = api.call("POST", BLOCKS, content(coupon)).json()

    saved = api.call(
        "PUT", f"{BLOCKS}/{made['block_id']}", {"coupon_id": coupon["coupon_id"], "message": "New"}
    )

    assert saved.status_code == 200
    assert saved.json()["message"] == "New"
    assert saved.json()["button_title"] is None
    assert saved.json()["created_at"] == made["created_at"]
    assert api.call("GET", f"{BLOCKS}/{made['block_id']}").json() == saved.json()


def test_deleted_block_is_unknown(api: Api):
    path = f"{BLOCKS}/{api.call('POST', BLOCKS, content(api.coupon())).json()['block_id']}"

    assert api.call("DELETE", path).status_code == 204
    assert [api.call(method, path).status_code for method in ("GET", "DELETE")] == [404, 404]
    assert api.call("PUT", path, content(api.coupon())).status_code == 404
    assert api.call("GET", BLOCKS).json()["items"] == []


def test_pages_list_blocks_newest_first(api: Api):
    coupon = api.coupon()
    made = [api.call("POST", BLOCKS, content(coupon, message=f"No. {n}")).json() for n in range(5)]

    pages: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.call("GET", f"{BLOCKS}?limit=2&cursor={cursor}").json()
        pages.append([block["block_id"] for block in page["items"]])
        cursor = page["next_cursor"]

    assert list(map(len, pages)) == [2, 2, 1]
    newest_first = [
        block["block_id"]
        for block in sorted(made, key=lambda b: (b["created_at"], b["block_id"]), reverse=True)
    ]
    assert sum(pages, []) == newest_first
    assert api.call("GET", f"{BLOCKS}?cursor=nonsense!").json()["code"] == "invalid_cursor"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_block_of_another_organisation_is_unknown(organisation: Callable[[str], Api], method: str):
    ours, theirs = organisation("acme"), organisation("other")
    coupon = ours.coupon()
    made = theirs.call("POST", BLOCKS, content(theirs.coupon())).json()

    answers = [
        ours.call(method, f"{BLOCKS}/{block_id}", content(coupon))
        for block_id in (made["block_id"], "0" * 13, "No%20id", "x" * 300)
    ]

    assert {(answer.status_code, answer.content) for answer in answers} == {
        (404, answers[0].content)
    }
    assert theirs.call("GET", f"{BLOCKS}/{made['block_id']}").json() == made


def test_block_requires_a_coupon_of_its_organisation(organisation: Callable[[str], Api]):
    ours, theirs = organisation("acme"), organisation("other")
    archived = ours.coupon()
    ours.call("DELETE", f"/v1/coupons/{archived['coupon_id']}")

    codes = [
        ours.call("POST", BLOCKS, content(each)).json()["code"]
        for each in (theirs.coupon(), {"coupon_id": "?"}, archived)
    ]

    assert codes == ["coupon_not_found", "coupon_not_found", "coupon_archived"]


def test_disabled_addon_refuses_every_block_request(api: Api):
    made = api.call("POST", BLOCKS, content(api.coupon())).json()
    operator = api.gateway.function("OperatorFunction").handler
    operator(
        {"action": "switch_addon", "organisation_id": api.organisation_id, "enabled": False}, None
    )
    api.gateway.restart()

    calls = [
        ("GET", BLOCKS),
        ("POST", BLOCKS),
        *((method, f"{BLOCKS}/{made['block_id']}") for method in ("GET", "PUT", "DELETE")),
    ]

    assert {api.call(method, path, {}).json()["code"] for method, path in calls} == {
        "addon_disabled"
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("coupon_id", None),
        ("coupon_id", 7),
        ("message", 7),
        ("message", "x" * 1_025),
        ("button_title", ["Get it"]),
        ("image_url", "http://example.com/treat.jpg"),
        ("image_url", "https://"),
        ("image_url", "javascript:alert(1)"),
        ("image_url", "https://example.com/" + "x" * 2_000),
        ("fallback_flows", "flow-1"),
        ("fallback_flows.error", {"error": "x" * 201}),
        ("fallback_flows.distributed", {"distributed": "flow-1"}),
        ("channel", "fax"),
        ("colour", "red"),
    ],
)
def test_invalid_field_is_reported_by_name(api: Api, field: str, value: object):
    assert field in refused(api, content(api.coupon()) | {field.partition(".")[0]: value})


@pytest.mark.parametrize(
    ("channel", "image_url", "most", "title"),
    [
        ("whatsapp", None, 1_024, 20),
        ("line", None, 160, 20),
        ("line", "https://example.com/treat.jpg", 60, 20),
        ("messenger", None, 640, 20),
        ("instagram", None, 640, 20),
        ("manychat", None, 640, 20),
        ("text", None, 1_024, 40),
        (None, None, 1_024, 40),
    ],
)
def test_texts_over_the_channels_limits_are_refused(
    api: Api, channel: str | None, image_url: str | None, most: int, title: int
):
    coupon = api.coupon()
    fits = content(
        coupon, channel=channel, image_url=image_url, message="m" * most, button_title="b" * title
    )

    assert api.call("POST", BLOCKS, fits).status_code == 201
    wrong = refused(api, fits | {"message": "m" * (most + 1), "button_title": "b" * (title + 1)})
    assert set(wrong) == {"message", "button_title"}
    assert wrong["message"].endswith(f"takes {most}")
    assert wrong["button_title"].endswith(f"takes {title}")


def test_text_is_measured_with_its_placeholders_filled(api: Api):
    coupon = api.coupon(name="n" * 100)

    wrong = refused(
        api,
        content(coupon, channel="line", image_url=None, message="{{coupon_name}} {{coupon_name}}"),
    )

    assert wrong == {"message": "has 201 characters when filled; line takes 160"}


def test_emoji_is_counted_as_chat_apps_count_it(api: Api):
    assert "message" in refused(
        api, content(api.coupon(), channel="line", image_url=None, message="🎁" * 81)
    )


@pytest.mark.parametrize("field", ["message", "button_title"])
@pytest.mark.parametrize(
    "text", ["{{name}}", "Hi {{customer_name", "{{ coupon_name }} {{x}}", "{{}}", "coupon_name}}"]
)
def test_unknown_placeholder_is_refused(api: Api, field: str, text: str):
    assert "placeholder" in refused(api, content(api.coupon(), **{field: text}))[field]


@pytest.mark.parametrize(
    ("channel", "image_url", "is_taken"),
    [
        ("whatsapp", "https://example.com/treat.webp", False),
        ("whatsapp", "https://example.com/treat.gif?size=2", False),
        ("messenger", "https://example.com/treat.gif", True),
        ("instagram", "https://example.com/treat.svg", False),
        ("line", "https://example.com/image", True),
        ("line", f"https://coupons.example/images/{'a' * 64}.webp", True),
        (None, "https://example.com/treat.webp", True),
    ],
)
def test_image_format_must_suit_the_channel(
    api: Api, channel: str | None, image_url: str, is_taken: bool
):
    body = content(api.coupon(), channel=channel, image_url=image_url, message="Hi")

    if is_taken:
        assert api.call("POST", BLOCKS, body).status_code == 201
    else:
        assert set(refused(api, body)) == {"image_url"}
