"""Places the console's library: `python3 vendor.py FOLDER [npm command …]`.

The packages come from the npm registry by lock file. Browsers can't look up a bare name such as
"preact", so such names become relative addresses. Otherwise the packages' own module files stay
as they are: there is no build step, and no import map that the content security policy would have
to allow. Only the standard library is used: the set-up and `sam build` run this before anything is
installed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCKS = [HERE / "package.json", HERE / "package-lock.json"]
MODULES = {
    "preact": "preact/dist/preact.mjs",
    "preact/hooks": "preact/hooks/dist/hooks.mjs",
    "htm": "htm/dist/htm.module.js",
    "@preact/signals-core": "@preact/signals-core/dist/signals-core.mjs",
    "@preact/signals": "@preact/signals/dist/signals.mjs",
}
FONT = "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"
LICENCES = {
    "preact": "preact/LICENSE",
    "htm": "htm/LICENSE",
    "signals": "@preact/signals/LICENSE",
    "inter": "@fontsource-variable/inter/LICENSE",
}

_NAMES = "|".join(map(re.escape, MODULES))
_BARE = re.compile(rf"""\b(from|import)\s*(["'])({_NAMES})\2""")
_SOURCE_MAP = re.compile(r"\n?//# sourceMappingURL=\S+\s*$")


def file_name(module: str) -> str:
    """The name of a module's file in the vendor folder."""
    return module.removeprefix("@preact/").replace("/", "-") + ".js"


def place(folder: Path, npm: list[str]) -> None:
    """Fill `folder`, an empty one. Raises CalledProcessError when npm fails, which has told why."""
    with tempfile.TemporaryDirectory() as made:
        packages = _install(Path(made), npm)
        for module, path in MODULES.items():
            source = (packages / path).read_text()
            (folder / file_name(module)).write_text(_relative(source), newline="\n")
        shutil.copyfile(packages / FONT, folder / "inter.woff2")
        for name, path in LICENCES.items():
            shutil.copyfile(packages / path, folder / f"LICENSE.{name}.txt")


def _install(folder: Path, npm: list[str]) -> Path:
    """Install the locked packages into the folder; return where they are."""
    for lock in LOCKS:
        shutil.copy(lock, folder)
    quiet = ["--loglevel=error", "--no-audit", "--no-fund"]
    install = [*npm, "ci", "--ignore-scripts", *quiet]
    subprocess.run(install, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    return folder / "node_modules"


def _relative(source: str) -> str:
    source = _BARE.sub(lambda found: f'{found[1]} "./{file_name(found[3])}"', source)
    return _SOURCE_MAP.sub("\n", source)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    place(target, sys.argv[2:] or ["npm"])
