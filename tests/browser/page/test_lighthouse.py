"""Lighthouse on the redeem page, without performance, which depends on the machine (see bench/)."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser

from bench import lighthouse

CATEGORIES = ["accessibility", "best-practices"]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Keep the test output clean."""


@pytest.fixture(scope="module")
def link(stack: dict[str, str], chromium: Browser) -> str:
    """A link for Lighthouse. The fixture skips the test if Chromium is missing."""
    return lighthouse.page(stack)


def test_lighthouse_has_no_suggestion(link):
    report = lighthouse.measured(link, CATEGORIES)
    assert report.faults == []
    assert report.scores == {name: lighthouse.MUST[name] for name in CATEGORIES}


def test_control_lighthouse_notices_faults(chromium, tmp_path):
    """Control: a page without a language, a title and contrast."""
    (tmp_path / "index.html").write_text("<!doctype html><p style='color: #eee'>Who can read this?")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        report = lighthouse.measured(f"http://127.0.0.1:{server.server_port}", CATEGORIES)
        server.shutdown()
    assert len(report.faults) >= 3 and report.scores["accessibility"] < 100
