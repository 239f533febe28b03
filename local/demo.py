"""Demo data, the same that the contract tests use: an organisation with keys and a coupon, and another organisation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from local.invoke import PATIENCE_SECONDS, invoke


@dataclass(frozen=True)
class RunningStack:
    """A stack whose functions answer, as the demo data's maker sees it."""

    base_url: str
    data: Path
    """Kept from run to run, next to the table: what is remembered here is as old as what is stored."""

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Directly, by the function's name in the template. Raises InvocationFailed."""
        return invoke(self.base_url, function, event)

    def call(self, method: str, path: str, key: str | None = None, body: object = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.request(
            method,
            f"{self.base_url}{path}",
            headers=headers,
            json=body,
            timeout=PATIENCE_SECONDS,
            trust_env=False,
        )


def make_demo(stack: RunningStack) -> dict[str, Any]:
    """What `.local/demo.json` says of the stack; a restarted stack has the same organisations and keys."""
    return {"base_url": stack.base_url}


def in_words(demo: dict[str, Any], state: Path) -> str:
    """What `make run` prints once everything answers."""
    lines = [f"  {name.replace('_', ' '):16} {demo[name]}" for name in _SHOWN if name in demo]
    if "admin_key" in demo:
        lines += ["", f"  curl -H 'Authorization: Bearer {demo['admin_key']}' {demo['base_url']}/v1/coupons"]
    return "\n".join(["", *lines, "", f"  Ctrl-C ends it; what it stored stays in {state}/data.", ""])


_SHOWN = ("base_url", "organisation_id", "admin_key", "distribute_key", "redeem_key", "coupon_id", "redeem_url")
