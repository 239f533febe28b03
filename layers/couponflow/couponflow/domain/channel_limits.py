"""Limits of the chat channels on texts and images.

Lengths are in UTF-16 units, the strictest count: most characters are one unit, an emoji two or
more.
"""

from dataclasses import dataclass
from enum import StrEnum

LONGEST_MESSAGE = 1_024
LONGEST_BUTTON_TITLE = 40
LONGEST_URL = 2_000


class Channel(StrEnum):
    """A chat channel that a message is sent over.

    TELEGRAM is known to ManyChat only and has no limits of its own.
    """

    WHATSAPP = "whatsapp"
    LINE = "line"
    MESSENGER = "messenger"
    INSTAGRAM = "instagram"
    MANYCHAT = "manychat"
    TEXT = "text"
    TELEGRAM = "telegram"


@dataclass(frozen=True, slots=True)
class ChannelLimits:
    """Limits of one channel. LINE allows less text beside an image."""

    message: int = LONGEST_MESSAGE
    button_title: int = LONGEST_BUTTON_TITLE
    message_beside_image: int | None = None
    images: frozenset[str] | None = None  # None: any kind

    def message_length(self, *, beside_image: bool) -> int:
        """The longest message, in UTF-16 units."""
        return (
            self.message_beside_image
            if beside_image and self.message_beside_image
            else self.message
        )


_PHOTOS = frozenset({"jpg", "jpeg", "png"})
_PICTURES = _PHOTOS | {"gif"}

ANY = ChannelLimits()
LIMITS: dict[Channel, ChannelLimits] = {
    Channel.WHATSAPP: ChannelLimits(message=1_024, button_title=20, images=_PHOTOS),
    Channel.LINE: ChannelLimits(
        message=160, message_beside_image=60, button_title=20, images=_PHOTOS
    ),
    Channel.MESSENGER: ChannelLimits(message=640, button_title=20, images=_PICTURES),
    Channel.INSTAGRAM: ChannelLimits(message=640, button_title=20, images=_PICTURES),
    Channel.MANYCHAT: ChannelLimits(message=640, button_title=20, images=_PICTURES),
    Channel.TEXT: ANY,
}


def limits_for(channel: Channel | None) -> ChannelLimits:
    """The limits of the channel; ANY, the contract's own bounds, for one without limits or for
    None.
    """
    return LIMITS.get(channel, ANY) if channel else ANY
