"""A flow builder as Chatalog documents its Call API block, and no cleverer: placeholders in, values
out by name, on to a flow.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import httpx

PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


@dataclass(frozen=True)
class CallApi:
    """A Call API block: the body as its author typed it, and the values to save, by key or
    objectkey.keyname.
    """

    url: str
    headers: dict[str, str]
    body: str
    save: dict[str, str]


@dataclass
class Conversation:
    """One customer in the flow: what the builder knows, what it sent, which flows it went
    through.
    """

    variables: dict[str, str]
    sent: list[str] = field(default_factory=list)
    flows: list[str] = field(default_factory=list)

    def fill(self, text: str) -> str:
        """Fill the variables; one without a value remains as typed."""
        return PLACEHOLDER.sub(lambda found: self.variables.get(found[1], found[0]), text)

    def call(self, block: CallApi, client: httpx.Client) -> httpx.Response:
        body = self.fill(block.body)
        json.loads(body)  # the builder takes nothing else
        answer = client.post(block.url, headers=block.headers, content=body)
        for variable, path in block.save.items():
            value = _at(answer.json(), path)
            # Only text can be saved; anything else would show as "[object Object]".
            assert isinstance(value, str), f"{path} is {value!r}"
            self.variables[variable] = value
        return answer

    def run(self, block: CallApi, client: httpx.Client) -> httpx.Response:
        """Run the flow with its Distribute Coupon block: send the coupon, or continue with the
        fallback flow.
        """
        answer = self.call(block, client)
        if self.variables["next_flow"]:
            self.flows.append(self.variables["next_flow"])
        elif self.variables["outcome"] == "distributed":
            self.sent.append(self.fill("{{message}} [{{button_title}}]({{redeem_url}})"))
        return answer


def _at(answer: Any, path: str) -> Any:
    for name in path.split("."):
        answer = answer[name]
    return answer
