"""The local gateway alone, with scripted worker pools."""

from __future__ import annotations

import asyncio

import httpx

from local import gateway, ports
from local.gateway import Front
from local.router import Router
from local.runtime_api import Answer
from local.sam_template import Route


class SlowPool:
    """A pool that responds when the test allows it."""

    def __init__(self) -> None:
        self.allowed = asyncio.Event()
        self.answered = 0

    async def invoke(self, _event: bytes) -> Answer:
        await self.allowed.wait()
        self.answered += 1
        return Answer(b'"at last"')


def test_gateway_times_out_after_30_s_and_the_function_goes_on(monkeypatch):
    assert gateway.INTEGRATION_SECONDS == 30
    monkeypatch.setattr(gateway, "INTEGRATION_SECONDS", 0.01)

    async def ask() -> tuple[httpx.Response, httpx.Response, SlowPool]:
        pool, port = SlowPool(), ports.free_port()
        served = Front(Router([Route("ANY", "$default", "Slow")]), {"Slow": pool}, print)  # type: ignore[dict-item]
        await served.start(port)
        async with httpx.AsyncClient(
            base_url=f"http://{ports.LOOPBACK}:{port}", trust_env=False
        ) as client:
            late = await client.get("/")
            pool.allowed.set()
            in_time = await client.get("/")
        await served.stop()
        return late, in_time, pool

    late, in_time, pool = asyncio.run(ask())
    assert (late.status_code, late.text) == (503, '{"message":"Service Unavailable"}')
    assert in_time.text == "at last"
    assert pool.answered == 2
