"""LINE Messaging API: a buttons template, or a flex bubble that holds longer texts.

The sender adds `to` or `replyToken`.
"""

from typing import Any

from couponflow.domain.channel_limits import LIMITS, Channel
from couponflow.domain.message_templates import truncate
from couponflow.domain.messages import Message

LIMIT = LIMITS[Channel.LINE]
# Shown in the list of chats and on old devices.
LONGEST_ALT_TEXT = 400


def buttons(message: Message) -> list[dict[str, Any]]:
    """A buttons template."""
    template: dict[str, Any] = {
        "type": "buttons",
        "text": truncate(message.text, LIMIT.message_length(beside_image=bool(message.image_url))),
        "actions": [_open(message)],
    }
    if message.image_url:
        template["thumbnailImageUrl"] = message.image_url
    return [
        {
            "type": "template",
            "altText": truncate(message.text, LONGEST_ALT_TEXT),
            "template": template,
        }
    ]


def flex(message: Message) -> list[dict[str, Any]]:
    """A flex bubble, which has no limit on its text."""
    bubble: dict[str, Any] = {
        "type": "bubble",
        "body": _box({"type": "text", "text": message.text, "wrap": True}),
        "footer": _box({"type": "button", "style": "primary", "action": _open(message)}),
    }
    if message.image_url:
        bubble["hero"] = {
            "type": "image",
            "url": message.image_url,
            "size": "full",
            "aspectRatio": "20:13",
            "aspectMode": "cover",
        }
    return [
        {"type": "flex", "altText": truncate(message.text, LONGEST_ALT_TEXT), "contents": bubble}
    ]


def _box(content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "box", "layout": "vertical", "contents": [content]}


def _open(message: Message) -> dict[str, str]:
    return {
        "type": "uri",
        "label": truncate(message.button_title, LIMIT.button_title),
        "uri": message.url,
    }
