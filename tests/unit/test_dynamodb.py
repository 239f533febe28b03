"""Translation of DynamoDB's responses and errors to ours, one test per case."""

from contextlib import suppress
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

from couponflow.domain.errors import OutcomeUnknown, TryAgain
from couponflow.store.dynamodb import (
    LONGEST_CALL,
    MOST_TRIES,
    ConditionFailedError,
    ContentionError,
    Table,
    UnknownResultError,
)
from couponflow.store.request_state import RequestState

OLD = {"pk": {"S": "a"}, "used": {"N": "7"}}
BUSY = ["TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"]
WRITE: list[dict[str, Any]] = [{"Update": {}}, {"Update": {}}]


class FailingClient:
    """A client that answers every call with one error."""

    def __init__(self, error: Exception) -> None:
        self.error, self.asked = error, 0

    def __getattr__(self, name: str) -> Any:
        def call(**parameters: Any) -> None:
            self.asked += 1
            raise self.error

        return call


def table(error: Exception) -> Table:
    return Table(FailingClient(error), "a-table", pause=lambda seconds: None)


def reason(code: str) -> dict[str, Any]:
    return {"Code": code, "Item": OLD} if code == "ConditionalCheckFailed" else {"Code": code}


def cancelled(*codes: str) -> ClientError:
    answer: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": ""},
        "CancellationReasons": list(map(reason, codes)),
    }
    return ClientError(answer, "TransactWriteItems")


def plain(code: str, status: int = 400, **more: Any) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": ""},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }
    return ClientError(answer, "UpdateItem")


@pytest.mark.parametrize("second", ["None", "ConditionalCheckFailed", *BUSY])
def test_refused_redemption_is_final_for_any_result_of_the_shard(second):
    with pytest.raises(ConditionFailedError) as refused:
        table(cancelled("ConditionalCheckFailed", second)).transact(WRITE)
    assert refused.value.index == 0
    assert refused.value.old == {"pk": "a", "used": 7}


def test_refused_shard_counts_if_the_redemption_passed():
    with pytest.raises(ConditionFailedError) as refused:
        table(cancelled("None", "ConditionalCheckFailed")).transact(WRITE)
    assert refused.value.index == 1
    assert refused.value.old == {"pk": "a", "used": 7}


@pytest.mark.parametrize("first", BUSY)
def test_refused_shard_beside_a_conflict_is_retryable(first):
    with pytest.raises(ContentionError):
        table(cancelled(first, "ConditionalCheckFailed")).transact(WRITE)


@pytest.mark.parametrize(
    ("first", "second"), [*product(["None", *BUSY], BUSY), *product(BUSY, ["None"])]
)
def test_conflicts_and_throttling_are_retryable(first, second):
    with pytest.raises(ContentionError):
        table(cancelled(first, second)).transact(WRITE)


@pytest.mark.parametrize(
    "codes",
    [("None", "None"), ("ValidationError", "None"), ("None", "ItemCollectionSizeLimitExceeded")],
)
def test_cancellation_for_another_reason_is_a_client_error(codes):
    with pytest.raises(ClientError):
        table(cancelled(*codes)).transact(WRITE)


def test_error_has_the_index_of_the_refused_write():
    with pytest.raises(ConditionFailedError) as refused:
        table(cancelled(*["None"] * 9, "ConditionalCheckFailed")).transact(WRITE)
    assert refused.value.index == 9


def test_refused_write_of_a_missing_item_has_no_old_item():
    for error in (
        plain("ConditionalCheckFailedException"),
        plain("ConditionalCheckFailedException", Item={}),
    ):
        with pytest.raises(ConditionFailedError) as refused:
            table(error).update(WRITE[0])
        assert (refused.value.old, refused.value.index) == (None, 0)


def test_refused_write_carries_the_stored_item():
    with pytest.raises(ConditionFailedError) as refused:
        table(plain("ConditionalCheckFailedException", Item=OLD)).put({"Put": {}})
    assert refused.value.old == {"pk": "a", "used": 7}


CALLS = {
    "get": lambda table: table.get({"pk": "a", "sk": "b"}),
    "get_all": lambda table: table.get_all([{"pk": "a", "sk": "b"}]),
    "query": lambda table: table.query("pk = :pk", {":pk": "a"}, at_most=9),
    "put": lambda table: table.put({"Put": {}}),
    "update": lambda table: table.update({"Update": {}}),
    "transact": lambda table: table.transact(WRITE),
}
NOTHING_WRITTEN = [
    "LimitExceededException", "ProvisionedThroughputExceededException", "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionConflictException", "TransactionInProgressException",
]  # fmt: skip
CONNECTION_ERRORS = [
    ReadTimeoutError(endpoint_url="x"), ConnectTimeoutError(endpoint_url="x"),
    EndpointConnectionError(endpoint_url="x"),
    ConnectionClosedError(endpoint_url="x"), SSLError(endpoint_url="x", error=OSError()),
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("code", NOTHING_WRITTEN)
def test_throttled_call_is_a_contention_error(call, code):
    with pytest.raises(ContentionError):
        call(table(plain(code)))


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(
    "error",
    [plain("InternalServerError", 500), plain("RequestTimeout"), *CONNECTION_ERRORS],
    ids=repr,
)
def test_call_without_a_response_has_an_unknown_result(call, error):
    with pytest.raises(UnknownResultError):
        call(table(error))


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_error_of_any_code_has_an_unknown_result(status):
    with pytest.raises(UnknownResultError):
        table(plain("Whatever", status)).transact(WRITE)


@pytest.mark.parametrize(
    "code", ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"]
)
def test_client_error_is_not_retried(code):
    with pytest.raises(ClientError):
        table(plain(code)).get({"pk": "a", "sk": "b"})


@pytest.mark.parametrize(
    "error",
    [plain("ThrottlingException"), plain("InternalServerError", 500), CONNECTION_ERRORS[0]],
    ids=repr,
)
def test_every_call_but_a_transaction_is_retried(error):
    for name, call in CALLS.items():
        client = FailingClient(error)
        with pytest.raises((ContentionError, UnknownResultError)):
            call(Table(client, "a-table", pause=lambda seconds: None))
        assert client.asked == (1 if name == "transact" else MOST_TRIES)


class IncompleteBatchClient:
    """A client whose first `times` batch reads leave the last key unprocessed."""

    def __init__(self, times: int) -> None:
        self.times, self.asked = times, 0

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803
        self.asked += 1
        keys = RequestItems["a-table"]["Keys"]
        read, left = (keys[:-1], keys[-1:]) if self.asked <= self.times else (keys, [])
        return {
            "Responses": {"a-table": read},
            "UnprocessedKeys": {"a-table": {"Keys": left}} if left else {},
        }


KEYS = [{"pk": str(number), "sk": "x"} for number in range(250)]


def test_unprocessed_keys_of_a_batch_are_read_again():
    assert (
        sorted(
            Table(IncompleteBatchClient(2), "a-table", pause=lambda seconds: None).get_all(KEYS),
            key=lambda item: int(item["pk"]),
        )
        == KEYS
    )


def test_batch_that_never_completes_is_a_contention_error():
    with pytest.raises(ContentionError):
        Table(IncompleteBatchClient(1_000), "a-table", pause=lambda seconds: None).get_all(KEYS[:2])


class LosingClient:
    """A client whose calls answer, or end in one error."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            if self.error:
                raise self.error
            return {"Attributes": {}, "Items": [], "Responses": {}}

        return call


WRITES = {"put", "update", "transact"}
NOTHING_SENT = [ConnectTimeoutError(endpoint_url="x"), EndpointConnectionError(endpoint_url="x")]
LOST = [
    ReadTimeoutError(endpoint_url="x"),
    ConnectionClosedError(endpoint_url="x"),
    plain("InternalServerError", 500),
    plain("RequestTimeout"),
]


def outcome(call: Any, error: Exception | None) -> type[Exception]:
    """The error of a request that makes one call and cannot be decided then."""
    state = RequestState()
    with suppress(ContentionError, UnknownResultError, ConditionFailedError):
        call(Table(LosingClient(error), "a-table", pause=lambda seconds: None, request=state))
    return type(state.undecided_error())


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("error", [None, *LOST], ids=repr)
def test_outcome_is_unknown_after_a_write_that_may_be_made(name, error):
    assert outcome(CALLS[name], error) is (OutcomeUnknown if name in WRITES else TryAgain)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("error", [*NOTHING_SENT, *map(plain, NOTHING_WRITTEN)], ids=repr)
def test_write_is_retryable_only_if_nothing_was_written(name, error):
    assert outcome(CALLS[name], error) is TryAgain


@pytest.mark.parametrize("name", sorted(WRITES))
def test_refused_write_was_not_made(name):
    assert outcome(CALLS[name], plain("ConditionalCheckFailedException", Item=OLD)) is TryAgain


def test_counter_and_audit_writes_do_not_prevent_a_retry():
    for call in (
        lambda table: table.update_once({"Update": {}}),
        lambda table: table.put_beside({"Put": {}}),
    ):
        assert outcome(call, None) is TryAgain
        assert outcome(call, LOST[0]) is TryAgain


def test_later_certainty_does_not_undo_an_earlier_doubt():
    state, client = RequestState(), LosingClient(LOST[0])
    table = Table(client, "a-table", pause=lambda seconds: None, request=state)
    for client.error in (LOST[0], plain("ThrottlingException")):
        with pytest.raises((ContentionError, UnknownResultError)):
            table.transact(WRITE)
    assert type(state.undecided_error()) is OutcomeUnknown
    state.start()
    assert type(state.undecided_error()) is TryAgain


@pytest.mark.parametrize("name", CALLS)
def test_no_call_begins_without_time_for_it(name):
    state, client = RequestState(lambda: 0.0), FailingClient(LOST[0])
    state.start(
        type(
            "Context", (), {"get_remaining_time_in_millis": lambda _: (LONGEST_CALL + 0.9) * 1000}
        )()
    )
    with pytest.raises(TryAgain):
        CALLS[name](Table(client, "a-table", pause=lambda seconds: None, request=state))
    assert client.asked == 0
