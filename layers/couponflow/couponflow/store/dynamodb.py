"""A thin DynamoDB client over plain dicts; maps DynamoDB's errors to ours."""

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import (
    ClientError,
    ConnectionError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
)

from couponflow.store.attribute_values import Item as Item
from couponflow.store.attribute_values import decode, encode
from couponflow.store.backoff import Jitter
from couponflow.store.request_state import RequestState

Key = dict[str, str]
Write = dict[str, Any]

# Reads and single writes are asked again here; a transaction only by its caller, who may have a
# better place to go.
MOST_TRIES = 3
# Limits of the pauses before the second and the third try: 40 and 80 ms.
_JITTER = Jitter(first=0.04, longest=0.08)
# The client's timeouts. A call lasts as long as both at most, so none begins with less time left.
CONNECT_SECONDS, READ_SECONDS = 1, 2
LONGEST_CALL = CONNECT_SECONDS + READ_SECONDS
# There was no connection, so the request was not sent.
NOT_SENT = (ConnectTimeoutError, EndpointConnectionError)


class ContentionError(Exception):
    """Nothing was written: a transaction conflict or throttling. Safe to retry."""


class UnknownResultError(Exception):
    """The result of a write is unknown: it was made or not. Repeat it and look for it."""


class ConditionFailedError(Exception):
    """Nothing was written: a condition failed.

    `index` is the item of the call whose condition failed, `old` that item as it is, or None.
    """

    def __init__(self, old: Item | None, index: int = 0) -> None:
        super().__init__(index)
        self.old, self.index = old, index


_CONTENDED = {
    "LimitExceededException",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingError",
    "ThrottlingException",
    "TransactionConflict",
    "TransactionConflictException",
    "TransactionInProgressException",
}


def _translate_error(error: ClientError) -> Exception:
    name = error.response["Error"]["Code"]
    if name == "ConditionalCheckFailedException":
        return ConditionFailedError(_old(error.response))
    if name == "TransactionCanceledException":
        return _why_cancelled(error.response["CancellationReasons"]) or error
    if name in _CONTENDED:
        return ContentionError()
    return (
        UnknownResultError()
        if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500 or name == "RequestTimeout"
        else error
    )


def _why_cancelled(reasons: Any) -> Exception | None:
    """The first refusal counts if every item before it was fine; a conflict before it may be the
    winner's own echo.

    Callers put the item whose refusal is final first: what it says holds whatever happened to the
    others.
    """
    for index, reason in enumerate(reasons):
        if reason["Code"] == "ConditionalCheckFailed":
            return ConditionFailedError(_old(reason), index)
        if reason["Code"] in _CONTENDED:
            return ContentionError()
        if reason["Code"] != "None":
            return None
    return None


def _old(answer: Any) -> Item | None:
    return decode(answer["Item"]) if answer.get("Item") else None


class Table:
    """One table.

    Every method may raise ContentionError, UnknownResultError, or TryAgain when the request's time
    is over; writes with a condition also ConditionFailedError.
    """

    def __init__(
        self,
        client: Any,
        name: str,
        pause: Callable[[float], None] = time.sleep,
        request: RequestState | None = None,
    ) -> None:
        self._client, self._name, self._pause = client, name, pause
        self._request = request or RequestState()

    def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        """Return the item, or None."""
        answer = self._call_with_retries(
            self._client.get_item, TableName=self._name, Key=encode(key), ConsistentRead=consistent
        )
        return decode(answer["Item"]) if "Item" in answer else None

    def get_all(self, keys: list[Key], *, consistent: bool = False) -> list[Item]:
        """Return the items with these keys, in no order. Every key was really read.

        Raises ContentionError if DynamoDB keeps leaving some out.
        """
        items: list[Item] = []
        for start in range(0, len(keys), 100):
            wanted = [encode(key) for key in keys[start : start + 100]]
            for tries in range(MOST_TRIES):
                self._wait_before(tries)
                request = {self._name: {"Keys": wanted, "ConsistentRead": consistent}}
                answer = self._call_with_retries(self._client.batch_get_item, RequestItems=request)
                items += map(decode, answer["Responses"].get(self._name, []))
                if not (left_out := answer.get("UnprocessedKeys")):
                    break
                wanted = left_out[self._name]["Keys"]
            else:
                raise ContentionError
        return items

    def query(
        self,
        condition: str,
        values: Item,
        *,
        index: str | None = None,
        consistent: bool = False,
        newest_first: bool = False,
        at_most: int,
    ) -> list[Item]:
        """Return the first `at_most` items that the key condition selects. No read is unbounded."""
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": encode(values),
            "ScanIndexForward": not newest_first,
            "ConsistentRead": consistent,
        }
        if index:
            request["IndexName"] = index
        items: list[Item] = []
        while True:
            request["Limit"] = at_most - len(items)
            answer = self._call_with_retries(self._client.query, **request)
            items += map(decode, answer["Items"])
            if "LastEvaluatedKey" not in answer or len(items) >= at_most:
                return items
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def put(self, write: Write) -> None:
        """Do one put made by `put()`.

        Its condition may meet what an earlier try wrote, whose answer was lost.
        """
        self._call_with_retries(
            self._client.put_item, is_write=True, TableName=self._name, **write["Put"]
        )

    def update(self, write: Write) -> Item:
        """Do one update made by `update()`; the item as it is now.

        Its condition may meet its own work, as in `put`.
        """
        answer = self._call_with_retries(
            self._client.update_item,
            is_write=True,
            TableName=self._name,
            ReturnValues="ALL_NEW",
            **write["Update"],
        )
        return decode(answer["Attributes"])

    def update_once(self, write: Write) -> None:
        """Do one update beside the request, tried once.

        It may be lost, and is no part of the request's outcome.
        """
        self._call(self._client.update_item, TableName=self._name, **write["Update"])

    def put_beside(self, write: Write) -> None:
        """Do one put that is no part of the request's outcome, such as an entry of the
        audit log.
        """
        self._call_with_retries(self._client.put_item, TableName=self._name, **write["Put"])

    def find_conflicting_item(self, refused: ConditionFailedError, key: Key) -> Item | None:
        """Return the item that refused a single write, where only an existing item can refuse it.

        DynamoDB sends the item with the refusal. The local engine roto leaves it out, which costs a
        strong read; another request may have changed the item by then. Callers conclude only what
        every later state of the item allows too: tests/proofs/test_withheld_items.py searches that.
        """
        return self.get(key, consistent=True) if refused.old is None else refused.old

    def transact(self, writes: list[Write]) -> None:
        """All of them or none, tried once.

        ConditionFailed carries the index of the write that was refused.
        """
        items = [
            {kind: {"TableName": self._name, **body}}
            for write in writes
            for kind, body in write.items()
        ]
        self._call(self._client.transact_write_items, is_write=True, TransactItems=items)

    def _call_with_retries(
        self, call: Callable[..., Any], *, is_write: bool = False, **request: Any
    ) -> Any:
        for tries in range(MOST_TRIES - 1):
            self._wait_before(tries)
            try:
                return self._call(call, is_write=is_write, **request)
            except (ContentionError, UnknownResultError):
                continue
        self._wait_before(MOST_TRIES - 1)
        return self._call(call, is_write=is_write, **request)

    def _call(self, call: Callable[..., Any], *, is_write: bool = False, **request: Any) -> Any:
        """Call once. A write is recorded unless it certainly was not made."""
        self._request.require_seconds(LONGEST_CALL)
        try:
            answer = _call(call, **request)
        except UnknownResultError as unknown:
            if is_write and not isinstance(unknown.__cause__, NOT_SENT):
                self._request.record_write()
            raise
        if is_write:
            self._request.record_write()
        return answer

    def _wait_before(self, tries: int) -> None:
        if tries:
            self._pause(_JITTER.seconds(tries - 1))


def _call(call: Callable[..., Any], **request: Any) -> Any:
    try:
        return call(**request)
    except ClientError as error:
        raise _translate_error(error) from error
    except (ConnectionError, HTTPClientError, IncompleteReadError) as error:
        raise UnknownResultError from error


def put(item: Item, condition: str | None = None, values: Item | None = None) -> Write:
    """Return a put for `transact` or `Table.put`."""
    return {"Put": {"Item": encode(item), **_condition(condition, values, None)}}


def update(
    key: Key,
    expression: str,
    values: Item,
    condition: str | None = None,
    names: dict[str, str] | None = None,
) -> Write:
    """Return an update for `transact` or `Table.update`."""
    return {
        "Update": {
            "Key": encode(key),
            "UpdateExpression": expression,
            **_condition(condition, values, names),
        }
    }


def delete(key: Key, condition: str | None = None, values: Item | None = None) -> Write:
    """Return a delete for `transact`."""
    return {"Delete": {"Key": encode(key), **_condition(condition, values, None)}}


def _condition(
    condition: str | None, values: Item | None, names: dict[str, str] | None
) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if condition:
        body |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    if values:
        body["ExpressionAttributeValues"] = encode(values)
    if names:
        body["ExpressionAttributeNames"] = names
    return body
