"""A flow builder over HTTP: ten customers through every outcome, and the printed request of each
guide.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from couponflow.domain import channel_limits
from tests.contract.builder import CallApi, Conversation
from tests.support.api import Api
from tests.support.stacks import wait_until
from tests.support.targets import Target
from tests.unit.payloads.shapes import SHAPES
from tools.paths import ROOT

GUIDES = ROOT / "docs" / "flow-builders"
REQUESTS = sorted((GUIDES / "requests").iterdir())
FLOWS = {
    "coupon_expired": "too-late",
    "customer_max_uses_reached": "had-it-already",
    "coupon_max_uses_reached": "all-gone",
    "error": "sorry",
}
SAVED = {name: name for name in ("outcome", "reason", "message", "button_title", "next_flow")} | {
    "redeem_url": "coupon.redeem_url"
}


@pytest.fixture
def shop(new_api: Callable[[], Api]) -> Api:
    """A separate organisation, whose add-on the test can switch."""
    return new_api()


def block_of(shop: Api, coupon: dict[str, Any]) -> str:
    """Create the block of the guides; return its id."""
    message = "Hi {{customer_name|there}}, {{coupon_name}} until {{last_day}}."
    made = shop.block(
        coupon,
        message=message,
        button_title="Get it",
        fallback_flows=FLOWS,
        channel="whatsapp",
    )
    return str(made["block_id"])


def call_api(shop: Api, block_id: str) -> CallApi:
    headers = {
        "Authorization": f"Bearer {shop.keys['distribute']}",
        "Content-Type": "application/json",
    }
    body = (GUIDES / "requests" / "chatalog.json").read_text().replace("YOUR_BLOCK_ID", block_id)
    return CallApi("/v1/flow/distribute", headers, body, SAVED)


def test_ten_customers_go_through_every_outcome(shop: Api):
    def flow(block_id: str, phone: str | None, **known: str) -> Conversation:
        variables = {"name": "Ann"} | known | ({"phone": phone} if phone else {})
        conversation = Conversation(variables)
        conversation.run(call_api(shop, block_id), shop.client)
        return conversation

    def outcome(conversation: Conversation) -> tuple[str, str, list[str]]:
        return (
            conversation.variables["outcome"],
            conversation.variables["reason"],
            conversation.flows,
        )

    few = block_of(shop, shop.coupon(max_redemptions=2, max_redemptions_per_customer=1))
    expired = block_of(shop, shop.coupon(starts_at="2020-01-01", ends_at="2020-12-31"))
    disabled = block_of(shop, shop.coupon(active=False))
    later = block_of(shop, shop.coupon(starts_at="2990-01-01"))
    archived_coupon = shop.coupon()
    archived, deleted = block_of(shop, archived_coupon), block_of(shop, shop.coupon())
    shop.call("DELETE", f"/v1/coupons/{archived_coupon['coupon_id']}")
    shop.call("DELETE", f"/v1/flow/blocks/{deleted}")

    first, second, third = (flow(few, f"+49170{n}") for n in range(3))
    for conversation in (first, second, third):
        assert outcome(conversation) == ("distributed", "ok", [])
        assert re.fullmatch(
            r"Hi Ann, Ten off until 2999-12-31\. \[Get it]\(https?://\S+/r/\w+\)",
            conversation.sent[0],
        )
    assert outcome(flow(few, "+491700")) == ("distributed", "already_distributed", [])
    assert [
        shop.tap(each.variables["redeem_url"]).status_code for each in (first, second, third)
    ] == [
        200,
        200,
        409,
    ]

    said = "customer_max_uses_reached"
    assert outcome(flow(few, "+491700")) == (said, said, ["had-it-already"])
    said = "coupon_max_uses_reached"
    wait_until(
        lambda: flow(few, "+491704").variables["outcome"] == said
    )  # flows follow within two seconds
    assert outcome(flow(few, "+491705")) == (said, said, ["all-gone"])
    assert outcome(flow(expired, "+491706")) == ("coupon_expired", "coupon_expired", ["too-late"])
    assert outcome(flow(disabled, "+491707")) == ("error", "coupon_disabled", ["sorry"])
    assert outcome(flow(archived, "+491708")) == ("error", "coupon_not_found", ["sorry"])
    assert outcome(flow(later, "+491709")) == ("distributed", "ok", [])
    assert outcome(flow(deleted, "+491709")) == ("error", "block_not_found", [])
    assert outcome(flow(few, None)) == ("error", "customer_missing", ["sorry"])
    assert outcome(flow(few, "9" * 201)) == ("error", "invalid_request", ["sorry"])

    shop.operate("switch_addon", enabled=False)
    wait_until(lambda: outcome(flow(later, "+491709")) == ("error", "addon_disabled", ["sorry"]))


def test_customer_name_cannot_break_out_of_the_request(shop: Api):
    """The builder inserts names into JSON unescaped; every valid result is accepted."""
    block_id = block_of(shop, shop.coupon())
    for name in ("O'Neill & {Søn} <b>", "李小龍 🐉", "{{coupon_code}}", "="):
        conversation = Conversation({"phone": "+49170", "name": name})
        assert conversation.run(call_api(shop, block_id), shop.client).status_code == 200
        assert conversation.sent[0].startswith("Hi ")


def filled(request: str, shop: Api, block_id: str) -> str:
    """As the guide's builder fills it."""
    variables = {"phone": "+49170", "name": "Ann", "user_id": "7001", "first_name": "Ann"}
    variables |= {"contact.id": "7002", "contact.firstname": "Ann"}
    request = re.sub(r"\$([a-z]+\.[a-z]+)", lambda found: variables[found[1]], request)
    return Conversation(variables).fill(request.replace("YOUR_BLOCK_ID", block_id))


@pytest.mark.parametrize(
    "path", [path for path in REQUESTS if path.suffix == ".json"], ids=lambda path: path.stem
)
def test_request_of_a_guide_distributes_the_coupon(shop: Api, path: Any):
    block_id = block_of(shop, shop.coupon())
    guide = (GUIDES / path.with_suffix(".md").name).read_text()
    address = re.search(r"POST https://YOUR_ADDRESS(\S+)`", guide)
    assert address is not None
    headers = {
        "authorization": f"Bearer {shop.keys['distribute']}",
        "content-type": "application/json",
    }

    answer = shop.client.post(
        address[1], headers=headers, content=filled(path.read_text(), shop, block_id)
    )

    assert answer.status_code == 200
    if path.stem == "manychat":
        # The stack on this machine speaks no TLS.
        SHAPES["manychat"].validate_python(json.loads(answer.text.replace("http://", "https://")))
        assert (
            answer.json()["content"]["messages"][-1]["text"] == "Hi Ann, Ten off until 2999-12-31."
        )
    else:
        assert (answer.json()["outcome"], answer.json()["message"]) == (
            "distributed",
            "Hi Ann, Ten off until 2999-12-31.",
        )


def test_curl_lines_of_a_guide_work_as_printed(target: Target, shop: Api, tmp_path: Path):
    def run(name: str, **known: str) -> Any:
        environment = target.shell_environment(tmp_path) | {
            "COUPONFLOW_URL": target.base_url,
            **known,
        }
        script = (GUIDES / "requests" / name).read_text()
        done = subprocess.run(
            ["bash", "-euc", script], env=environment, capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    block = run(
        "curl-block.sh",
        COUPONFLOW_ADMIN_KEY=shop.keys["admin"],
        COUPON_ID=shop.coupon()["coupon_id"],
    )
    known = {"COUPONFLOW_KEY": shop.keys["distribute"], "BLOCK_ID": block["block_id"]}
    by_post, by_get, batch = (
        run(name, **known) for name in ("curl.sh", "curl-query.sh", "curl-batch.sh")
    )

    assert by_post["message"].startswith("Hi Ann, Ten off is yours until 2999")
    assert by_get["redeem_url"] == by_post["redeem_url"] == batch["results"][0]["redeem_url"]
    assert [answer["reason"] for answer in batch["results"]] == ["already_distributed", "ok"]


@pytest.mark.parametrize("path", REQUESTS, ids=lambda path: path.name)
def test_guide_prints_the_tested_request(path: Any):
    guides = "".join(guide.read_text() for guide in GUIDES.glob("*.md"))

    assert f"```{path.suffix[1:]}\n{path.read_text()}```" in guides


def test_guide_has_the_enforced_limits():
    table = re.search(
        r"\| channel \|.*?\n\|[-|]+\|\n(.*?)\n\n", (GUIDES / "README.md").read_text(), re.DOTALL
    )
    assert table is not None
    told: dict[str, tuple[int, ...]] = {}
    for line in table[1].splitlines():
        names, *cells = (cell.strip() for cell in line.split("|")[1:5])
        numbers = tuple(int(cell.replace(",", "")) for cell in cells)
        told |= dict.fromkeys(re.findall(r"`(\w+)`", names), numbers)

    assert told == {
        name: (limits.message, limits.message_length(beside_image=True), limits.button_title)
        for name, limits in channel_limits.LIMITS.items()
    }


@pytest.mark.load
def test_concurrent_calls_give_one_link(shop: Api, at_once: Callable[..., list[httpx.Response]]):
    block_id = block_of(shop, shop.coupon())
    headers = {"authorization": f"Bearer {shop.keys['distribute']}"}
    body = {"block_id": block_id, "customer_id": "ann"}

    answers = at_once(
        32, lambda: shop.client.post("/v1/flow/distribute", headers=headers, json=body)
    )

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["redeem_url"] for answer in answers}) == 1
    assert sorted(answer.json()["reason"] for answer in answers).count("ok") == 1


@pytest.fixture
def at_once() -> Callable[..., list[httpx.Response]]:
    from concurrent.futures import ThreadPoolExecutor

    def run(times: int, call: Callable[[], httpx.Response]) -> list[httpx.Response]:
        with ThreadPoolExecutor(times) as pool:
            return [each.result() for each in [pool.submit(call) for _ in range(times)]]

    return run
