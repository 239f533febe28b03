"""axe: what of WCAG 2.2 AA and of its own best practices a page breaks, as far as a program can see."""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# A frame's document is a page of its own, and looked at as one. Of level AA only the size of targets is off by itself.
OPTIONS = {"resultTypes": ["violations"], "iframes": False, "rules": {"target-size": {"enabled": True}}}


def violations(page: Page) -> list[str]:
    # To put it into a page takes longer than a check.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    broken = page.evaluate("options => axe.run(options).then(found => found.violations)", OPTIONS)
    return [f"{rule['id']}: {node['html'][:200]} {node['failureSummary'][:300]}" for rule in broken for node in rule["nodes"]]
