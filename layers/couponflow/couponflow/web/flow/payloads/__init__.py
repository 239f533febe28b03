"""The message as each channel's API takes it, on request: the link last, an image where there is one.

`{"messages": [...]}`: each entry is one message, in order, to which the sender adds the recipient. Of ManyChat it is the whole
dynamic block, of plain text the text itself.
"""

import json

from couponflow.domain.channel_limits import LIMITS, Channel
from couponflow.domain.messages import Message
from couponflow.web.flow.payloads import line, manychat, meta, whatsapp


def payload(format: str, message: Message, channel: Channel | None) -> str:
    """`format` as asked for; "channel" means the channel's own."""
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
    return f"{message.text}\n\n{message.url}"


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
