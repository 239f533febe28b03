"""DynamoDB Local and the local S3 server, as context managers that give their endpoints."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from local import ports
from local.child_processes import StackFailed, end, tied_to_parent
from tools import paths

START_SECONDS = 60
CORS = paths.ROOT / "local" / "s3" / "cors.xml"


@dataclass(frozen=True)
class Engine:
    """Started; it answers once `wait_for` has returned."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def endpoint(self) -> str:
        return f"http://{ports.LOOPBACK}:{self.port}"


async def first_to_end(engines: Sequence[Engine]) -> Engine:
    """Waits until one of them ends, which none should."""
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


@contextlib.contextmanager
def dynamodb_local(logs: Path, data: Path | None = None) -> Iterator[Engine]:
    """AWS's own engine; without `data`, in memory."""
    home = paths.DYNAMODB_LOCAL
    native = f"-Djava.library.path={home}/DynamoDBLocal_lib"
    java = [paths.java(), "--enable-native-access=ALL-UNNAMED", native, "-jar", f"{home}/DynamoDBLocal.jar", "-sharedDb"]
    if data is None:
        where = ["-inMemory"]
    else:
        data.mkdir(parents=True, exist_ok=True)
        where = ["-dbPath", str(data.resolve())]
    with _engine("DynamoDB Local", lambda port: [*java, *where, "-port", str(port)], logs) as engine:
        yield engine


@contextlib.contextmanager
def s3_server(logs: Path, data: Path, buckets: Sequence[str]) -> Iterator[Engine]:
    """With the buckets in place. It accepts the credentials S3RVER and S3RVER only."""
    script = paths.S3_SERVER / "node_modules" / "s3rver" / "bin" / "s3rver.js"
    made = [part for bucket in buckets for part in ("--configure-bucket", bucket, str(CORS))]
    server = [paths.node(), str(script), "-d", str(data), "-a", ports.LOOPBACK, "--no-vhost-buckets", *made]
    with _engine("S3 server", lambda port: [*server, "-p", str(port)], logs) as engine:
        yield engine


@contextlib.contextmanager
def _engine(name: str, command: Callable[[int], list[str]], logs: Path) -> Iterator[Engine]:
    port = ports.free_port()
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{name.split()[0].lower()}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command(port),
            cwd=logs,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Ctrl-C reaches the stack alone, which ends the engines in order.
            start_new_session=True,
            preexec_fn=tied_to_parent(signal.SIGTERM),
        )
    try:
        yield Engine(name, port, process, log)
    finally:
        end(process)


def wait_for(*engines: Engine) -> None:
    """Returns when all of them answer."""
    deadline = time.monotonic() + START_SECONDS
    for engine in engines:
        while not ports.listens(engine.process.pid, engine.port):
            if engine.process.poll() is not None:
                raise StackFailed(f"{engine.name} ended as it started (exit {engine.process.returncode}): see {engine.log}")
            if time.monotonic() > deadline:
                raise StackFailed(f"{engine.name} did not answer within {START_SECONDS} s: see {engine.log}")
            time.sleep(0.02)
