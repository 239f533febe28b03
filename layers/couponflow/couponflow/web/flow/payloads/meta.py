"""Messenger and Instagram: the button template. It holds no image, so that goes ahead of it. The sender adds `recipient`."""

from typing import Any

from couponflow.domain.channel_limits import LIMITS, Limits
from couponflow.domain.message_templates import cut
from couponflow.domain.messages import Message


def messenger(message: Message) -> list[dict[str, Any]]:
    return _messages(message, LIMITS["messenger"])


def instagram(message: Message) -> list[dict[str, Any]]:
    return _messages(message, LIMITS["instagram"])


def _messages(message: Message, limits: Limits) -> list[dict[str, Any]]:
    button = {"type": "web_url", "url": message.url, "title": cut(message.button_title, limits.button_title)}
    template = {"template_type": "button", "text": cut(message.text, limits.message), "buttons": [button]}
    image = {"attachment": {"type": "image", "payload": {"url": message.image_url}}}
    return [*([image] if message.image_url else []), {"attachment": {"type": "template", "payload": template}}]
