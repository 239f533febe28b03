"""The README's commands work as printed."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from tests.support.targets import Target
from tools.paths import ROOT

README = (ROOT / "README.md").read_text()


def commands(heading: str) -> str:
    """The shell commands under a heading."""
    section = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    assert blocks, f"no commands under {heading}"
    return str(blocks[0])


def test_first_five_minutes_work_as_printed(target: Target, tmp_path: Path):
    script = commands("The first five minutes").replace("http://127.0.0.1:3000", target.base_url)

    command = ["bash", "-euo", "pipefail", "-c", script]
    environment = target.shell_environment(tmp_path)
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )

    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    coupon, sent, first, second, till, records, after = answers
    assert 'data-state="available"' in done.stdout
    assert sent["outcome"] == "distributed"
    assert (first["repeated"], second["repeated"]) == (False, True)
    assert first["redemption_id"] == second["redemption_id"] == sent["redemption_id"]
    assert till["status"] == "redeemed"
    assert [record["customer_id"] for record in records["items"]] == ["bob", "ann"]
    assert (after["times_redeemed"], after["remaining"]) == (2, 1)
    assert coupon["max_redemptions"] == 3
