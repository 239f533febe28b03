"""Messenger and Instagram: the button template.

It has no image, so an image is a message before it.

The sender adds `recipient`.
"""

from typing import Any

from couponflow.domain.channel_limits import LIMITS, Channel, ChannelLimits
from couponflow.domain.message_templates import truncate
from couponflow.domain.messages import Message


def messenger(message: Message) -> list[dict[str, Any]]:
    """The messages for Messenger."""
    return _messages(message, LIMITS[Channel.MESSENGER])


def instagram(message: Message) -> list[dict[str, Any]]:
    """The messages for Instagram."""
    return _messages(message, LIMITS[Channel.INSTAGRAM])


def _messages(message: Message, limits: ChannelLimits) -> list[dict[str, Any]]:
    button = {
        "type": "web_url",
        "url": message.url,
        "title": truncate(message.button_title, limits.button_title),
    }
    template = {
        "template_type": "button",
        "text": truncate(message.text, limits.message),
        "buttons": [button],
    }
    image = {"attachment": {"type": "image", "payload": {"url": message.image_url}}}
    return [
        *([image] if message.image_url else []),
        {"attachment": {"type": "template", "payload": template}},
    ]
