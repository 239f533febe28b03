"""GET /console/…: the admin console, a static application that uses nothing but the public API."""

import os
from pathlib import Path
from typing import Any

from couponflow.domain.errors import NotFound
from couponflow.web.console.static_files import Console, upload_origins
from couponflow.web.http import problems

console = Console.of(Path(__file__).with_name("static"), upload_origins(os.environ))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    path, headers = event["rawPath"], event.get("headers") or {}
    response = console.answer(path, headers.get("accept-encoding", ""), headers.get("if-none-match", ""))
    return (response or problems.problem_response(NotFound())).to_lambda()
