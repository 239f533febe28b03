"""The message with a customer's link: placeholders filled, texts within the channel's limits."""

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from couponflow.domain import channel_limits, message_templates, times
from couponflow.domain.channel_limits import Channel
from couponflow.domain.models import Coupon

DEFAULT_BUTTON_TITLE = "Redeem"
_OWN_IMAGE = re.compile(r"(/images/[0-9a-f]{64})\.webp\Z")
_IMAGE_KIND = re.compile(r"\.(webp|svg|gif|avif|heic|heif|bmp|tiff?|jpe?g|png)\Z", re.IGNORECASE)
_CLOCK = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class Message:
    """`url` is the customer's link; it is empty while there is none."""

    text: str
    button_title: str
    image_url: str
    url: str = ""


def placeholder_values(
    coupon: Coupon, ends_at: datetime, uses_left: int | None, customer_name: str | None
) -> dict[str, str]:
    """The value of each placeholder; times are in the coupon's time zone.

    `ends_at`: the end of the coupon for the customer.
    """
    starts_at = coupon.starts_at.astimezone(ZoneInfo(coupon.timezone)).strftime(_CLOCK)
    last = last_moment(ends_at, coupon.timezone)
    return {
        "coupon_name": coupon.name,
        "coupon_code": coupon.code,
        "starts_at": starts_at,
        "starts_at_local": starts_at,
        "ends_at": last,
        "ends_at_local": last,
        "last_day": last[:10],
        "uses_left": "" if uses_left is None else str(uses_left),
        "customer_name": customer_name or "",
    }


def last_moment(ends_at: datetime, timezone: str) -> str:
    """The last moment of a period, as "2026-12-31 23:59" in the time zone."""
    return times.last_moment(ends_at, timezone).strftime(_CLOCK)


def compose(
    coupon: Coupon,
    message: str | None,
    button_title: str | None,
    image_url: str | None,
    channel: Channel | None,
    values: dict[str, str],
    url: str,
) -> Message:
    """The message with every text within the channel's limits, and none empty."""
    limits = channel_limits.limits_for(channel)
    text = message_templates.strip_control(
        message_templates.render(message or "", values)
    ).strip() or message_templates.single_line(coupon.name)
    title = (
        message_templates.single_line(message_templates.render(button_title or "", values))
        or DEFAULT_BUTTON_TITLE
    )
    return Message(
        text=message_templates.truncate(text, limits.message_length(beside_image=bool(image_url))),
        button_title=message_templates.truncate(title, limits.button_title),
        image_url=_shown_everywhere(image_url or ""),
        url=url,
    )


def image_kind(url: str) -> str | None:
    """The file extension of the address, for example "png"; None if it has none of a known
    image.
    """
    found = _IMAGE_KIND.search(_shown_everywhere(url).partition("?")[0].partition("#")[0])
    return found[1].lower() if found else None


def _shown_everywhere(url: str) -> str:
    """No chat shows WebP. Each of our own images exists as JPEG too."""
    return _OWN_IMAGE.sub(r"\1.jpg", url)
