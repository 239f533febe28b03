"""axe: violations of WCAG 2.2 AA and of best practices that a program can detect."""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# A frame's document is checked as a separate page. `target-size` is the only AA rule off by
# default.
OPTIONS = {
    "resultTypes": ["violations"],
    "iframes": False,
    "rules": {"target-size": {"enabled": True}},
}


def violations(page: Page) -> list[str]:
    # Injecting axe takes longer than a check.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    broken = page.evaluate("options => axe.run(options).then(found => found.violations)", OPTIONS)
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for rule in broken
        for node in rule["nodes"]
    ]
