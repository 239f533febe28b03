"""The local engines, as context managers that give their endpoints: DynamoDB (`ENGINES`) and S3."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from local import ports
from local.child_processes import StackFailed, end, tied_to_parent
from tools import paths
from tools.paths import DEFAULT_ENGINE

START_SECONDS = 60


@dataclass(frozen=True)
class Engine:
    """A started process; it accepts connections once `wait_for` has returned."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def endpoint(self) -> str:
        return f"http://{ports.LOOPBACK}:{self.port}"


class StartEngine(Protocol):
    def __call__(self, logs: Path, data: Path | None = None) -> AbstractContextManager[Engine]:
        """Run the engine on the files in `data`; without them, in memory."""
        ...


async def first_to_end(engines: Sequence[Engine]) -> Engine:
    """Wait until one of them ends unexpectedly."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Engine] = loop.create_future()

    def end_with(engine: Engine) -> None:
        if not ended.done():
            ended.set_result(engine)

    with contextlib.ExitStack() as handles:
        for engine in engines:
            handle = os.pidfd_open(engine.process.pid)
            handles.callback(os.close, handle)
            loop.add_reader(handle, end_with, engine)
            handles.callback(loop.remove_reader, handle)
        return await ended


def roto(logs: Path, data: Path | None = None) -> AbstractContextManager[Engine]:
    """roto-aws: one binary; each acknowledged write is in SQLite."""
    files = ["--ephemeral"] if data is None else ["--data-dir", _folder(data)]
    server = [paths.roto(), "--host", ports.LOOPBACK, *files]
    return _engine("roto", lambda port: [*server, "--port", str(port)], logs)


def ministack(logs: Path, data: Path | None = None) -> AbstractContextManager[Engine]:
    """MiniStack has its tables in memory and writes them to `data` on SIGTERM."""
    files = {} if data is None else {"PERSIST_STATE": "1", "STATE_DIR": _folder(data)}
    return _ministack("MiniStack", "dynamodb,dynamodbstreams", files, logs)


def dynamodb_local(logs: Path, data: Path | None = None) -> AbstractContextManager[Engine]:
    """AWS's own engine. It needs Java and is not open source."""
    home = paths.DYNAMODB_LOCAL
    native = [f"-Djava.library.path={home}/DynamoDBLocal_lib", "--enable-native-access=ALL-UNNAMED"]
    java = [paths.java(), *native, "-jar", f"{home}/DynamoDBLocal.jar", "-sharedDb"]
    files = ["-inMemory"] if data is None else ["-dbPath", _folder(data)]
    return _engine("DynamoDB Local", lambda port: [*java, *files, "-port", str(port)], logs)


ENGINES: Mapping[str, StartEngine] = {
    "roto": roto,
    "ministack": ministack,
    "dynamodb-local": dynamodb_local,
}


def chosen_engine() -> str:
    """The engine that the variable ENGINE names.

    Raises StackFailed if there is none of that name.
    """
    name = os.environ.get("ENGINE") or DEFAULT_ENGINE
    if name not in ENGINES:
        raise StackFailed(f"ENGINE={name}: choose one of {', '.join(ENGINES)}")
    return name


def dynamodb(logs: Path, data: Path) -> AbstractContextManager[Engine]:
    """The chosen engine, on a folder of its own in `data`: engines can't read each other's
    files.
    """
    name = chosen_engine()
    return ENGINES[name](logs, data / name)


def s3(logs: Path, data: Path) -> AbstractContextManager[Engine]:
    """MiniStack's S3: checks signatures and upload policies, and keeps each object in a file.

    It accepts the credentials of `tables.CREDENTIALS` only.
    """
    files = {"S3_PERSIST": "1", "S3_DATA_DIR": _folder(data)}
    return _ministack("S3 server", "s3", {"AUTH": "true", **files}, logs)


def _ministack(
    name: str, services: str, variables: Mapping[str, str], logs: Path
) -> AbstractContextManager[Engine]:
    common = {
        "BIND_HOST": ports.LOOPBACK,
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "PATH": os.environ["PATH"],
        "SERVICES": services,
        **variables,
    }
    return _engine(
        name,
        lambda _: [str(paths.MINISTACK / "bin" / "ministack")],
        logs,
        lambda port: {**common, "GATEWAY_PORT": str(port)},
    )


def _folder(path: Path) -> str:
    path.mkdir(parents=True, exist_ok=True)
    return str(path.resolve())


@contextlib.contextmanager
def _engine(
    name: str,
    command: Callable[[int], list[str]],
    logs: Path,
    environment: Callable[[int], Mapping[str, str]] | None = None,
) -> Iterator[Engine]:
    port = ports.free_port()
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{name.split()[0].lower()}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command(port),
            cwd=logs,
            env=environment and environment(port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Ctrl-C reaches only the stack, which then ends the engines.
            start_new_session=True,
            preexec_fn=tied_to_parent(signal.SIGTERM),
        )
    try:
        yield Engine(name, port, process, log)
    finally:
        end(process)


def wait_for(*engines: Engine) -> None:
    """Wait until all of them accept connections."""
    deadline = time.monotonic() + START_SECONDS
    for engine in engines:
        while not ports.listens(engine.process.pid, engine.port):
            if engine.process.poll() is not None:
                raise StackFailed(
                    f"{engine.name} ended as it started (exit {engine.process.returncode}): see "
                    f"{engine.log}"
                )
            if time.monotonic() > deadline:
                raise StackFailed(
                    f"{engine.name} did not answer within {START_SECONDS} s: see {engine.log}"
                )
            time.sleep(0.02)
