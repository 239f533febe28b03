"""`make build`: the deployable package in .aws-sam/build, for either architecture and without
Docker.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from layers.couponflow.build import compile_all, find_python, machine_architecture, settle_times
from tools.paths import BUILDS, DEV_LOCK, ROOT, SAM, TOOLS, VENV, locked

RUNTIME = "3.13"
DEPLOYABLE = ROOT / ".aws-sam" / "build"
# Libraries of Lambda's runtime. We ship boto3 ourselves to control its version.
RUNTIME_PACKAGES = ("awslambdaric", "simplejson", "snapshot-restore-py")


class BuildFailed(Exception):
    """The reason in one line."""


def build_once(arch: str, folder: Path, runtime: str = RUNTIME) -> Path:
    """As `build`, but copied if equal inputs were built before on this machine.

    A build takes half a minute.
    """
    builds = BUILDS / f"{arch}-{runtime}"
    builds.mkdir(parents=True, exist_ok=True)
    kept = builds / _fingerprint(arch, runtime)
    with builds.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            for outdated in builds.iterdir():
                shutil.rmtree(outdated)
            with tempfile.TemporaryDirectory(dir=builds) as unfinished:
                build(arch, Path(unfinished) / "build", runtime)
                os.rename(Path(unfinished) / "build", kept)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(kept, folder)
    return folder / "template.yaml"


def _fingerprint(arch: str, runtime: str) -> str:
    """A hash of all that a package is made of, and of what makes it."""
    digest = hashlib.sha256(f"{arch} {runtime} {sys.version} {find_python(runtime)}".encode())
    folders = (ROOT / "functions", ROOT / "layers")
    sources = [
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    for path in [
        *sorted(sources),
        ROOT / "template.yaml",
        ROOT / "requirements-sam.txt",
        DEV_LOCK,
        Path(__file__),
    ]:
        digest.update(
            f"{path.relative_to(ROOT)}\0{path.stat().st_mode:o}\0{path.stat().st_size}\0".encode()
        )
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def build(arch: str, folder: Path = DEPLOYABLE, runtime: str = RUNTIME) -> Path:
    """Build the package; return its template, whose folder has everything else."""
    environment = {
        **os.environ,
        "ARCH": arch,
        "RUNTIME": runtime,
        "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "SAM_CLI_TELEMETRY": "0",
    }
    sam = [str(SAM / "bin" / "sam"), "build", "--build-dir", str(folder)]
    done = subprocess.run(
        [*sam, "--parameter-overrides", f"Architecture={arch}"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        print(done.stdout, file=sys.stderr)
        raise BuildFailed("sam build failed; its own words stand above")
    template = folder / "template.yaml"
    _copy_functions(template, runtime)
    return template


def local_build(folder: Path) -> tuple[Path, str]:
    """The package built for this machine, and a Python with Lambda's runtime client only."""
    deployed = find_python(RUNTIME)
    if deployed is None:
        runtime, python = f"{sys.version_info.major}.{sys.version_info.minor}", [sys.executable]
        print(
            f"No Python {RUNTIME} answers here: built for {runtime}, which is not the deployed "
            "build"
        )
    else:
        runtime, python = RUNTIME, deployed
    template = build_once(machine_architecture(), folder, runtime)
    return template, str(_bare_environment(python[0], runtime) / "bin" / "python")


def _bare_environment(python: str, runtime: str) -> Path:
    environment = TOOLS / f"runtime-{runtime}"
    wanted = locked(*RUNTIME_PACKAGES)
    stamp = environment / ".installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        uv = str(VENV / "bin" / "uv")
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as lock:
            lock.write(wanted)
            lock.flush()
            for command in (
                [uv, "venv", "--quiet", "--clear", "--python", python, str(environment)],
                [
                    uv,
                    "pip",
                    "sync",
                    "--quiet",
                    "--require-hashes",
                    "--python",
                    str(environment),
                    lock.name,
                ],
            ):
                if subprocess.run(command, check=False).returncode != 0:
                    raise BuildFailed(f"no environment with {RUNTIME_PACKAGES[0]} under {python}")
        stamp.write_text(wanted)
    return environment


def _copy_functions(template: Path, runtime: str) -> None:
    """Copy functions without requirements, which sam leaves out, beside the template and compile
    them.
    """
    document = yaml.safe_load(template.read_text())
    for name, resource in document["Resources"].items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        built = template.parent / name
        source = (template.parent / resource["Properties"]["CodeUri"]).resolve()
        if source != built.resolve():
            shutil.copytree(source, built, ignore=shutil.ignore_patterns("__pycache__"))
            resource["Properties"]["CodeUri"] = name
        compile_all(built, runtime, mounted_at="/var/task")
        settle_times(built)
    template.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=1000))


def sizes(folder: Path) -> dict[str, int]:
    """Unpacked bytes, which Lambda limits, by function and layer."""
    return {
        part.name: sum(file.stat().st_size for file in part.rglob("*") if file.is_file())
        for part in sorted(folder.iterdir())
        if part.is_dir()
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="make build")
    parser.add_argument("--arch", choices=("arm64", "x86_64"), required=True)
    arch = parser.parse_args().arch
    try:
        template = build(arch)
    except BuildFailed as failure:
        print(f"make build: {failure}", file=sys.stderr)
        return 1
    for name, size in sizes(template.parent).items():
        print(f"  {name:20} {size / 1_000_000:6.2f} MB")
    suffix = "" if arch == "arm64" else f" --parameter-overrides Architecture={arch}"
    print(f"Built for {arch}: sam deploy --region REGION{suffix}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
