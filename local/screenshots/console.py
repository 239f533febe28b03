"""`make screenshots`: every screen of the console, on its own stack, into an ignored folder."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from local import ports
from tools import browsers
from tools.paths import ROOT

FOLDER = ROOT / ".local" / "screenshots" / "console"
DESK: ViewportSize = {"width": 1360, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 844}
LOOKS: list[tuple[str, Any, ViewportSize]] = [
    ("light", "light", DESK),
    ("dark", "dark", DESK),
    ("phone", "light", PHONE),
]
PATIENCE_SECONDS = 120
SIGNED_IN = "try {{ sessionStorage.setItem('couponflow.key', {key}) }} catch {{}}"
COUPONS: list[dict[str, Any]] = [
    {
        "name": "Staff discount",
        "starts_at": "2026-01-01",
        "ends_at": "2098-12-31",
        "active": False,
        "max_redemptions": 50,
    },
    {
        "name": "Autumn leaves",
        "starts_at": "2020-09-01",
        "ends_at": "2020-11-30",
        "code": "AUTUMN",
        "max_redemptions": 200,
    },
    {
        "name": "New Year breakfast",
        "starts_at": "2098-01-01",
        "ends_at": "2098-01-07",
        "max_redemptions": 1_000,
    },
    {
        "name": "Free coffee for new members",
        "starts_at": "2026-01-01",
        "ends_at": "2098-12-31",
        "max_redemptions": 12,
    },
    {
        "name": "Happy hour: second drink free",
        "starts_at": "2026-01-01",
        "ends_at": "2098-12-31",
        "code": "HAPPYHOUR",
        "max_redemptions_per_customer": None,
        "valid_for": {"days": 7},
        "hours": [
            {"days": ["mon", "tue", "wed", "thu"], "from": "17:00", "until": "19:30"},
            {"days": ["fri", "sat"], "from": "22:00", "until": "02:00"},
        ],
        "period_limit": {"uses": 1, "per": "day"},
    },
    {
        "name": "Winter sale: 20 % off",
        "starts_at": "2026-01-01",
        "ends_at": "2098-12-31",
        "code": "WINTER20",
        "max_redemptions": 60,
    },
]
PAGE = {
    "background_color": "#14213d",
    "redeem_button": {"behavior": "redeem", "label": "Get 20 % off"},
    "terms": "One per customer. Not together with other offers.",
}


class Campaigns:
    """Sample content: a coupon per status, one with records, and a flow block."""

    def __init__(self, demo: dict[str, Any]) -> None:
        self.client = httpx.Client(
            base_url=demo["base_url"],
            headers={"authorization": f"Bearer {demo['admin_key']}"},
            timeout=60,
        )
        made = [
            self._post(
                "/v1/coupons",
                {"timezone": "Asia/Hong_Kong", "max_redemptions_per_customer": 1, **each},
            )
            for each in COUPONS
        ]
        self.sold_out, self.happy_hour, self.winter = (each["coupon_id"] for each in made[-3:])
        self._use(self.sold_out, 12, 12)
        self._use(self.winter, 34, 23)
        self.client.put(f"/v1/coupons/{self.winter}/redeem-page", json=PAGE).raise_for_status()
        message = "Winter is here, {{customer_name|friend}}! Enjoy {{coupon_name}}."
        block = {
            "coupon_id": self.winter,
            "channel": "whatsapp",
            "message": message,
            "button_title": "Get 20 % off",
        }
        self.block = self._post("/v1/flow/blocks", block)["block_id"]

    def _use(self, coupon_id: str, given: int, redeemed: int) -> None:
        for number in range(given):
            customer = {
                "coupon_id": coupon_id,
                "customer_id": f"85291000{number:03}",
                "inbox_id": "whatsapp-hk",
            }
            self._post("/v1/flow/distribute", customer)
            if number < redeemed:
                self._post("/v1/redemptions", customer)

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return dict(self.client.post(path, json=body).raise_for_status().json())


def screens(campaigns: Campaigns) -> Iterator[tuple[str, str, Callable[[Page], None]]]:
    coupon = f"/coupons/{campaigns.winter}"
    yield "coupons", "/coupons", lambda page: None
    yield (
        "coupons_menu",
        "/coupons",
        lambda page: page.get_by_role("button", name="More actions for Winter").click(),
    )
    yield (
        "new_coupon",
        "/coupons/new",
        lambda page: page.get_by_label("Name").fill("Croissant week"),
    )
    yield (
        "redeem_page",
        f"{coupon}/redeem-page",
        lambda page: page.locator("iframe[data-shown=true]").wait_for(),
    )
    yield "records", f"{coupon}/records", lambda page: None
    yield "details", coupon, lambda page: None
    yield (
        "rules",
        f"/coupons/{campaigns.happy_hour}",
        lambda page: page.get_by_label("Valid for each customer").scroll_into_view_if_needed(),
    )
    yield (
        "link",
        f"{coupon}/records",
        lambda page: page.get_by_role("button", name="Link for a customer").click(),
    )
    yield "flow_blocks", "/flow-blocks", lambda page: None
    yield "flow_block", f"/flow-blocks/{campaigns.block}", lambda page: None


@contextmanager
def running_stack() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        command = [
            sys.executable,
            "-m",
            "local.stack",
            "--port",
            str(ports.free_port()),
            "--state",
            str(state),
        ]
        stack = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not (state / "demo.json").exists():
                if stack.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("console screenshots: the stack did not start")
                time.sleep(0.1)
            yield json.loads((state / "demo.json").read_text())
        finally:
            stack.terminate()
            stack.wait()


def shoot(browser: Browser, demo: dict[str, Any], campaigns: Campaigns) -> int:
    number = 0
    for look, scheme, viewport in LOOKS:
        context = browser.new_context(
            viewport=viewport, color_scheme=scheme, locale="en-GB", timezone_id="Asia/Hong_Kong"
        )
        page = context.new_page()
        page.goto(demo["console_url"])
        page.get_by_role("button", name="Sign in").wait_for()
        page.screenshot(path=FOLDER / f"sign_in_{look}.png")
        context.add_init_script(SIGNED_IN.format(key=json.dumps(demo["admin_key"])))
        for name, path, act in screens(campaigns):
            page.goto(demo["base_url"] + "/console" + path)
            page.wait_for_load_state("networkidle")
            if not (name == "redeem_page" and look == "phone"):
                act(page)
            page.screenshot(path=FOLDER / f"{name}_{look}.png")
            number += 1
        context.close()
    return number


def main() -> int:
    chromium = browsers.chromium()
    if chromium is None:
        print("console screenshots: no Chromium on this machine", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with running_stack() as demo, sync_playwright() as playwright:
        campaigns = Campaigns(demo)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        number = shoot(browser, demo, campaigns)
        browser.close()
        campaigns.client.close()
    print(f"{number} screens of the console in {FOLDER.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
