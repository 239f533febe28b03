"""Payloads match the channels' documented formats for any text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from couponflow.domain.channel_limits import Channel
from couponflow.domain.messages import Message
from couponflow.web.flow import payloads
from tests.unit.payloads.shapes import SHAPES

URL = "https://coupons.example/r/" + "a" * 52
IMAGE = "https://example.com/treat.jpg"
SHORT = Message("A treat for you", "Get it", "", URL)

texts = (
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=1_200)
    .map(str.strip)
    .filter(bool)
)
messages = st.builds(
    Message,
    text=texts,
    button_title=texts,
    image_url=st.sampled_from(["", IMAGE]),
    url=st.just(URL),
)


def build_payload(format: str, message: Message, channel: str | None = None) -> Any:
    return json.loads(payloads.payload(format, message, Channel(channel) if channel else None))


def links_in(value: object) -> list[str]:
    """Every https URL in `value`, in document order."""
    if isinstance(value, dict | list):
        return [
            link
            for each in (value.values() if isinstance(value, dict) else value)
            for link in links_in(each)
        ]
    return [value] if isinstance(value, str) and value.startswith("https://") else []


@pytest.mark.parametrize("format", SHAPES)
@given(message=messages)
def test_payload_has_the_channels_format_and_limits(format: str, message: Message):
    SHAPES[format].validate_python(build_payload(format, message))


@pytest.mark.parametrize("format", SHAPES)
@given(message=messages)
def test_payload_contains_the_complete_link_once(format: str, message: Message):
    assert links_in(build_payload(format, message)).count(URL) == 1


@pytest.mark.parametrize("format", ["messenger", "instagram", "manychat"])
def test_separate_image_precedes_the_link(format: str):
    assert links_in(build_payload(format, Message("Hi", "Go", IMAGE, URL))) == [IMAGE, URL]


@pytest.mark.parametrize("format", SHAPES)
def test_payload_of_a_message_without_image_has_no_image(format: str):
    assert links_in(build_payload(format, SHORT)) == [URL]


@pytest.mark.parametrize("format", SHAPES)
def test_payload_of_a_message_with_image_shows_it(format: str):
    assert sorted(links_in(build_payload(format, Message("Hi", "Go", IMAGE, URL)))) == [URL, IMAGE]


def test_plain_text_payload_ends_with_the_link():
    assert payloads.payload("text", SHORT, None) == f"A treat for you\n\n{URL}"


@pytest.mark.parametrize("channel", ["whatsapp", "line", "messenger", "instagram"])
def test_format_channel_selects_the_channels_payload(channel: str):
    assert payloads.payload("channel", SHORT, Channel(channel)) == payloads.payload(
        channel, SHORT, Channel(channel)
    )
    assert payloads.payload("channel", SHORT, None) == payloads.payload("text", SHORT, None)


@pytest.mark.parametrize(
    ("channel", "type"),
    [("whatsapp", "whatsapp"), ("instagram", "instagram"), ("telegram", "telegram")],
)
def test_manychat_payload_names_its_channel(channel: str, type: str):
    block = build_payload("manychat", SHORT, channel)

    SHAPES["manychat"].validate_python(block)
    assert block["content"]["type"] == type
    assert ("quick_replies" in block["content"]) == (channel == "instagram")


@pytest.mark.parametrize("channel", [None, "messenger", "manychat", "line"])
def test_manychat_payload_defaults_to_messenger(channel: str | None):
    assert "type" not in build_payload("manychat", SHORT, channel)["content"]


def test_manychat_payload_for_whatsapp_has_no_image():
    assert links_in(build_payload("manychat", Message("Hi", "Go", IMAGE, URL), "whatsapp")) == [URL]


@pytest.mark.parametrize("format", SHAPES)
def test_control_formats_refuse_texts_that_were_not_truncated(format: str):
    """Control: a payload with a text of 2,001 characters is refused."""
    payload = payloads.payload(format, SHORT, None).replace("A treat for you", "m" * 2_001)

    with pytest.raises(ValidationError):
        SHAPES[format].validate_python(json.loads(payload))
