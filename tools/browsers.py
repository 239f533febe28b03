"""The browsers that tests and screenshots need: `python3 -m tools.browsers` installs what is
missing, where it can.

Chromium and WebKit come from Debian's packages, so it takes root and apt. Elsewhere a browser that
is there will do; without one its tests are skipped and say so, and CI fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

PACKAGES = {
    "chromium": ("chromium", "fonts-noto-core", "fonts-noto-cjk"),
    "webkit": ("webkit2gtk-driver", "xvfb"),
}
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    return next(filter(None, map(shutil.which, _CHROMIUM)), None)


def webkit() -> str | None:
    """The WebKit driver; it needs a screen, real or virtual."""
    return shutil.which("WebKitWebDriver") if shutil.which("Xvfb") else None


def missing() -> list[str]:
    return [
        name for name, there in (("chromium", chromium()), ("webkit", webkit())) if there is None
    ]


def install() -> int:
    lacking = missing()
    if lacking and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {' and '.join(lacking)} …", flush=True)
        quiet = ["apt-get", "-qq", "-o=Dpkg::Use-Pty=0"]
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        packages = [package for name in lacking for package in PACKAGES[name]]
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
            subprocess.run(
                [*quiet, *command], env=environment, stdout=subprocess.DEVNULL, check=False
            )
        lacking = missing()
    for name in lacking:
        print(
            f"*** No {name} here: tests in it are SKIPPED. On Debian: apt-get install "
            f"{' '.join(PACKAGES[name])}",
            file=sys.stderr,
        )
    return 1 if "chromium" in lacking and os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(install())
