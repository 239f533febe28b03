"""`python -m tests.support.slow_calls FUNCTION`: how long each route of a function takes when AWS
is as slow as can be.

Time is virtual: this process replaces the clock and the pauses before it imports the service.
Prints one JSON object, from "route, kind of slowness" to the seconds that the answer took, its
status and the number of calls.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

PICTURE = f"{'0' * 64}.webp"
ADDRESS = {"domainName": "coupons.example", "requestId": "r", "http": {"sourceIp": "203.0.113.7"}}


class VirtualTime:
    """Seconds that pass only where the code sleeps or waits for AWS."""

    now = 1_000.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def read(self) -> float:
        return self.now


virtual = VirtualTime()
time.sleep = virtual.sleep  # type: ignore[assignment]
time.monotonic = virtual.read

from botocore.exceptions import ReadTimeoutError  # noqa: E402

from couponflow.store import parallel  # noqa: E402


def run_beside(*reads: Callable[[], Any]) -> list[Any]:
    """As `run_parallel`, on virtual time: all begin at once, and the slowest decides."""
    began, ended, found = virtual.now, virtual.now, []
    for read in reads:
        virtual.now = began
        try:
            found.append(read())
        finally:
            ended = virtual.now = max(ended, virtual.now)
    return found


parallel.run_parallel = run_beside

from couponflow import bootstrap  # noqa: E402
from couponflow.domain.errors import TryAgain  # noqa: E402
from couponflow.domain.models import ImageKind, Organisation  # noqa: E402
from couponflow.store import dynamodb, keys  # noqa: E402
from couponflow.store.dynamodb import ContentionError, UnknownResultError  # noqa: E402
from couponflow.store.organisations import OrganisationStore  # noqa: E402
from simulator.engine import Engine  # noqa: E402
from tests.support.table_stream import event_of, record_of  # noqa: E402
from tools.paths import ROOT  # noqa: E402


class SlowClient:
    """DynamoDB or S3.

    Each call takes as long as the client's timeouts allow; then it answers, or not.
    """

    def __init__(self, answer: Callable[[str, dict[str, Any]], Any], seconds: float) -> None:
        self._answer, self._seconds = answer, seconds
        self.is_slow = self.is_lost = False
        self.calls = 0

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.calls += 1
            if self.is_slow:
                virtual.sleep(self._seconds)
            if self.is_lost:
                raise ReadTimeoutError(endpoint_url="slow")
            return self._answer(method, request)

        return call


class FakeBucket:
    """S3: content by key. Signing needs no network."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def answer(self, method: str, request: dict[str, Any]) -> Any:
        if method == "put_object":
            self.objects[request["Key"]] = request["Body"]
        if method == "get_object":
            return {"Body": io.BytesIO(self.objects[request["Key"]])}
        return {}


class Context:
    """Lambda's: what remains of the function's timeout."""

    aws_request_id = "r"

    def __init__(self, timeout: float) -> None:
        self._ends_at = virtual.now + timeout

    def get_remaining_time_in_millis(self) -> int:
        return int((self._ends_at - virtual.now) * 1000)


def main(function: str) -> dict[str, Any]:
    engine, bucket = Engine(), FakeBucket()
    table = SlowClient(engine.call, dynamodb.LONGEST_CALL)
    bootstrap._session = lambda: type("Session", (), {"create_client": lambda *_, **__: table})()
    s3 = SlowS3(bucket)
    bootstrap._s3 = s3.client
    events = _events(table, bucket)
    events["events"] = {"0 stream": event_of(_changes(engine), "shard")}
    bucket.objects["images/" + PICTURE] = b"picture"
    stored = dict(engine.items)
    sys.path.insert(0, str(ROOT / "functions" / function))
    report: dict[str, Any] = {}
    for name, event in events[function].items():
        for kind in ("slow", "lost"):
            for warm in (False, True):
                sys.modules.pop("app", None)
                _restore(engine, stored)
                handler = importlib.import_module("app").handler
                if warm:
                    handler(event, Context(1e9))
                table.calls, table.is_slow, table.is_lost = 0, True, kind == "lost"
                s3.set_slow(is_slow=True, is_lost=kind == "lost")
                began = virtual.now
                context = (
                    None if os.environ.get("WITHOUT") else Context(float(os.environ["TIMEOUT"]))
                )
                answer = _answer(handler, event, context)
                report[f"{name}, {kind}, {'warm' if warm else 'cold'}"] = {
                    "seconds": virtual.now - began,
                    "status": answer.get("statusCode", 200),
                    "calls": table.calls,
                }
                table.is_slow = table.is_lost = False
                s3.set_slow(is_slow=False, is_lost=False)
    return report


def _answer(handler: Any, event: dict[str, Any], context: Context | None) -> dict[str, Any]:
    """What the function answers. A batch of the stream that fails is delivered again."""
    try:
        answer: dict[str, Any] = handler(event, context)
    except (TryAgain, ContentionError, UnknownResultError):
        if "Records" not in event:
            raise
        return {"statusCode": 503}
    return answer


def _changes(engine: Engine) -> list[dict[str, Any]]:
    """The stream's records of every redemption."""
    made = [item for (pk, _), item in engine.items.items() if pk.startswith("HOLDER#")]
    return [record_of(number, item) for number, item in enumerate(made, 1)]


def _restore(engine: Engine, items: dict[Any, Any]) -> None:
    for key in [*engine.items]:
        engine.store(key, items.get(key))
    for key, item in items.items():
        engine.store(key, item)


class SlowS3:
    """Makes S3 clients that are as slow as their settings allow."""

    def __init__(self, bucket: FakeBucket) -> None:
        self._bucket, self._clients = bucket, list[SlowClient]()
        self._is_slow = self._is_lost = False

    def client(self, settings: Any) -> Any:
        tries = settings.retries["total_max_attempts"]
        made = SlowClient(
            self._bucket.answer, (settings.connect_timeout + settings.read_timeout) * tries
        )
        form = {"url": "https://s3.example", "fields": {"key": "k"}}
        made.generate_presigned_post = lambda *_: form  # type: ignore[attr-defined]
        made.generate_presigned_url = lambda *_, **__: "https://s3.example/file"  # type: ignore[attr-defined]
        self._clients.append(made)
        made.is_slow, made.is_lost = self._is_slow, self._is_lost
        return made

    def set_slow(self, *, is_slow: bool, is_lost: bool) -> None:
        self._is_slow, self._is_lost = is_slow, is_lost
        for made in self._clients:
            made.is_slow, made.is_lost = is_slow, is_lost


def _events(client: SlowClient, bucket: FakeBucket) -> dict[str, dict[str, dict[str, Any]]]:
    """An event for each route that reads or writes, by function; what they name exists."""
    OrganisationStore(dynamodb.Table(client, os.environ["TABLE_NAME"])).create(
        Organisation("acme", "Acme", addon_enabled=True)
    )
    made = bootstrap.Services()
    key = made.organisation_service.create_key("acme", frozenset({"admin"}), "", _now()).written
    coupon = made.coupon_service.create("acme", _new_coupon(), _now()).coupon
    customers = [
        made.redemption_service.distribute(coupon, name, None, _now()) for name in ("ann", "bob")
    ]
    block = made.flow_block_service.create("acme", _content(coupon.coupon_id), _now())

    image, _ = made.image_service.announce("acme", ImageKind.BRAND_ICON, "image/png", 99, _now())
    bucket.objects[keys.incoming_image("acme", image.image_id)] = _png()

    def event(route: str, body: object = None, **params: str) -> dict[str, Any]:
        path = route.split(" ", 1)[1]
        for name, value in params.items():
            path = path.replace("{" + name + "}", value)
        headers = {
            "authorization": f"Bearer {key}",
            "content-type": "application/json",
            "accept": "application/json",
        }
        return {
            "routeKey": route,
            "rawPath": path,
            "pathParameters": params,
            "queryStringParameters": {},
            "headers": headers,
            "body": json.dumps(body) if body is not None else "",
            "requestContext": ADDRESS,
        }

    by_id, token = {"coupon_id": coupon.coupon_id}, customers[0].token
    flow = {"coupon_id": coupon.coupon_id, "customer_id": "ann"}
    create = {
        "name": "Ten off",
        "starts_at": "2026-01-01",
        "ends_at": "2999-12-31",
        "max_redemptions": 400,
    }
    routes: dict[str, list[dict[str, Any]]] = {
        "coupons": [
            event("POST /v1/coupons", create),
            event("GET /v1/coupons"),
            event("GET /v1/coupons/{coupon_id}", **by_id),
            event("PATCH /v1/coupons/{coupon_id}", {"version": 1, "name": "Other"}, **by_id),
            event(
                "PATCH /v1/coupons/{coupon_id}", {"version": 1, "max_redemptions": 4_000}, **by_id
            ),
            event("DELETE /v1/coupons/{coupon_id}", **by_id),
            event("PUT /v1/coupons/{coupon_id}/redeem-page", {}, **by_id),
            event("GET /v1/coupons/{coupon_id}/redemptions", **by_id),
            event("GET /v1/coupons/{coupon_id}/redemptions.csv", **by_id),
            event("GET /v1/coupons/{coupon_id}/redeem-page", **by_id),
            event("POST /v1/coupons/{coupon_id}/redeem-page/preview", {}, **by_id),
            event("GET /v1/coupons/{coupon_id}/statistics", **by_id),
            event("POST /v1/customers/erase", {"customer_id": "ann"}),
            event("GET /v1/journal"),
            event("GET /v1/openapi.json"),
            event("GET /v1/unknown") | {"routeKey": "$default"},
            event("GET /v1/flow/blocks"),
            event("GET /v1/flow/blocks/{block_id}", block_id=block.block_id),
            event("POST /v1/flow/blocks", {"coupon_id": coupon.coupon_id}),
            event(
                "PUT /v1/flow/blocks/{block_id}",
                {"coupon_id": coupon.coupon_id},
                block_id=block.block_id,
            ),
            event("DELETE /v1/flow/blocks/{block_id}", block_id=block.block_id),
        ],
        "distribute": [
            event("POST /v1/flow/distribute", flow),
            event("POST /v1/flow/distribute", {"block_id": block.block_id, "customer_id": "eve"}),
            event(
                "POST /v1/flow/distribute/batch",
                {
                    "coupon_id": coupon.coupon_id,
                    "customers": [{"customer_id": str(n)} for n in range(50)],
                },
            ),
            event("GET /v1/flow/distribute"),
            event("POST /v1/flow/distribute/manychat", flow),
            {"organisation_id": "acme", **flow},
        ],
        "redeem": [
            event("POST /v1/redemptions", {"coupon_id": coupon.coupon_id, "customer_id": "bob"}),
            event("POST /v1/redemptions", {"code": coupon.code, "customer_id": "eve"}),
            event("POST /r/{token}/redeem", {"use": 1}, token=token),
            event("POST /r/{token}/opened", token=token),
        ],
        "redeem_page": [event(f"{method} /r/{{token}}", token=token) for method in ("GET", "HEAD")],
        "console": [
            event(f"{method} {path}", **({"path": "index.html"} if "{" in path else {}))
            for method in ("GET", "HEAD")
            for path in ("/", "/console", "/console/{path+}")
        ],
        "operator": [
            {"action": "create_organisation", "name": "New"},
            {"action": "create_key", "organisation_id": "acme", "scopes": ["admin"]},
            {"action": "list_keys", "organisation_id": "acme"},
            {"action": "get_organisation", "organisation_id": "acme"},
            {"action": "list_organisations"},
            {"action": "switch_addon", "organisation_id": "acme", "enabled": True},
            {"action": "revoke_key", "organisation_id": "acme", "key_id": "0123456789abc"},
            {"action": "list_uses", "month": "2026-06"},
            {"action": "rotate_links", "organisation_id": "acme"},
            {"action": "repair_statistics", "organisation_id": "acme", **by_id, "apply": True},
        ],
        "images": [
            event(
                "POST /v1/images", {"kind": "brand_icon", "content_type": "image/png", "size": 9}
            ),
            event("POST /v1/images/{image_id}/complete", image_id=image.image_id),
            event("GET /images/{name}", name=PICTURE),
            event("HEAD /images/{name}", name=PICTURE),
        ],
    }
    return {
        function: {
            f"{number} {each.get('routeKey') or each.get('action', 'direct')}": each
            for number, each in enumerate(those)
        }
        for function, those in routes.items()
    }


def _now() -> Any:
    return datetime(2026, 6, 1, tzinfo=UTC)


def _new_coupon() -> Any:
    from simulator.environments import new_coupon

    return replace(new_coupon(400), ends_at=datetime(2999, 1, 1, tzinfo=UTC))


def _png() -> bytes:
    from PIL import Image

    content = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(content, "png")
    return content.getvalue()


def _content(coupon_id: str) -> Any:
    from couponflow.domain.flow_blocks import FlowBlockContent

    return FlowBlockContent(coupon_id)


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])), file=sys.__stdout__)
