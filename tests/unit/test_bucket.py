"""What S3 answers, and what it means: the same errors as DynamoDB's."""

from __future__ import annotations

import io
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from couponflow.domain.errors import NotFound, TryAgain
from couponflow.store.bucket import LONGEST_CALL, MOST_TRIES, Bucket
from couponflow.store.dynamodb import ContentionError, UnknownResultError
from couponflow.store.request_state import RequestState

CALLS = {
    "read": lambda bucket: bucket.read("key", 9),
    "write": lambda bucket: bucket.write("key", b"content"),
    "delete": lambda bucket: bucket.delete("key"),
}


class FailingClient:
    """Fails so many calls; then it answers."""

    def __init__(self, error: Exception, times: int = 99) -> None:
        self.error, self.times, self.calls = error, times, 0

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            self.calls += 1
            if self.calls <= self.times:
                raise self.error
            return {"Body": io.BytesIO(b"content")}

        return call


def failure(code: str, status: int) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": ""},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "GetObject")


NO_ANSWER = [
    ReadTimeoutError(endpoint_url="x"), ConnectTimeoutError(endpoint_url="x"),
    EndpointConnectionError(endpoint_url="x"),
    ResponseStreamingError(error="broken off"), failure("InternalError", 500),
    failure("ServiceUnavailable", 503),
    failure("RequestTimeout", 400), failure("Whatever", 502),
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("error", NO_ANSWER, ids=repr)
def test_call_without_an_answer_has_an_unknown_result(call, error):
    client = FailingClient(error)
    with pytest.raises(UnknownResultError):
        call(Bucket(lambda: client, "images"))
    assert client.calls == MOST_TRIES


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_throttled_call_changed_nothing(call):
    with pytest.raises(ContentionError):
        call(Bucket(lambda: FailingClient(failure("SlowDown", 503)), "images"))


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_second_attempt_is_answered(call):
    call(Bucket(lambda: FailingClient(NO_ANSWER[0], times=1), "images"))


@pytest.mark.parametrize("code", ["NoSuchKey", "404", "AccessDenied"])
def test_missing_object_is_not_found_and_refused_write_an_error(code):
    bucket = Bucket(lambda: FailingClient(failure(code, 404)), "images")
    with pytest.raises(NotFound):
        bucket.read("key", 9)
    with pytest.raises(ClientError):
        bucket.write("key", b"content")


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_no_call_begins_without_time_for_it(call):
    client, request = FailingClient(NO_ANSWER[0]), RequestState(lambda: 0.0)
    request.start(
        type(
            "Context", (), {"get_remaining_time_in_millis": lambda _: (LONGEST_CALL + 0.9) * 1000}
        )()
    )
    with pytest.raises(TryAgain):
        call(Bucket(lambda: client, "images", request))
    assert client.calls == 0
