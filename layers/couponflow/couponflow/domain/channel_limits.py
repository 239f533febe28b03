"""What the chat channels take: the limits that a distribute block's texts are held to.

Lengths are counted at their strictest, in UTF-16 units: most characters are one, an emoji two or more.
"""

from dataclasses import dataclass

LONGEST_MESSAGE = 1_024
LONGEST_BUTTON_TITLE = 40
LONGEST_URL = 2_000


@dataclass(frozen=True, slots=True)
class ChannelLimits:
    message: int = LONGEST_MESSAGE
    button_title: int = LONGEST_BUTTON_TITLE
    message_beside_image: int | None = None
    images: frozenset[str] | None = None  # None: any kind

    def message_length(self, *, beside_image: bool) -> int:
        return self.message_beside_image if beside_image and self.message_beside_image else self.message


_PHOTOS = frozenset({"jpg", "jpeg", "png"})
_PICTURES = _PHOTOS | {"gif"}

ANY = ChannelLimits()
LIMITS = {
    "whatsapp": ChannelLimits(message=1_024, button_title=20, images=_PHOTOS),
    "line": ChannelLimits(message=160, message_beside_image=60, button_title=20, images=_PHOTOS),
    "messenger": ChannelLimits(message=640, button_title=20, images=_PICTURES),
    "instagram": ChannelLimits(message=640, button_title=20, images=_PICTURES),
    "manychat": ChannelLimits(message=640, button_title=20, images=_PICTURES),
    "text": ANY,
}


def limits_for(channel: str | None) -> ChannelLimits:
    """Of a channel that we don't know, or none, only the contract's own bounds."""
    return LIMITS.get(channel or "", ANY)
