"""The redeem page as Lighthouse finds it; its performance depends on the machine, so a benchmark measures that."""

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
        """Nobody reads it."""


@pytest.fixture(scope="module")
def link(stack: dict[str, str], chromium: Browser) -> str:
    """Where there is no Chromium, nothing is measured, and the fixture says so."""
    return lighthouse.page(stack)


def test_lighthouse_finds_nothing_to_do_better(link):
    report = lighthouse.measured(link, CATEGORIES)
    assert report.faults == []
    assert report.scores == {name: lighthouse.MUST[name] for name in CATEGORIES}


def test_lighthouse_sees_what_is_wrong(chromium, tmp_path):
    """The control: a page without a language, a title and a contrast."""
    (tmp_path / "index.html").write_text("<!doctype html><p style='color: #eee'>Who can read this?")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        report = lighthouse.measured(f"http://127.0.0.1:{server.server_port}", CATEGORIES)
        server.shutdown()
    assert len(report.faults) >= 3 and report.scores["accessibility"] < 100
