"""Statistics of a coupon over HTTP: from the records of the stream to the response."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from couponflow.domain import links
from couponflow.services import statistics_repair
from couponflow.web.http import rate_limits
from tests.integration.conftest import Stored
from tests.support.api import Api
from tests.support.gateway import Gateway
from tests.support.table_stream import TableStream, event_of, record_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

NONE = {"distributed": 0, "opened": 0, "redeemed": 0, "rolled_back": 0}


@pytest.fixture
def stream(table: Table, gateway: Gateway, dynamodb: str, request: Any) -> TableStream:
    """The table's stream, on a shard of this test's own."""
    made = TableStream(dynamodb, table.name, gateway.invoke, request.node.name)
    made.skip()
    return made


def statistics(api: Api, coupon: dict[str, Any], **query: str) -> dict[str, Any]:
    answer = api.client.get(
        f"/v1/coupons/{coupon['coupon_id']}/statistics", params=query, headers=api.bearer()
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def today(zone: str = "UTC") -> str:
    from zoneinfo import ZoneInfo

    return str(datetime.now(ZoneInfo(zone)).date())


def test_campaign_is_counted_by_day_and_inbox(api: Api, stream: TableStream):
    coupon = api.coupon(max_redemptions=10, timezone="Pacific/Kiritimati")
    for customer, inbox in (("ann", "line"), ("ben", "line"), ("eve", "web"), ("kim", None)):
        more = {"inbox_id": inbox} if inbox else {}
        api.distribute(coupon, customer, **more)
    ann = f"/r/{api.distribute(coupon, 'ann')['redeem_token']}"
    for _ in range(3):
        assert api.client.post(f"{ann}/opened").status_code == 204
    assert api.tap(ann).status_code == 200
    assert api.till(coupon, "walk-in", inbox_id="web").status_code == 200
    stream.deliver(batch=2)

    found = statistics(api, coupon)

    totals = {"distributed": 4, "opened": 1, "redeemed": 2, "rolled_back": 0}
    assert found["totals"] == totals
    assert (found["redemption_rate"], found["remaining"]) == (0.5, 8)
    assert found["timezone"] == "Pacific/Kiritimati"
    assert len(found["series"]) == 30
    assert found["series"][-1] == {"date": today("Pacific/Kiritimati")} | totals
    assert found["series"][0] == {"date": found["series"][0]["date"]} | NONE
    assert {row["inbox_id"]: row["distributed"] for row in found["by_inbox"]} == {
        None: 1,
        "line": 2,
        "web": 1,
    }
    kinds = {row["inbox_id"]: (row["kind"], row["redeemed"]) for row in found["by_inbox"]}
    assert kinds == {None: ("none", 0), "line": ("inbox", 1), "web": ("inbox", 1)}
    assert found["updated_at"] is not None


def test_repeated_and_recut_batches_change_nothing(api: Api, stream: TableStream):
    coupon = api.coupon()
    for number in range(7):
        api.distribute(coupon, f"customer-{number}", inbox_id="line")
    batches = stream.deliver(batch=3)
    records = [record for batch in batches for record in batch["Records"]]
    before = statistics(api, coupon)

    for first, last in ((0, 7), (2, 5), (0, 1), (6, 7)):
        stream.invoke(event_of(records[first:last], stream.shard))
        api.gateway.restart()

    assert statistics(api, coupon) == before
    assert before["totals"]["distributed"] == 7
    # The same records from another shard are others: here the mark is what does not count them.
    stream.invoke(event_of(records, f"{stream.shard}-other"))
    assert statistics(api, coupon)["totals"]["distributed"] == 14


def test_new_coupon_has_statistics(api: Api):
    found = statistics(api, api.coupon())

    assert found["totals"] == NONE
    assert (found["redemption_rate"], found["remaining"], found["by_inbox"]) == (None, None, [])
    assert found["updated_at"] is None


def test_series_has_the_days_asked_for(api: Api):
    coupon = api.coupon()

    found = statistics(api, coupon, **{"from": "2026-02-27", "to": "2026-03-01"})

    assert [day["date"] for day in found["series"]] == ["2026-02-27", "2026-02-28", "2026-03-01"]
    ends = statistics(api, coupon, to="2026-03-01")["series"]
    assert (ends[0]["date"], len(ends)) == ("2026-01-31", 30)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-03-02", "to": "2026-03-01"}, "from"),
        ({"from": "2025-01-01", "to": "2026-03-01"}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-02-30"}, "to"),
        ({"to": "9999-12-31"}, "to"),
        ({"to": "0001-01-01"}, "to"),
        ({"interval": "hour"}, "interval"),
    ],
)
def test_wrong_query_is_refused(api: Api, query: dict[str, str], field: str):
    coupon = api.coupon()
    answer = api.client.get(
        f"/v1/coupons/{coupon['coupon_id']}/statistics", params=query, headers=api.bearer()
    )

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_lists_carry_times_distributed(api: Api, stream: TableStream):
    coupon, other = api.coupon(), api.coupon()
    for customer in ("ann", "ben"):
        api.distribute(coupon, customer)
    stream.deliver()

    listed = {item["coupon_id"]: item for item in api.call("GET", "/v1/coupons").json()["items"]}
    assert listed[coupon["coupon_id"]]["times_distributed"] == 2
    assert listed[other["coupon_id"]]["times_distributed"] == 0
    assert api.read(coupon)["times_distributed"] == 2
    assert api.patch(coupon, name="Other").json()["times_distributed"] == 2
    assert other["times_distributed"] == 0


def test_batch_of_many_coupons_is_counted_in_parts(api: Api, stream: TableStream):
    """A transaction holds 100 items, and each coupon needs two."""
    coupons = [api.coupon() for _ in range(60)]
    for coupon in coupons:
        api.distribute(coupon, "ann", inbox_id="line")

    stream.deliver(batch=1_000)

    assert all(api.read(coupon)["times_distributed"] == 1 for coupon in coupons)


def test_inboxes_beyond_fifty_are_counted_together(api: Api, stream: TableStream):
    coupon = api.coupon()
    for number in range(53):
        api.distribute(coupon, f"customer-{number}", inbox_id=f"inbox-{number}")
    stream.deliver(batch=1_000)

    rows = statistics(api, coupon)["by_inbox"]

    assert len([row for row in rows if row["kind"] == "inbox"]) == 50
    (rest,) = [row for row in rows if row["kind"] == "other"]
    assert (rest["inbox_id"], rest["distributed"]) == (None, 3)


def test_inbox_that_a_till_names_takes_the_distribution(api: Api, stream: TableStream):
    coupon = api.coupon()
    api.distribute(coupon, "ann")
    stream.deliver()
    api.till(coupon, "ann", inbox_id="shop")
    stream.deliver()

    found = statistics(api, coupon)

    rows = {row["inbox_id"]: (row["distributed"], row["redeemed"]) for row in found["by_inbox"]}
    assert rows == {None: (0, 0), "shop": (1, 1)}
    assert found["totals"] == NONE | {"distributed": 1, "redeemed": 1}


def test_poison_record_holds_up_no_other(
    api: Api, stream: TableStream, monkeypatch: pytest.MonkeyPatch
):
    sent: list[dict[str, Any]] = []
    coupon = api.coupon()
    api.distribute(coupon, "ann")
    (batch,) = stream.deliver()
    (good,) = batch["Records"]
    image = good["dynamodb"]["NewImage"]
    strangers = image | {"pk": {"S": "HOLDER#n0c0vp0n00000#m"}}
    undated = image | {"distributed_at": {"S": "yesterday"}}
    records = [record_of(n, new) for n, new in ((9001, strangers), (9002, undated), (9003, image))]
    monkeypatch.setenv("FAILURE_QUEUE_URL", "FailureQueue")
    api.gateway.restart()
    monkeypatch.setattr(
        "couponflow.store.failure_queue.FailureQueue.send", lambda _, message: sent.append(message)
    )

    assert stream.invoke(event_of(records, stream.shard))["batchItemFailures"] == []

    assert statistics(api, coupon)["totals"]["distributed"] == 2
    assert [message["sequenceNumber"] for message in sent] == ["9001", "9002"]
    assert "ann" not in str(sent)


def test_batch_without_a_shard_is_refused(api: Api, stream: TableStream):
    """Without a mark to compare with, a repetition would be counted again."""
    coupon = api.coupon()
    api.distribute(coupon, "ann")
    (batch,) = stream.deliver()
    del batch["shardId"]

    with pytest.raises(LookupError, match="TumblingWindowInSeconds"):
        stream.invoke(batch)


def test_opened_link_is_counted_once_for_any_token_the_same(api: Api, stored: Stored):
    coupon = api.coupon()
    link = api.link(coupon, "ann")
    before = stored()

    answers = [
        api.client.post(f"/r/{token}/opened")
        for token in ("0" * 52, link[3:-1] + ("0" if link[-1] != "0" else "1"), "x")
    ]
    assert [answer.status_code for answer in answers] == [204] * 3
    assert stored() == before

    answers = [api.client.post(f"{link}/opened") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204] * 2
    (opened,) = [item for item in stored() if item not in before]
    assert opened["pk"].startswith("OPENED#") and "customer_id" not in opened


def test_opened_reports_of_other_sites_are_refused(api: Api, stored: Stored):
    link = api.link(api.coupon(), "ann")
    before = stored()

    answer = api.client.post(f"{link}/opened", headers={"sec-fetch-site": "cross-site"})

    assert answer.status_code == 403
    assert stored() == before


def test_guessed_opened_reports_are_limited(api: Api, monkeypatch: pytest.MonkeyPatch):
    few = rate_limits.RateLimit("address", 5)
    monkeypatch.setattr(rate_limits, "FAILURES_BY_ADDRESS", few)

    own_address = {"source_ip": "198.51.100.77"}
    statuses = [
        api.client.post(f"/r/{n:052d}/opened", extensions=own_address).status_code for n in range(8)
    ]

    assert statuses == [204] * 5 + [429] * 3


def test_repair_counts_again_what_was_lost(
    api: Api, stream: TableStream, monkeypatch: pytest.MonkeyPatch
):
    coupon = api.coupon(max_redemptions=10)
    for customer in ("ann", "ben"):
        api.distribute(coupon, customer, inbox_id="line")
    assert api.till(coupon, "ann", inbox_id="line").status_code == 200
    ids = {"coupon_id": coupon["coupon_id"]}

    lost = api.operate("repair_statistics", **ids)
    assert {(each["place"], each["kind"], each["records"]) for each in lost["differences"]} == {
        (place, kind, records)
        for place in ("inbox line", today())
        for kind, records in (("distributed", 2), ("redeemed", 1))
    }
    monkeypatch.setattr(statistics_repair, "SECONDS_UNTIL_STILL", 0)
    monkeypatch.setattr(statistics_repair, "SECONDS_AHEAD", 1)
    repaired = api.operate("repair_statistics", apply=True, **ids)

    assert repaired == {"is_repaired": True, "redeemed": 1, "quota_used": 1, "differences": []}
    # The stream still has the records: the repair counted them.
    stream.deliver()
    assert statistics(api, coupon)["totals"] == NONE | {"distributed": 2, "redeemed": 1}
    api.distribute(coupon, "eve")
    stream.deliver()
    assert statistics(api, coupon)["totals"]["distributed"] == 3


def test_archived_coupon_is_compared_and_not_repaired(api: Api):
    coupon = api.coupon()
    api.call("DELETE", f"/v1/coupons/{coupon['coupon_id']}")
    ids = {"coupon_id": coupon["coupon_id"]}

    assert api.operate("repair_statistics", **ids)["differences"] == []
    assert api.operate("repair_statistics", apply=True, **ids)["code"] == "coupon_archived"


def test_repair_of_a_foreign_coupon_is_refused(organisation: Callable[[str], Api]):
    coupon = organisation("other").coupon()

    answer = organisation("acme").operate("repair_statistics", coupon_id=coupon["coupon_id"])

    assert answer["code"] == "coupon_not_found"


def test_failed_queue_message_names_no_customer(
    api: Api, stream: TableStream, monkeypatch: pytest.MonkeyPatch
):
    """What is sent is JSON with the shard, the number and the reason; the client is SQS's."""
    from couponflow.store.failure_queue import FailureQueue

    class Client:
        def send_message(self, **message: str) -> None:
            sent.append(message)

    sent: list[dict[str, str]] = []
    FailureQueue(Client, "https://queue").send({"shardId": "s", "sequenceNumber": "1"})
    FailureQueue(lambda: boto3.client("sqs"), "").send({"shardId": "s"})

    body = '{"shardId": "s", "sequenceNumber": "1"}'
    assert sent == [{"QueueUrl": "https://queue", "MessageBody": body}]


def test_statistics_hold_no_customer_and_no_link(api: Api, stream: TableStream, stored: Stored):
    coupon = api.coupon()
    link = api.link(coupon, "canary-customer")
    stream.deliver()

    kept = [item for item in stored() if item["pk"].startswith(("STATS#", "STREAM#"))]
    assert kept and "canary" not in str(kept) and link[3:] not in str(kept)
    holder = links.read_coupon_id(link[3:])
    assert holder == coupon["coupon_id"]
    expiry = datetime.now(UTC) + timedelta(days=7)
    marks = [item for item in kept if item["pk"].startswith("STREAM#")]
    assert all(abs(int(mark["expires_at"]) - expiry.timestamp()) < 60 for mark in marks[-1:])
