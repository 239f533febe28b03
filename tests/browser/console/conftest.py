"""The console in a browser, signed in to an organisation for these tests only."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from local.invoke import invoke
from tests.browser.merchant import Merchant

DESKTOP = {"width": 1280, "height": 860}
# Sets the key once per tab. A reload keeps the session, and tests skip the sign-in form.
SIGNED_IN = """try {{
  sessionStorage.getItem("couponflow.key") ?? sessionStorage.setItem("couponflow.key", {key});
}} catch {{}}"""


def new_organisation(base_url: str) -> dict[str, Any]:
    def operator(**request: Any) -> dict[str, Any]:
        return dict(invoke(base_url, "OperatorFunction", request))

    organisation = operator(action="create_organisation", name=f"Bakery {uuid.uuid4().hex[:6]}")[
        "organisation_id"
    ]
    keys = {
        f"{scope}_key": operator(action="create_key", organisation_id=organisation, scopes=[scope])[
            "key"
        ]
        for scope in ("admin", "distribute", "redeem")
    }
    return {"base_url": base_url, "organisation_id": organisation, **keys}


@pytest.fixture(scope="session")
def bakery(stack: dict[str, Any]) -> Iterator[Merchant]:
    """An organisation whose marketer uses the console."""
    with Merchant(new_organisation(stack["base_url"])) as merchant:
        yield merchant


@pytest.fixture
def empty_bakery(stack: dict[str, Any]) -> Iterator[Merchant]:
    """A new organisation without coupons."""
    with Merchant(new_organisation(stack["base_url"])) as merchant:
        yield merchant


@pytest.fixture
def open_console(chromium: Browser, bakery: Merchant) -> Iterator[Callable[..., Page]]:
    """`open_console(path)`: a new signed-in tab.

    A page error or a violation of the content security policy fails the test.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def opened(
        path: str = "/coupons",
        *,
        merchant: Merchant = bakery,
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
            context.add_init_script(SIGNED_IN.format(key=json.dumps(merchant.demo["admin_key"])))
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda said: (
                errors.append(said.text) if "Content Security Policy" in said.text else None
            ),
        )
        page.goto(f"{merchant.demo['base_url']}/console{path}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []
