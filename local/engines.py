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

from local import ports, tools
from local.processes import StackFailed, end, tied_to_parent

START_SECONDS = 60
CORS = tools.ROOT / "local" / "s3" / "cors.xml"


@dataclass(frozen=True)
class Engine:
    name: str
    endpoint: str
    process: subprocess.Popen[bytes]
    log: Path


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
    home = tools.DYNAMODB_LOCAL
    native = f"-Djava.library.path={home}/DynamoDBLocal_lib"
    java = [tools.java(), native, "-jar", f"{home}/DynamoDBLocal.jar", "-sharedDb"]
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
    script = tools.S3_SERVER / "node_modules" / "s3rver" / "bin" / "s3rver.js"
    made = [part for bucket in buckets for part in ("--configure-bucket", bucket, str(CORS))]
    server = [tools.node(), str(script), "-d", str(data), "-a", ports.LOOPBACK, "--no-vhost-buckets", *made]
    with _engine("the S3 server", lambda port: [*server, "-p", str(port)], logs) as engine:
        yield engine


@contextlib.contextmanager
def _engine(name: str, command: Callable[[int], list[str]], logs: Path) -> Iterator[Engine]:
    port = ports.free_port()
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{name.split()[1].lower()}.log"
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
        _wait_until_it_listens(name, process, port, log)
        yield Engine(name, f"http://{ports.LOOPBACK}:{port}", process, log)
    finally:
        end(process)


def _wait_until_it_listens(name: str, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ports.listens(process.pid, port):
        if process.poll() is not None:
            raise StackFailed(f"{name} ended as it started (exit {process.returncode}): see {log}")
        if time.monotonic() > deadline:
            raise StackFailed(f"{name} did not answer within {START_SECONDS} s: see {log}")
        time.sleep(0.02)
