"""Rewrite the npm locks from their package.json, without any registry address."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from tools.install import CONSOLE_LOCKS, JAVASCRIPT_LOCKS, LIGHTHOUSE_LOCKS, NPM_QUIET
from tools.paths import npm

if __name__ == "__main__":
    for manifest, lock in (LIGHTHOUSE_LOCKS, CONSOLE_LOCKS[:2], JAVASCRIPT_LOCKS[:2]):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(manifest, folder)
            make = [
                "install",
                "--package-lock-only",
                "--omit-lockfile-registry-resolved",
                "--ignore-scripts",
            ]
            subprocess.run([*npm(), *make, *NPM_QUIET], cwd=folder, check=True)
            shutil.copy(Path(folder) / lock.name, lock)
