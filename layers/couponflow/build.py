"""Builds the layer into a folder: `python3 build.py ARTIFACTS_DIR`, called by `sam build` through
the Makefile.

ARCH (arm64 or x86_64) and RUNTIME (3.13) name the target, whatever machine this runs on. A deployer
needs Python with pip and nothing else, so this file uses the standard library only. The same inputs
give the same bytes.
"""

from __future__ import annotations

import gzip
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PLATFORMS = {"arm64": "aarch64", "x86_64": "x86_64"}

# botocore carries 400 services; these are the ones that functions call.
SERVICES = {"dynamodb", "s3", "sqs"}
# Nothing that functions import leads there; a test runs every function on the built layer alone.
NOT_NEEDED = (
    ".lock",
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/utilities/data_classes",
    "aws_lambda_powertools/utilities/idempotency",
    "aws_lambda_powertools/utilities/parameters",
    "aws_lambda_powertools/utilities/parser",
    "babel/messages",
    "bin",
    "boto3/data",
    "boto3/examples",
    "botocore/data/dynamodb/2011-12-05",
    "botocore/data/*/*/examples-1.json",
    "pydantic/v1",
    "**/tests",
    "**/*.pyi",
    "**/__pycache__",
)
# Parts of botocore's service models that keep their texts: botocore/model.py reads `documentation`
# there at every call.
READ_WHOLE = {"clientContextParams"}
# Those of couponflow.web.page.languages, with their parents; a test holds them equal.
LOCALES = {"root", "en", "zh", "zh_Hant", "zh_Hans", "ja", "th", "id", "es", "ar"}
# A zip can't hold an earlier time.
ZIP_EPOCH = 315_532_800


def main(artifacts: Path, lock: Path | None = None) -> None:
    """With a lock, what it names for a function of its own; without, the layer."""
    arch, runtime = os.environ.get("ARCH", "arm64"), os.environ.get("RUNTIME", "3.13")
    if arch not in PLATFORMS:
        sys.exit(f"ARCH is {arch}: it must be one of {', '.join(PLATFORMS)}")
    if lock:
        install(artifacts, PLATFORMS[arch], runtime, lock)
        return
    target = artifacts / "python"
    shutil.rmtree(target, ignore_errors=True)
    install(target, PLATFORMS[arch], runtime)
    shutil.copytree(
        HERE / "couponflow", target / "couponflow", ignore=shutil.ignore_patterns("__pycache__")
    )
    trim(target)
    keep_endpoints(target / "botocore" / "data" / "endpoints.json")
    keep_calls(target / "botocore" / "data")
    keep_locales(target / "babel" / "locale-data")
    compile_all(artifacts, runtime)
    settle_times(artifacts)


def install(
    target: Path, machine: str, runtime: str, lock: Path = HERE / "requirements.txt"
) -> None:
    """Install the locked dependencies for a machine into `target`."""
    uv = shutil.which("uv")
    exactly = [
        "--require-hashes",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--target",
        str(target),
        "-r",
        str(lock),
    ]
    if uv:
        tool = [uv, "pip", "install", "--quiet", "--python", sys.executable, "--link-mode", "copy"]
        wanted = ["--python-version", runtime, "--python-platform", f"{machine}-manylinux_2_28"]
    else:
        tool = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-compile",
            "--disable-pip-version-check",
        ]
        # pip does not know that a newer glibc serves wheels for the older ones.
        accepted = [
            f"--platform={kind}_{machine}"
            for kind in ("manylinux_2_28", "manylinux_2_17", "manylinux2014")
        ]
        wanted = ["--python-version", runtime, "--implementation", "cp", *accepted]
    if subprocess.run([*tool, *wanted, *exactly], check=False).returncode != 0:
        sys.exit(
            "the layer's dependencies could not be installed; the installer's own words stand above"
        )


def trim(target: Path) -> None:
    """What no function needs at run time. Of what installers note down only the licences stay."""
    for service in (target / "botocore" / "data").iterdir():
        if service.is_dir() and service.name not in SERVICES:
            shutil.rmtree(service)
    for noted in sorted(target.glob("*.dist-info")):
        _keep_licences(noted, target / "licenses" / noted.name.removesuffix(".dist-info"))
        shutil.rmtree(noted)
    for pattern in NOT_NEEDED:
        for found in sorted(target.glob(pattern)):
            if found.is_dir():
                shutil.rmtree(found)
            else:
                found.unlink(missing_ok=True)


def keep_endpoints(file: Path) -> None:
    """Where the services are that functions call: reading all 400 would be a tenth of a
    cold start.
    """
    known = json.loads(file.read_bytes())
    for partition in known["partitions"]:
        partition["services"] = {
            name: each for name, each in partition["services"].items() if name in SERVICES
        }
    file.write_text(json.dumps(known, separators=(",", ":")))


def keep_calls(data: Path) -> None:
    """Of what services can be asked the shapes, without the words that explain them: four fifths of
    what a client reads.
    """
    for file in sorted(data.glob("*/*/service-2.json.gz")):
        model = _without_words(json.loads(gzip.decompress(file.read_bytes())))
        file.with_suffix("").write_text(json.dumps(model, separators=(",", ":")))
        file.unlink()


def _without_words(part: Any) -> Any:
    if isinstance(part, dict):
        # A shape's member may be called so too; that is no text.
        return {
            name: each if name in READ_WHOLE else _without_words(each)
            for name, each in part.items()
            if not (name == "documentation" and isinstance(each, str))
        }
    return [_without_words(each) for each in part] if isinstance(part, list) else part


def keep_locales(data: Path) -> None:
    """Of the thousand locales those that a redeem page can be in, and what they inherit from."""
    for locale in data.glob("*.dat"):
        if locale.stem not in LOCALES:
            locale.unlink()


def _keep_licences(noted: Path, kept: Path) -> None:
    for file in sorted(noted.rglob("*")):
        if file.is_file() and file.name.upper().startswith(
            ("LICENSE", "LICENCE", "NOTICE", "COPYING")
        ):
            kept.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, kept / file.name)


def compile_all(folder: Path, runtime: str, mounted_at: str = "/opt") -> None:
    """Bytecode of the runtime's own version: without it every cold start compiles, for Lambda's
    disk is read-only.
    """
    python = find_python(runtime)
    if python is None:
        print(
            f"No Python {runtime} answers on this machine: built without bytecode, cold starts "
            "take longer"
        )
        return
    # The hash is never checked: times change on the way to Lambda, sources do not.
    command = [*python, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    where = ["-s", str(folder), "-p", mounted_at, str(folder)]
    subprocess.run([*command, *where], check=True, env={**os.environ, "PYTHONHASHSEED": "0"})


def find_python(runtime: str) -> list[str] | None:
    """A command that runs this very version; a pyenv shim may be on PATH and yet not answer."""
    return next(
        (command for command in _candidates(runtime) if _version_of(command) == runtime), None
    )


def _candidates(runtime: str) -> Iterator[list[str]]:
    yield [sys.executable]
    if on_path := shutil.which(f"python{runtime}"):
        yield [on_path]
    for managed in (".pyenv/versions", ".local/share/uv/python"):
        for python in sorted(
            Path.home().glob(f"{managed}/*{runtime}*/bin/python{runtime}"), reverse=True
        ):
            yield [str(python)]


def _version_of(command: list[str]) -> str:
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        return subprocess.run(
            [*command, "-c", ask], capture_output=True, text=True, check=False
        ).stdout.strip()
    except OSError:
        return ""


def settle_times(folder: Path) -> None:
    """Set every file to one time, so that equal content gives an equal package."""
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (ZIP_EPOCH, ZIP_EPOCH))


def machine_architecture() -> str:
    """The architecture of this machine, as Lambda names it."""
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


if __name__ == "__main__":
    main(*(Path(given).resolve() for given in sys.argv[1:]))
