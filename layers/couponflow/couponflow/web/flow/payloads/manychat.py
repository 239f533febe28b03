"""ManyChat's dynamic block, version 2: the whole answer, messages and actions."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from couponflow.domain.channel_limits import Channel, limits_for
from couponflow.domain.message_templates import truncate
from couponflow.domain.messages import Message

# Without a type, ManyChat sends over Messenger.
TYPES = (Channel.WHATSAPP, Channel.INSTAGRAM, Channel.TELEGRAM)
LONGEST_CAPTION = 20


def block(
    message: Message | None,
    channel: Channel | None,
    fields: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """`fields`: custom fields of the contact to set, by name.

    Without a message the block only sets them.
    """
    content: dict[str, Any] = {"type": channel} if channel in TYPES else {}
    content["messages"] = _messages(message, channel) if message else []
    content["actions"] = [_set(name, value) for name, value in fields.items()]
    if channel not in (Channel.WHATSAPP, Channel.TELEGRAM):
        content["quick_replies"] = []
    return {"version": "v2", "content": content}


def _set(name: str, value: str) -> dict[str, str]:
    """An empty value unsets the field: the value of an earlier call must not remain."""
    if not value:
        return {"action": "unset_field_value", "field_name": name}
    return {"action": "set_field_value", "field_name": name, "value": value}


def _messages(message: Message, channel: Channel | None) -> list[dict[str, Any]]:
    longest = limits_for(
        Channel.WHATSAPP if channel is Channel.WHATSAPP else Channel.MANYCHAT
    ).message
    button = {
        "type": "url",
        "caption": truncate(message.button_title, LONGEST_CAPTION),
        "url": message.url,
    }
    text = {"type": "text", "text": truncate(message.text, longest), "buttons": [button]}
    # A dynamic block cannot send images over WhatsApp.
    image = {"type": "image", "url": message.image_url}
    return [*([image] if message.image_url and channel is not Channel.WHATSAPP else []), text]
