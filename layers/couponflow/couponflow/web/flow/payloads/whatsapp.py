"""WhatsApp Cloud API: an interactive message with a button that opens the link.

The sender adds `to`.
"""

from typing import Any

from couponflow.domain.channel_limits import LIMITS, Channel
from couponflow.domain.message_templates import truncate
from couponflow.domain.messages import Message

LIMIT = LIMITS[Channel.WHATSAPP]


def cta_url(message: Message) -> list[dict[str, Any]]:
    """One interactive message with a link button."""
    interactive: dict[str, Any] = {
        "type": "cta_url",
        "body": {"text": truncate(message.text, LIMIT.message)},
        "action": {
            "name": "cta_url",
            "parameters": {
                "display_text": truncate(message.button_title, LIMIT.button_title),
                "url": message.url,
            },
        },
    }
    if message.image_url:
        interactive["header"] = {"type": "image", "image": {"link": message.image_url}}
    return [
        {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "type": "interactive",
            "interactive": interactive,
        }
    ]
