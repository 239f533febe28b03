"""Settings of redeem pages: one item for each coupon whose page was saved."""

import dataclasses

from couponflow.domain.models import (
    ButtonBehavior,
    CodeDisplay,
    PageImage,
    RedeemButton,
    RedeemPage,
)
from couponflow.store import keys, revisions
from couponflow.store.dynamodb import Item, Table, Write, put
from couponflow.store.revisions import Seen


class RedeemPageStore:
    """The redeem page of each coupon; `CouponStore.get_with_page` reads it along with the
    coupon.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, coupon_id: str) -> RedeemPage:
        """The settings, or the defaults if none were saved."""
        return redeem_page_of(self._table.get(keys.redeem_page(coupon_id), consistent=True))


class PageChangedError(Exception):
    """The page is not one that the author saw; nothing was written. Carries the page as it is."""

    def __init__(self, page: RedeemPage) -> None:
        super().__init__()
        self.page = page


def save(coupon_id: str, page: RedeemPage, seen: Seen = None) -> Write:
    """Replace all settings; `CouponStore.save_page` writes them along with the coupon."""
    item = _to_item(coupon_id, page)
    return put(item) if seen is None else put(item, *revisions.is_seen(seen))


def _to_item(coupon_id: str, page: RedeemPage) -> Item:
    button = page.redeem_button
    return keys.redeem_page(coupon_id) | {
        "code_display": page.code_display,
        "button_behavior": button.behavior,
        "button_label": button.label,
        "button_url": button.url,
        "copy_code_button": page.copy_code_button,
        "background_color": page.background_color,
        "brand_icon": page.brand_icon and dataclasses.asdict(page.brand_icon),
        "campaign_image": page.campaign_image and dataclasses.asdict(page.campaign_image),
        "terms": page.terms,
        "locale": page.locale,
        "revision": page.revision,
    }


def redeem_page_of(item: Item | None) -> RedeemPage:
    """The settings of an item; the defaults for None."""
    if item is None:
        return RedeemPage()
    return RedeemPage(
        code_display=CodeDisplay(item["code_display"]),
        redeem_button=RedeemButton(
            ButtonBehavior(item["button_behavior"]),
            item.get("button_label"),
            item.get("button_url"),
        ),
        copy_code_button=item["copy_code_button"],
        background_color=item["background_color"],
        brand_icon=_image_of(item.get("brand_icon")),
        campaign_image=_image_of(item.get("campaign_image")),
        terms=item["terms"],
        locale=item.get("locale"),
        revision=item.get("revision"),
    )


def _image_of(stored: Item | None) -> PageImage | None:
    """Return an image with its size. The settings hold both, so a page view reads nothing more."""
    return (
        PageImage(stored["image_id"], stored["sha256"], int(stored["width"]), int(stored["height"]))
        if stored
        else None
    )
