"""U3: Lighthouse on the redeem page, on a slow phone and connection: `python -m bench.lighthouse`.

Accessibility and best practices are the same on any machine, so a test asserts them. Performance is
simulated from what the browser took on this one: a machine that is busy with something else makes
it worse.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import httpx

from local.screenshots import sample_pages
from local.screenshots.console import running_stack
from tools import browsers, paths

MUST = {"performance": 98, "accessibility": 100, "best-practices": 100}
ROUNDS = 5
TRIES = 3
PICTURES = {"brand_icon": sample_pages.ICON, "campaign_image": sample_pages.PICTURE}


@dataclass(frozen=True)
class Report:
    """`scores` out of 100 by category; `faults` are the audits that reduced a score."""

    scores: dict[str, int]
    faults: list[str]

    @classmethod
    def of(cls, found: dict[str, Any]) -> Report:
        scores = {
            name: round(100 * category["score"]) for name, category in found["categories"].items()
        }
        weighed = {
            each["id"]
            for category in found["categories"].values()
            for each in category["auditRefs"]
            if each["weight"]
        }
        audits = [found["audits"][name] for name in sorted(weighed)]
        cost = [audit for audit in audits if audit["score"] is not None and audit["score"] < 1]
        return cls(scores, [f"{audit['title']}: {audit.get('displayValue', '')}" for audit in cost])


def page(demo: dict[str, Any]) -> str:
    """A link to a redeem page with every setting."""
    admin, flow = (
        {"authorization": f"Bearer {demo[f'{scope}_key']}"} for scope in ("admin", "distribute")
    )
    with httpx.Client(base_url=demo["base_url"], timeout=60) as client:

        def call(
            method: str, path: str, body: object = None, key: dict[str, str] = admin
        ) -> dict[str, Any]:
            return dict(
                client.request(method, path, json=body, headers=key).raise_for_status().json()
            )

        settings: dict[str, Any] = {
            "terms": sample_pages.TERMS,
            "background_color": "#0f4c5c",
            "code_display": "qr",
        }
        for kind, picture in PICTURES.items():
            content = sample_pages.drawn(picture.path)
            image = call(
                "POST",
                "/v1/images",
                {"kind": kind, "content_type": "image/webp", "size": len(content)},
            )
            form = image["upload"]
            client.post(
                form["url"], data=form["fields"], files={"file": content}
            ).raise_for_status()
            settings[kind] = call("POST", f"/v1/images/{image['image_id']}/complete", {})[
                "image_id"
            ]
        coupon = {"name": "20% off any drink", "starts_at": "2026-01-01", "ends_at": "2099-12-31"}
        coupon_id = call("POST", "/v1/coupons", coupon | {"max_redemptions_per_customer": 3})[
            "coupon_id"
        ]
        call("PUT", f"/v1/coupons/{coupon_id}/redeem-page", settings)
        sent = call(
            "POST",
            "/v1/flow/distribute",
            {"coupon_id": coupon_id, "customer_id": "lighthouse"},
            flow,
        )
        return str(sent["redeem_url"])


def measured(url: str, categories: list[str]) -> Report:
    """Run Lighthouse. Raises CalledProcessError if every try fails; its output is printed."""
    command = [
        paths.node(),
        str(paths.LIGHTHOUSE / "node_modules" / "lighthouse" / "cli" / "index.js"),
        url,
    ]
    options = ["--output=json", "--quiet", f"--only-categories={','.join(categories)}"]
    flags = "--chrome-flags=--headless=new --no-sandbox"
    environment = {**os.environ, "CHROME_PATH": browsers.chromium() or ""}
    for _ in range(TRIES):
        done = subprocess.run([*command, *options, flags], env=environment, stdout=subprocess.PIPE)
        # A trace without its beginning (NO_NAVSTART) is the browser's fault; Lighthouse itself asks
        # to be run again.
        if done.returncode == 0:
            break
    done.check_returncode()
    return Report.of(json.loads(done.stdout))


def main() -> int:
    if browsers.chromium() is None:
        print(
            "bench.lighthouse: no Chromium on this machine; make install-browsers", file=sys.stderr
        )
        return 1
    with running_stack() as demo:
        url = page(demo)
        reports = [measured(url, list(MUST)) for _ in range(ROUNDS)]
    reports.sort(key=lambda report: report.scores["performance"])
    median = reports[len(reports) // 2]
    print(f"{'U3':<16}{'median':>8}{'must':>6}  of")
    for name, must in MUST.items():
        every = " ".join(str(report.scores[name]) for report in reports)
        print(f"{name:<16}{median.scores[name]:>8}{must:>6}  {every}")
    print("\n".join(median.faults))
    return 0 if all(median.scores[name] >= must for name, must in MUST.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
