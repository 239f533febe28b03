"""Redeem pages in every state, for screenshots and for tests of their appearance."""

from __future__ import annotations

import functools
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from PIL import Image, ImageDraw, ImageFilter

from couponflow.domain.models import Coupon, PageImage, RedeemPage
from couponflow.web.page import preview
from couponflow.web.page.state import PageState, PastUse, State

ORGANISATION = "Blue Door Coffee"
TERMS = (
    "<h3>Where and when</h3><p>Valid at <b>all branches</b>, for any hot or iced drink.</p>"
    "<ul><li>One coupon for each order</li><li>Not together with other offers</li><li>No cash "
    "value</li></ul>"
)
ICON = PageImage("1c0n000000001", "1" * 64, 256, 256)
PICTURE = PageImage("p1ctvre000001", "2" * 64, 1200, 630)


def coupon(now: datetime, **changes: object) -> Coupon:
    made = Coupon(
        coupon_id="c0vp0n0000001",
        organisation_id="scenes",
        code="DOOR-7K2Q9A",
        name="20% off any drink",
        starts_at=now - timedelta(days=3),
        ends_at=datetime(now.year + 1, 1, 31, 16, tzinfo=UTC),
        timezone="Asia/Taipei",
        max_redemptions_per_customer=3,
        active=True,
        units=1_000,
        shards=16,
        record_buckets=4,
        holder_secret="",
        link_secret="",
        created_at=now,
        updated_at=now,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def views(page: RedeemPage, now: datetime, of: Coupon | None = None) -> dict[str, PageState]:
    """Page states by name, including variants of a state."""
    campaign = of or coupon(now)
    states = [state for state in State if state is not State.NOT_FOUND]
    made = {str(state): preview.view(state, campaign, page, ORGANISATION, now) for state in states}
    earlier = tuple(
        PastUse(f"{id_}0123456789abcdefghjkmn", now - timedelta(hours=hours))
        for id_, hours in (("8s4v", 50), ("2q9a", 3))
    )
    redeemed = made[State.REDEEMED]
    opens_at = now + timedelta(hours=5)
    return made | {
        "closed": replace(made[State.UPCOMING], coupon=campaign, usable_from=opens_at),
        "closed_until_its_end": replace(
            made[State.UPCOMING], coupon=campaign, usable_from=None, ends_at=opens_at
        ),
        "redeemed_for_today": replace(redeemed, usable_from=opens_at),
        "redeemed_before": replace(redeemed, used=earlier[1:], next_use=None),
        "redeemed_use_again": replace(redeemed, next_use=2),
        "redeemed_all_used": replace(redeemed, used=earlier + redeemed.used),
        "confirm_use_again": replace(redeemed, state=State.CONFIRM, next_use=2),
    }


@functools.cache
def drawn(path: str) -> bytes:
    """The picture for the path of a sample image."""
    return _icon() if path == ICON.path else _picture()


def _picture() -> bytes:
    """Two cups on a table, seen from above."""
    size = (1200, 630)
    table = Image.linear_gradient("L").resize(size)
    picture = Image.composite(
        Image.new("RGB", size, "#0f4c5c"), Image.new("RGB", size, "#e9b872"), table
    )
    shade = Image.new("L", size, 0)
    for x, y, radius in _CUPS:
        ImageDraw.Draw(shade).ellipse(
            (x - radius + 30, y - radius + 45, x + radius + 40, y + radius + 60), fill=150
        )
    picture.paste("#0b2530", mask=shade.filter(ImageFilter.GaussianBlur(28)))
    pen = ImageDraw.Draw(picture)
    for x, y, radius in _CUPS:
        for share, color in (
            (1.0, "#fffaf2"),
            (0.72, "#efe4d3"),
            (0.66, "#fffaf2"),
            (0.58, "#7b4a2b"),
            (0.5, "#a86b3f"),
            (0.3, "#f3dfc1"),
        ):
            reach = radius * share
            pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=color)
        pen.polygon(
            [(x, y + radius * 0.42), (x - radius * 0.3, y), (x + radius * 0.3, y)], fill="#f3dfc1"
        )
    return _saved(picture)


_CUPS = ((430, 330, 230), (860, 250, 150))


def _icon() -> bytes:
    icon = Image.new("RGB", (256, 256), "#0f4c5c")
    pen = ImageDraw.Draw(icon)
    pen.rounded_rectangle((78, 48, 178, 216), 12, fill="#e9b872")
    pen.ellipse((150, 122, 166, 138), fill="#0f4c5c")
    return _saved(icon)


def _saved(image: Image.Image) -> bytes:
    written = io.BytesIO()
    image.save(written, "WEBP", quality=85)
    return written.getvalue()
