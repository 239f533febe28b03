"""Payloads are what the channels' own documentation says that they take, whatever stands in the texts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from couponflow.domain.messages import Message
from couponflow.web.flow import payloads
from tests.unit.payloads.shapes import SHAPES

URL = "https://coupons.example/r/" + "a" * 52
IMAGE = "https://example.com/treat.jpg"
SHORT = Message("A treat for you", "Get it", "", URL)

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=1_200).map(str.strip).filter(bool)
messages = st.builds(Message, text=texts, button_title=texts, image_url=st.sampled_from(["", IMAGE]), url=st.just(URL))


def written(format: str, message: Message, channel: str | None = None) -> Any:
    return json.loads(payloads.payload(format, message, channel))


def links_in(value: object) -> list[str]:
    """Every address, in the order in which it stands there."""
    if isinstance(value, dict | list):
        return [link for each in (value.values() if isinstance(value, dict) else value) for link in links_in(each)]
    return [value] if isinstance(value, str) and value.startswith("https://") else []


@pytest.mark.parametrize("format", SHAPES)
@given(message=messages)
def test_a_payload_has_the_channels_shape_and_keeps_its_limits(format: str, message: Message):
    SHAPES[format].validate_python(written(format, message))


@pytest.mark.parametrize("format", SHAPES)
@given(message=messages)
def test_the_link_is_whole_and_comes_once(format: str, message: Message):
    assert links_in(written(format, message)).count(URL) == 1


@pytest.mark.parametrize("format", ["messenger", "instagram", "manychat"])
def test_an_image_of_its_own_comes_before_the_link(format: str):
    assert links_in(written(format, Message("Hi", "Go", IMAGE, URL))) == [IMAGE, URL]


@pytest.mark.parametrize("format", SHAPES)
def test_without_an_image_there_is_none(format: str):
    assert links_in(written(format, SHORT)) == [URL]


@pytest.mark.parametrize("format", SHAPES)
def test_an_image_is_shown_where_there_is_one(format: str):
    assert sorted(links_in(written(format, Message("Hi", "Go", IMAGE, URL)))) == [URL, IMAGE]


def test_plain_text_ends_with_the_link():
    assert payloads.payload("text", SHORT, None) == f"A treat for you\n\n{URL}"


@pytest.mark.parametrize("channel", ["whatsapp", "line", "messenger", "instagram"])
def test_the_channels_own_payload_can_be_asked_for(channel: str):
    assert payloads.payload("channel", SHORT, channel) == payloads.payload(channel, SHORT, channel)
    assert payloads.payload("channel", SHORT, None) == payloads.payload("text", SHORT, None)


@pytest.mark.parametrize(("channel", "type"), [("whatsapp", "whatsapp"), ("instagram", "instagram"), ("telegram", "telegram")])
def test_manychat_is_told_which_channel_it_is(channel: str, type: str):
    block = written("manychat", SHORT, channel)

    SHAPES["manychat"].validate_python(block)
    assert block["content"]["type"] == type
    assert ("quick_replies" in block["content"]) == (channel == "instagram")


@pytest.mark.parametrize("channel", [None, "messenger", "manychat", "line"])
def test_manychat_takes_messenger_for_granted(channel: str | None):
    assert "type" not in written("manychat", SHORT, channel)["content"]


def test_over_whatsapp_manychat_gets_no_image():
    assert links_in(written("manychat", Message("Hi", "Go", IMAGE, URL), "whatsapp")) == [URL]


@pytest.mark.parametrize("format", SHAPES)
def test_the_shapes_notice_what_is_too_long(format: str):
    """The control: a payload whose texts were not cut is refused."""
    payload = payloads.payload(format, SHORT, None).replace("A treat for you", "m" * 2_001)

    with pytest.raises(ValidationError):
        SHAPES[format].validate_python(json.loads(payload))
