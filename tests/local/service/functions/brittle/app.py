"""A function that fails in a given way."""

import os
import time
from pathlib import Path
from typing import Any

if Path(__file__).with_name("break").exists():
    raise RuntimeError("broken on purpose")


def handler(event: dict[str, Any], _context: object) -> object:
    how = event.get("pathParameters", event)["how"]
    if how == "raise":
        raise KeyError("nobody")
    if how == "exit":
        os._exit(3)
    if how == "sleep":
        time.sleep(60)
    if how == "number":
        return {"statusCode": 200, "body": 7}
    if how == "much":
        return "x" * (6 * 1024 * 1024 + 1)
    return {"pid": os.getpid()}
