"""`make screenshots`: the redeem page in each state on a phone, into an ignored folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Route, sync_playwright

from couponflow.domain.models import ButtonBehavior, CodeDisplay, Coupon, RedeemButton, RedeemPage
from couponflow.web.page import render
from local.screenshots import sample_pages
from tools import browsers
from tools.paths import ROOT

FOLDER = ROOT / ".local" / "screenshots"
ADDRESS = "https://coupons.test/r/preview"
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "locale": "en-US",
}
PLAIN = RedeemPage(background_color="#0f4c5c", terms=sample_pages.TERMS)
RICH = RedeemPage(
    background_color="#0f4c5c",
    terms=sample_pages.TERMS,
    brand_icon=sample_pages.ICON,
    campaign_image=sample_pages.PICTURE,
)
LONG = (
    "Buy one caramel macchiato with oat milk, "
    "get a second one of the same size or smaller for half the price"
)
WORDS = {
    "ar": "خصم ٢٠٪ على أي مشروب",
    "zh-Hant": "任一飲品八折",
    "zh-Hans": "任意饮品八折",
    "ja": "ドリンク全品20%オフ",
    "th": "ส่วนลด 20% ทุกเครื่องดื่ม",
}


@dataclass(frozen=True)
class Shot:
    name: str
    html: str
    options: dict[str, Any] = field(default_factory=dict)


def shots(now: datetime) -> Iterator[Shot]:
    for mode, options in (("light", {}), ("dark", {"color_scheme": "dark"})):
        for scene, view in sample_pages.views(RICH, now).items():
            yield Shot(f"{scene}_{mode}", render.render(view), options)
        for display in CodeDisplay:
            page = RedeemPage(code_display=display, terms=sample_pages.TERMS)
            yield Shot(
                f"code_{display}_{mode}",
                render.render(sample_pages.views(page, now)["available"]),
                options,
            )
        yield Shot(f"not_found_{mode}", render.not_found(), options)
        yield Shot(f"unknown_outcome_alone_{mode}", render.unknown_outcome("preview"), options)
    shop = RedeemPage(
        background_color="#ffd60a",
        redeem_button=RedeemButton(ButtonBehavior.OPEN_URL, "Order online", "https://shop.example"),
    )
    yield Shot("open_url", render.render(sample_pages.views(shop, now)["available"]))
    narrow = {"viewport": {"width": 320, "height": 568}}
    long = sample_pages.coupon(now, name=LONG, code="A-VERY-LONG-CODE-OF-FORTY-CHARACTERS-40X")
    yield from _in_words(
        "long", long, RICH, now, narrow, ("available", "redeemed_all_used", "confirm")
    )
    for locale, name in WORDS.items():
        page = RedeemPage(
            background_color="#7c2d12",
            terms=sample_pages.TERMS,
            locale=locale,
            campaign_image=sample_pages.PICTURE,
        )
        yield from _in_words(
            locale,
            sample_pages.coupon(now, name=name),
            page,
            now,
            {},
            ("available", "redeemed", "upcoming", "closed", "redeemed_for_today"),
        )


def _in_words(
    prefix: str,
    coupon: Coupon,
    page: RedeemPage,
    now: datetime,
    options: dict[str, Any],
    names: tuple[str, ...],
) -> Iterator[Shot]:
    views = sample_pages.views(page, now, coupon)
    for name in names:
        yield Shot(f"{prefix}_{name}", render.render(views[name]), options)


def take(context: BrowserContext, shot: Shot, file: Path) -> None:
    def answer(route: Route) -> None:
        path = route.request.url.removeprefix("https://coupons.test")
        if route.request.url == ADDRESS:
            route.fulfill(body=shot.html, content_type="text/html; charset=utf-8")
        elif path in (sample_pages.ICON.path, sample_pages.PICTURE.path):
            route.fulfill(body=sample_pages.drawn(path), content_type="image/webp")
        else:
            route.abort()

    page = context.new_page()
    page.route("**/*", answer)
    page.goto(ADDRESS)
    page.wait_for_load_state("networkidle")
    # Finish entrance animations; endless animations continue.
    page.wait_for_function(
        "document.getAnimations().every(one => one.playState !== 'running' || "
        "one.effect.getTiming().iterations === Infinity)"
    )
    page.screenshot(path=file)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make screenshots")
    parser.add_argument("names", nargs="*", help="beginnings of names; none: all")
    names = tuple(parser.parse_args().names)
    path = browsers.chromium()
    if path is None:
        print(
            "make screenshots: no Chromium on this machine; as root, python3 -m tools.browsers "
            "installs it",
            file=sys.stderr,
        )
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for shot in shots(datetime.now(UTC)):
            if not names or shot.name.startswith(names):
                with browser.new_context(**PHONE | shot.options) as context:
                    take(context, shot, FOLDER / f"{shot.name}.png")
        browser.close()
    print(f"{len(list(FOLDER.glob('*.png')))} screenshots in {FOLDER.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
