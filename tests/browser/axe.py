"""axe: violations of WCAG 2.2 AA and of best practices that a program can detect."""

from __future__ import annotations

from collections.abc import Sequence

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# A frame's document is checked as a separate page. `target-size` is the only AA rule off by
# default.
OPTIONS = {
    "resultTypes": ["violations"],
    "iframes": False,
    "rules": {"target-size": {"enabled": True}},
}


# The rules whose result depends on colours.
COLOR_RULES = ("color-contrast", "link-in-text-block")


def violations(page: Page, only: Sequence[str] = ()) -> list[str]:
    """Violations on the page, of the rules in `only` or of all."""
    # Injecting axe takes longer than a check.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    options = OPTIONS | {"runOnly": {"type": "rule", "values": list(only)}} if only else OPTIONS
    broken = page.evaluate("options => axe.run(options).then(found => found.violations)", options)
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for rule in broken
        for node in rule["nodes"]
    ]
