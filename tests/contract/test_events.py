"""Every event in events/ works as named, by direct invocation on the demo data."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local import sam_template
from tests.support.targets import Target
from tools.paths import ROOT

EVENTS = sorted(path.stem for path in (ROOT / "events").glob("*.json"))
FUNCTIONS = {function.folder.name: name for name, function in sam_template.load().functions.items()}


def answer_to(event: str, target: Target) -> Any:
    """Invoke the function whose folder name starts the event's name."""
    folder = max((folder for folder in FUNCTIONS if event.startswith(folder)), key=len)
    return target.invoke(
        FUNCTIONS[folder], json.loads((ROOT / "events" / f"{event}.json").read_text())
    )


@pytest.mark.parametrize("event", EVENTS)
def test_event_is_accepted_by_its_function(target: Target, event: str):
    answer = answer_to(event, target)

    assert answer.get("statusCode", 200) in (200, 201), answer
    assert answer.get("outcome") != "error"


def test_redeem_events_redeem_the_demo_coupon_once(target: Target):
    for event in ("redeem-by-link", "redeem-at-till"):
        first, second = (json.loads(answer_to(event, target)["body"]) for _ in range(2))

        assert first["status"] == "redeemed"
        assert second == first | {"repeated": True}


def test_redeem_page_event_opens_the_demo_link(target: Target):
    event = json.loads((ROOT / "events" / "redeem_page.json").read_text())

    assert target.demo["redeem_url"].endswith(event["rawPath"])
    assert "data-state=" in answer_to("redeem_page", target)["body"]
