"""Chromium for tests, and the running service as the people in front of it know it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.shop import Shop
from tools import browsers

PHONE = {"width": 390, "height": 760}


# Not for the whole session: while it is there, its event loop is in the way of all others.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = browsers.chromium()
    if path is None:
        missing = "no Chromium on this machine: nothing in a browser is tested (python3 -m tools.browsers)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """`phone(...)`: a browser of its own with a phone's screen; Playwright's options change it."""
    made: list[BrowserContext] = []

    def new(**options: Any) -> BrowserContext:
        defaults: dict[str, Any] = {"viewport": PHONE, "has_touch": True, "locale": "en-US"}
        made.append(chromium.new_context(**defaults | options))
        made[-1].set_default_timeout(15_000)
        return made[-1]

    yield new
    for context in made:
        context.close()


@pytest.fixture(scope="session")
def shop(stack: dict[str, Any]) -> Iterator[Shop]:
    """An organisation on the running service."""
    with Shop(stack) as open_shop:
        yield open_shop
