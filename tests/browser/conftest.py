"""Chromium, and an organisation on the running service."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.support import targets
from tests.support.api import Api
from tests.support.stacks import StackProcess
from tests.support.transports import http_client
from tools import browsers

PHONE = {"width": 390, "height": 760}


# Not session-wide: Playwright's event loop blocks other event loops while it runs.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = browsers.chromium()
    if path is None:
        missing = "no Chromium on this machine, so no browser test runs (python3 -m tools.browsers)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """`phone(...)`: a new browser context with a phone's screen; takes Playwright's options."""
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
def client(stack: dict[str, Any]) -> Iterator[httpx.Client]:
    """A client of the running service. A refused request fails the test."""
    with http_client(base_url=stack["base_url"]) as made:
        made.event_hooks["response"].append(httpx.Response.raise_for_status)
        yield made


@pytest.fixture(scope="session")
def merchant(stack: dict[str, Any], client: httpx.Client) -> Api:
    """The demo organisation of the running service."""
    return Api.of_demo(stack, client)


@pytest.fixture(scope="session")
def new_organisation(source_stack: StackProcess, client: httpx.Client) -> Callable[[], Api]:
    """`new_organisation()`: an organisation with a key per scope."""
    return lambda: targets.of_stack(source_stack).new_organisation(client)
