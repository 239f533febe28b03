"""`make run`: the complete service on this machine, as template.yaml describes it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from couponflow.store.dynamodb import Table
from local import buckets, demo_data, engines, ports, sam_template, tables
from local.child_processes import Ledger, StackFailed, claimed, die_with_parent
from local.gateway import Front
from local.intrinsics import REGION, TemplateError
from local.router import Router
from local.settings import Settings, from_command_line
from local.stream import FUNCTION, RotoStream, deliver
from local.worker import Surroundings
from local.worker_pool import Pool
from tools.package import BuildFailed
from tools.paths import DEFAULT_ENGINE, ToolMissing

WORKERS_PER_FUNCTION = 4


def run(settings: Settings) -> None:
    """Run until a signal ends it, then end all child processes. Raises one of FAILURES."""
    service = sam_template.load(settings.template, {"PublicBaseUrl": settings.base_url})
    with (
        claimed(settings.state, settings.base_url) as ledger,
        _fresh_start(settings),
        _engines(settings, ledger) as running,
    ):
        tables.ensure(running.dynamodb.endpoint, service.tables, settings.data)
        buckets.ensure(running.s3.endpoint, service.buckets)
        stream = _stream(settings, service)
        asyncio.run(_serve(settings, service, ledger, running, stream))


async def _serve(
    settings: Settings,
    service: sam_template.Template,
    ledger: Ledger,
    running: Engines,
    stream: RotoStream | None,
) -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _cancel_current_task())
    async with (
        _functions(settings, service, ledger, running) as pools,
        _front(settings, service, pools),
    ):
        await _warm(pools)
        _for_sam_local_invoke(settings, service, running)
        async with _delivery(stream, pools):
            await _demo(settings, service, running)
            dead = await engines.first_to_end(running)
            raise StackFailed(f"{dead.name} ended, see {dead.log}")


def _stream(settings: Settings, service: sam_template.Template) -> RotoStream | None:
    """The table's stream, if the template has a function for it and the engine can be read."""
    if FUNCTION not in service.functions:
        return None
    engine = engines.chosen_engine()
    if engine != DEFAULT_ENGINE:
        say(f"ENGINE={engine}: the stream is not read, so statistics stand still")
        return None
    return RotoStream(settings.data / engine)


@contextlib.asynccontextmanager
async def _delivery(stream: RotoStream | None, pools: Mapping[str, Pool]) -> AsyncIterator[None]:
    if stream is None:
        yield
        return
    task = asyncio.create_task(deliver(stream, pools[FUNCTION], say))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class Engines(NamedTuple):
    dynamodb: engines.Engine
    s3: engines.Engine

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb.endpoint,
            "AWS_ENDPOINT_URL_S3": self.s3.endpoint,
        }


@contextlib.contextmanager
def _fresh_start(settings: Settings) -> Iterator[None]:
    if not ports.is_free(settings.port):
        holder = ports.holder_in_words(settings.port)
        raise StackFailed(
            f"port {settings.port} is in use by {holder}: end it, or take another: make run "
            "PORT=3001"
        )
    shutil.rmtree(settings.logs, ignore_errors=True)
    settings.logs.mkdir()
    settings.demo.unlink(missing_ok=True)
    try:
        yield
    finally:
        settings.demo.unlink(missing_ok=True)


@contextlib.contextmanager
def _engines(settings: Settings, ledger: Ledger) -> Iterator[Engines]:
    with (
        engines.dynamodb(settings.logs, settings.data) as dynamodb,
        engines.s3(settings.logs, settings.data / "objects") as s3,
    ):
        for engine in (dynamodb, s3):
            ledger.add(engine.process.pid, engine.name)
        engines.wait_for(dynamodb, s3)
        yield Engines(dynamodb, s3)


@contextlib.asynccontextmanager
async def _functions(
    settings: Settings, service: sam_template.Template, ledger: Ledger, running: Engines
) -> AsyncIterator[dict[str, Pool]]:
    environment = {
        **running.environment,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "LANG": "en_US.UTF-8",
        "PATH": os.environ["PATH"],
        "TZ": ":UTC",
        # There is no queue: what can't be counted is counted in the function's log.
        "FAILURE_QUEUE_URL": "",
        **tables.CREDENTIALS,
    }
    around = Surroundings(
        settings.python, environment, settings.logs, ledger, settings.shows_logs, say
    )
    pools = {
        name: Pool(function, around, WORKERS_PER_FUNCTION)
        for name, function in service.functions.items()
    }
    try:
        yield pools
    finally:
        await asyncio.gather(*(pool.stop() for pool in pools.values()))


@contextlib.asynccontextmanager
async def _front(
    settings: Settings, service: sam_template.Template, pools: Mapping[str, Pool]
) -> AsyncIterator[None]:
    front = Front(Router(service.routes), pools, say)
    try:
        await front.start(settings.port)
        yield
    finally:
        await front.stop()


async def _warm(pools: Mapping[str, Pool]) -> None:
    failures = [
        failure
        for failure in await asyncio.gather(*(pool.warm() for pool in pools.values()))
        if failure
    ]
    if failures:
        others = f" (and {len(failures) - 1} more)" if failures[1:] else ""
        raise StackFailed(failures[0] + others)


def _for_sam_local_invoke(
    settings: Settings, service: sam_template.Template, running: Engines
) -> None:
    """Environment for a function in a SAM container that uses this stack."""
    variables = {
        name: {**function.environment, **running.environment}
        for name, function in service.functions.items()
    }
    (settings.state / "sam-env.json").write_text(json.dumps(variables, indent=2))


async def _demo(settings: Settings, service: sam_template.Template, running: Engines) -> None:
    facts: dict[str, Any] = {"base_url": settings.base_url}
    if settings.has_demo:
        (table,) = service.tables
        store = Table(tables.client(running.dynamodb.endpoint), table)
        facts = await asyncio.to_thread(demo_data.make_demo, store, settings.base_url)
    _write_whole(settings.demo, json.dumps(facts, indent=2))
    say(
        demo_data.in_words(facts, settings.state, settings.runs)
        if settings.has_demo
        else f"ready: {settings.base_url}"
    )


def _cancel_current_task() -> Callable[[], object]:
    task = asyncio.current_task()
    assert task is not None
    return task.cancel


def _write_whole(path: Path, text: str) -> None:
    """Replace the file atomically, so that no reader gets half of it."""
    part = path.with_suffix(".part")
    part.write_text(text)
    part.rename(path)


def say(line: str) -> None:
    print(line, flush=True)


FAILURES = (BuildFailed, StackFailed, TemplateError, ToolMissing)


def main() -> int:
    # A shell's background job starts with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if "MAKELEVEL" in os.environ:
        # make does not pass on a SIGKILL.
        die_with_parent(signal.SIGTERM)
    try:
        run(from_command_line())
    except FAILURES as failure:
        print(f"make run: {failure}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        say("ended")
    return 0


if __name__ == "__main__":
    sys.exit(main())
