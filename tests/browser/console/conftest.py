"""The console in a browser, signed in to an organisation for these tests only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.api import Api

DESKTOP = {"width": 1280, "height": 860}
# Sets the key once per tab. A reload keeps the session, and tests skip the sign-in form.
SIGNED_IN = """try {{
  sessionStorage.getItem("couponflow.key") ?? sessionStorage.setItem("couponflow.key", {key});
}} catch {{}}"""


@pytest.fixture(scope="session")
def bakery(new_organisation: Callable[[], Api]) -> Api:
    """An organisation whose marketer uses the console."""
    return new_organisation()


@pytest.fixture
def empty_bakery(new_organisation: Callable[[], Api]) -> Api:
    """A new organisation without coupons."""
    return new_organisation()


@pytest.fixture
def open_console(chromium: Browser, bakery: Api) -> Iterator[Callable[..., Page]]:
    """`open_console(path)`: a new signed-in tab.

    A page error or a violation of the content security policy fails the test.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def opened(
        path: str = "/coupons",
        *,
        merchant: Api = bakery,
        is_signed_in: bool = True,
        **options: Any,
    ) -> Page:
        defaults: dict[str, Any] = {
            "viewport": DESKTOP,
            "locale": "en-GB",
            "timezone_id": "Asia/Hong_Kong",
            "accept_downloads": True,
        }
        context = chromium.new_context(**defaults | options)
        contexts.append(context)
        context.set_default_timeout(15_000)
        if is_signed_in:
            context.add_init_script(SIGNED_IN.format(key=json.dumps(merchant.keys["admin"])))
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda said: (
                errors.append(said.text) if "Content Security Policy" in said.text else None
            ),
        )
        page.goto(f"{merchant.base_url}/console{path}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []
