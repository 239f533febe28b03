"""What DynamoDB answers, and what it means: one test a cell."""

from itertools import product
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)

from couponflow.store.dynamodb import MOST_TRIES, ConditionFailedError, ContentionError, Table, UnknownResultError

OLD = {"pk": {"S": "a"}, "used": {"N": "7"}}
BUSY = ["TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"]
WRITE: list[dict[str, Any]] = [{"Update": {}}, {"Update": {}}]


class Refusing:
    """A client that answers every call with one error."""

    def __init__(self, error: Exception) -> None:
        self.error, self.asked = error, 0

    def __getattr__(self, name: str) -> Any:
        def call(**parameters: Any) -> None:
            self.asked += 1
            raise self.error

        return call


def table(error: Exception) -> Table:
    return Table(Refusing(error), "a-table", pause=lambda seconds: None)


def reason(code: str) -> dict[str, Any]:
    return {"Code": code, "Item": OLD} if code == "ConditionalCheckFailed" else {"Code": code}


def cancelled(*codes: str) -> ClientError:
    answer: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": ""},
        "CancellationReasons": list(map(reason, codes)),
    }
    return ClientError(answer, "TransactWriteItems")


def plain(code: str, status: int = 400, **more: Any) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}
    return ClientError(answer, "UpdateItem")


@pytest.mark.parametrize("second", ["None", "ConditionalCheckFailed", *BUSY])
def test_a_refused_redemption_is_final_whatever_became_of_the_shard(second):
    with pytest.raises(ConditionFailedError) as refused:
        table(cancelled("ConditionalCheckFailed", second)).transact(WRITE)
    assert refused.value.index == 0
    assert refused.value.old == {"pk": "a", "used": 7}


def test_a_refused_shard_counts_when_the_redemption_was_fine():
    with pytest.raises(ConditionFailedError) as refused:
        table(cancelled("None", "ConditionalCheckFailed")).transact(WRITE)
    assert refused.value.index == 1
    assert refused.value.old == {"pk": "a", "used": 7}


@pytest.mark.parametrize("first", BUSY)
def test_a_refused_shard_beside_a_conflict_may_be_the_winners_echo_so_it_is_tried_again(first):
    with pytest.raises(ContentionError):
        table(cancelled(first, "ConditionalCheckFailed")).transact(WRITE)


@pytest.mark.parametrize(("first", "second"), [*product(["None", *BUSY], BUSY), *product(BUSY, ["None"])])
def test_conflicts_and_throttles_are_tried_again(first, second):
    with pytest.raises(ContentionError):
        table(cancelled(first, second)).transact(WRITE)


@pytest.mark.parametrize("codes", [("None", "None"), ("ValidationError", "None"), ("None", "ItemCollectionSizeLimitExceeded")])
def test_a_cancellation_that_is_nobodys_doing_is_our_fault(codes):
    with pytest.raises(ClientError):
        table(cancelled(*codes)).transact(WRITE)


def test_of_many_writes_the_refused_one_is_named():
    with pytest.raises(ConditionFailedError) as refused:
        table(cancelled(*["None"] * 9, "ConditionalCheckFailed")).transact(WRITE)
    assert refused.value.index == 9


def test_a_refused_write_on_what_does_not_exist_has_no_old_item():
    for error in (plain("ConditionalCheckFailedException"), plain("ConditionalCheckFailedException", Item={})):
        with pytest.raises(ConditionFailedError) as refused:
            table(error).update(WRITE[0])
        assert (refused.value.old, refused.value.index) == (None, 0)


def test_a_refused_write_carries_what_lies_there():
    with pytest.raises(ConditionFailedError) as refused:
        table(plain("ConditionalCheckFailedException", Item=OLD)).put({"Put": {}})
    assert refused.value.old == {"pk": "a", "used": 7}


CALLS = {
    "get": lambda table: table.get({"pk": "a", "sk": "b"}),
    "get_all": lambda table: table.get_all([{"pk": "a", "sk": "b"}]),
    "query": lambda table: table.query("pk = :pk", {":pk": "a"}),
    "put": lambda table: table.put({"Put": {}}),
    "update": lambda table: table.update({"Update": {}}),
    "transact": lambda table: table.transact(WRITE),
}
NOTHING_WRITTEN = [
    "LimitExceededException", "ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException",
    "TransactionConflictException", "TransactionInProgressException",
]  # fmt: skip
NO_LINE = [
    ReadTimeoutError(endpoint_url="x"), ConnectTimeoutError(endpoint_url="x"), EndpointConnectionError(endpoint_url="x"),
    ConnectionClosedError(endpoint_url="x"), SSLError(endpoint_url="x", error=OSError()),
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("code", NOTHING_WRITTEN)
def test_a_throttled_call_wrote_nothing(call, code):
    with pytest.raises(ContentionError):
        call(table(plain(code)))


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("error", [plain("InternalServerError", 500), plain("RequestTimeout"), *NO_LINE], ids=repr)
def test_a_call_without_an_answer_may_have_written(call, error):
    with pytest.raises(UnknownResultError):
        call(table(error))


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_of_any_name_is_no_answer(status):
    with pytest.raises(UnknownResultError):
        table(plain("Whatever", status)).transact(WRITE)


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"])
def test_what_only_we_can_mend_is_not_tried_again(code):
    with pytest.raises(ClientError):
        table(plain(code)).get({"pk": "a", "sk": "b"})


@pytest.mark.parametrize("error", [plain("ThrottlingException"), plain("InternalServerError", 500), NO_LINE[0]], ids=repr)
def test_a_call_is_asked_again_but_a_transaction_only_by_its_caller(error):
    for name, call in CALLS.items():
        client = Refusing(error)
        with pytest.raises((ContentionError, UnknownResultError)):
            call(Table(client, "a-table", pause=lambda seconds: None))
        assert client.asked == (1 if name == "transact" else MOST_TRIES)


class LeavingOut:
    """A client whose batches leave out the last key, so many times."""

    def __init__(self, times: int) -> None:
        self.times, self.asked = times, 0

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803
        self.asked += 1
        keys = RequestItems["a-table"]["Keys"]
        read, left = (keys[:-1], keys[-1:]) if self.asked <= self.times else (keys, [])
        return {"Responses": {"a-table": read}, "UnprocessedKeys": {"a-table": {"Keys": left}} if left else {}}


KEYS = [{"pk": str(number), "sk": "x"} for number in range(250)]


def test_every_key_of_a_batch_is_read_also_those_that_were_left_out():
    assert (
        sorted(Table(LeavingOut(2), "a-table", pause=lambda seconds: None).get_all(KEYS), key=lambda item: int(item["pk"]))
        == KEYS
    )


def test_a_batch_that_is_never_whole_is_no_answer_at_all():
    with pytest.raises(ContentionError):
        Table(LeavingOut(1_000), "a-table", pause=lambda seconds: None).get_all(KEYS[:2])
