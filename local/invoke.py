"""Invoke a function of the running stack: `python -m local.invoke DistributeFunction
events/….json`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import httpx

# Longer than the timeout of any function.
PATIENCE_SECONDS = 60


class InvocationFailed(Exception):
    """The error of the function or the stack, in one line."""


def invoke(base_url: str, function: str, event: object) -> Any:
    """Invoke the function and return its result.

    Raises InvocationFailed with error type and message.
    """
    url = f"{base_url}/2015-03-31/functions/{function}/invocations"
    try:
        response = httpx.post(url, json=event, timeout=PATIENCE_SECONDS, trust_env=False)
    except httpx.TransportError as error:
        raise InvocationFailed(
            f"nothing answers at {base_url}: start it with make run ({error})"
        ) from error
    answer = response.json()
    if response.status_code != httpx.codes.OK:
        raise InvocationFailed(answer["Message"])
    if "X-Amz-Function-Error" in response.headers:
        raise InvocationFailed(
            f"{function} failed: {answer.get('errorType')}: {answer.get('errorMessage')}"
        )
    return answer


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="make invoke", usage="make invoke F=DistributeFunction E=events/….json"
    )
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("function")
    parser.add_argument("event", type=Path)
    given = parser.parse_args()
    demo = given.state / "demo.json"
    try:
        if not demo.exists():
            raise InvocationFailed(f"no stack runs on {given.state}: start it with make run")
        if not given.event.is_file():
            raise InvocationFailed(f"there is no {given.event}")
        answer = invoke(
            json.loads(demo.read_text())["base_url"],
            given.function,
            json.loads(given.event.read_text()),
        )
    except InvocationFailed as failure:
        print(f"make invoke: {failure}", file=sys.stderr)
        return 1
    except ValueError as error:
        print(f"make invoke: {given.event} is not JSON: {error}", file=sys.stderr)
        return 1
    print(json.dumps(answer, indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
