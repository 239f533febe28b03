"""Checks the JavaScript that browsers run: `python -m tools.javascript.check [--fix]`."""

import subprocess
import sys

from tools.paths import JAVASCRIPT_CHECKS, ROOT, node

SOURCES = ("functions/console/static/js", "layers/couponflow/couponflow/web/page/page.js")
WIDTH = "120"


def main(options: list[str]) -> int:
    """Format with Prettier and lint with ESLint; without `--fix`, change nothing."""
    is_fix = "--fix" in options
    modules = JAVASCRIPT_CHECKS / "node_modules"
    paths = [str(ROOT / source) for source in SOURCES]
    prettier = [str(modules / "prettier/bin/prettier.cjs"), "--print-width", WIDTH]
    # The HTML in htm templates is not plain HTML: its closing tags are `<//>`.
    prettier += ["--embedded-language-formatting", "off"]
    eslint = [str(modules / "eslint/bin/eslint.js"), "--max-warnings=0"]
    commands = [
        [*prettier, "--log-level=warn", "--write" if is_fix else "--check", *paths],
        [*eslint, "--config", str(JAVASCRIPT_CHECKS / "eslint.config.mjs"), *paths],
    ]
    statuses = [subprocess.run([node(), *command], cwd=ROOT).returncode for command in commands]
    return max(statuses)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
