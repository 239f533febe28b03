"""Things as the JSON API shows them."""

from datetime import datetime
from typing import Any

from couponflow.domain import times
from couponflow.domain.models import Image, RedeemPage, Redemption
from couponflow.services.coupons import CouponWithCounts


def coupon(campaign: CouponWithCounts, now: datetime) -> dict[str, Any]:
    of, counts = campaign.coupon, campaign.counts
    return {
        "coupon_id": of.coupon_id,
        "code": of.code,
        "name": of.name,
        "starts_at": times.format_utc(of.starts_at),
        "ends_at": times.format_utc(of.ends_at),
        "timezone": of.timezone,
        "max_redemptions": of.max_redemptions,
        "max_redemptions_per_customer": of.max_redemptions_per_customer,
        "active": of.active,
        "status": campaign.status(now),
        "times_redeemed": counts.used,
        "remaining": None if of.max_redemptions is None else counts.remaining,
        "version": of.version,
        "created_at": times.format_utc(of.created_at),
        "updated_at": times.format_utc(of.updated_at),
    }


def redeem_page(page: RedeemPage) -> dict[str, Any]:
    button = page.redeem_button
    return {
        "code_display": page.code_display,
        "redeem_button": {"behavior": button.behavior, "label": button.label, "url": button.url},
        "copy_code_button": page.copy_code_button,
        "background_color": page.background_color,
        "brand_icon": page.brand_icon and page.brand_icon.image_id,
        "campaign_image": page.campaign_image and page.campaign_image.image_id,
        "terms": page.terms,
        "locale": page.locale,
    }


def image(of: Image, base_url: str) -> dict[str, Any]:
    """A completed one."""
    assert of.shown is not None, "only a completed image is shown"
    return {"image_id": of.image_id, "url": base_url + of.path, "width": of.shown.width, "height": of.shown.height}


def record(redemption: Redemption) -> dict[str, Any]:
    return {
        "redemption_id": redemption.redemption_id,
        "coupon_id": redemption.holder.coupon_id,
        "customer_id": redemption.customer_id,
        "inbox_id": redemption.inbox_id,
        "status": redemption.status,
        "distributed_at": _optional(redemption.distributed_at),
        "redeemed_at": _optional(redemption.redeemed_at),
    }


def _optional(moment: datetime | None) -> str | None:
    return times.format_utc(moment) if moment else None
