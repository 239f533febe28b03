"""Actions of a marketer in a browser that take more than one Playwright call."""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page

MOST_TABS = 120


def retry(page: Page, check: Callable[[], None]) -> None:
    """Repeat the check until it passes, for about three seconds."""
    for _ in range(20):
        try:
            return check()
        except AssertionError:
            page.wait_for_timeout(150)
    return check()


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus."""
    for _ in range(MOST_TABS):
        if target.count() == 1 and target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{MOST_TABS} times Tab did not reach {target}")


def type_into(page: Page, target: Locator, text: str) -> None:
    tab_to(page, target)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def picture(width: int, height: int, kind: str = "PNG", colour: str = "#d7263d") -> FilePayload:
    content = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(content, kind)
    return {
        "name": f"picture.{kind.lower()}",
        "mimeType": f"image/{kind.lower()}",
        "buffer": content.getvalue(),
    }
