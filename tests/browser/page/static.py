"""Redeem pages without a running service, with the same headers and policy."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.sync_api import BrowserContext, Dialog, Route

from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response
from couponflow.web.page import responses
from couponflow.web.page.state import PageState
from local.screenshots import sample_pages

ADDRESS = "https://coupons.test"
LINK = f"{ADDRESS}/r/preview"


class StaticPage:
    """One browser page that shows given states; records the last state's requests and all
    errors.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.page = context.new_page()
        self.requests: list[str] = []
        self.errors: list[str] = []
        self._sent = Response(404)
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", self._record_dialog)
        self.page.route("**/*", self._answer)

    def show(self, view: PageState, language: str = "") -> StaticPage:
        self._sent = responses.page_response(view, _request(language))
        self.requests.clear()
        self.page.goto(LINK)
        return self

    def _answer(self, route: Route) -> None:
        self.requests.append(route.request.url)
        path = route.request.url.removeprefix(ADDRESS)
        if path in (sample_pages.ICON.path, sample_pages.PICTURE.path):
            route.fulfill(body=sample_pages.drawn(path), content_type="image/webp")
        elif route.request.url == LINK:
            route.fulfill(
                status=self._sent.status, body=self._sent.body, headers=self._sent.headers
            )
        else:
            route.abort()

    def _record_dialog(self, dialog: Dialog) -> None:
        self.errors.append(f"dialog: {dialog.message}")
        dialog.dismiss()


def _request(language: str) -> Request:
    return Request(
        path="/r/preview",
        params={},
        raw_query="",
        headers={"accept-language": language},
        cookies=(),
        body=b"",
        base_url=ADDRESS,
        source_ip="",
        now=datetime.now(UTC),
    )
