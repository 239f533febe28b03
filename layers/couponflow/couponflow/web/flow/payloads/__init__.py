"""The message in the format of each channel's API, with the link last.

`{"messages": [...]}`: each entry is one message, in order; the sender adds the recipient. For
ManyChat it is the whole dynamic block, for plain text the text itself.
"""

import json

from couponflow.domain.channel_limits import LIMITS, Channel
from couponflow.domain.messages import Message
from couponflow.web.flow.payloads import line, manychat, meta, whatsapp


def payload(format: str, message: Message, channel: Channel | None) -> str:
    """The message in `format`; "channel" is the format of the channel."""
    if format == "channel":
        format = channel if channel in LIMITS else Channel.TEXT
    if format == Channel.TEXT:
        return plain(message)
    if format == Channel.MANYCHAT:
        return _written(manychat.block(message, channel))
    messages = {
        Channel.WHATSAPP: whatsapp.cta_url,
        Channel.LINE: line.buttons,
        "line_flex": line.flex,
        Channel.MESSENGER: meta.messenger,
        Channel.INSTAGRAM: meta.instagram,
    }
    return _written({"messages": messages[format](message)})


def plain(message: Message) -> str:
    """The text, then the link."""
    return f"{message.text}\n\n{message.url}"


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
