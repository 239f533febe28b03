"""The bucket: a thin S3 client that maps S3's errors to ours, and begins no call that the request
has no time for.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError, IncompleteReadError

from couponflow.domain.errors import NotFound
from couponflow.store.dynamodb import ContentionError, UnknownResultError
from couponflow.store.request_state import RequestState

T = TypeVar("T")

# A file takes longer than an item. The client makes one attempt; a second one is made here, if
# there is time.
CONNECT_SECONDS, READ_SECONDS = 1, 5
LONGEST_CALL = CONNECT_SECONDS + READ_SECONDS
MOST_TRIES = 2
# Without the right to list the bucket, what is missing is denied.
_MISSING = {"NoSuchKey", "404", "AccessDenied"}
_THROTTLED = {"SlowDown", "RequestLimitExceeded", "Throttling", "ThrottlingException"}


class Bucket:
    """One bucket. Its client is made when it is first needed: most requests are answered without.

    Every call may raise ContentionError, UnknownResultError, or TryAgain when the request's time is
    over.
    """

    def __init__(
        self, client: Callable[[], Any], name: str, request: RequestState | None = None
    ) -> None:
        self._make_client, self._name, self._request = client, name, request or RequestState()

    @cached_property
    def _client(self) -> Any:
        return self._make_client()

    def read(self, key: str, at_most: int) -> bytes:
        """Return the first `at_most` bytes of an object. Raises NotFound."""

        def read() -> bytes:
            try:
                content: bytes = self._client.get_object(Bucket=self._name, Key=key)["Body"].read(
                    at_most
                )
            except ClientError as error:
                if error.response["Error"]["Code"] in _MISSING:
                    raise NotFound from error
                raise
            return content

        return self._call_with_retries(read)

    def write(self, key: str, content: bytes, **headers: str) -> None:
        """Store an object that no one knows of yet: until its key is published, nothing has
        changed.
        """
        self._call_with_retries(
            lambda: self._client.put_object(Bucket=self._name, Key=key, Body=content, **headers)
        )

    def delete(self, key: str) -> None:
        """Delete an object. A repetition changes nothing."""
        try:
            self._call_with_retries(lambda: self._client.delete_object(Bucket=self._name, Key=key))
        except UnknownResultError:
            self._request.record_write()
            raise
        self._request.record_write()

    def presign_upload(
        self, key: str, fields: dict[str, str], conditions: list[Any], seconds: int
    ) -> dict[str, Any]:
        """Return the form that uploads to `key` within `seconds`. Needs no call."""
        signed: dict[str, Any] = self._client.generate_presigned_post(
            self._name, key, dict(fields), conditions, seconds
        )
        return signed

    def presign_download(self, key: str, seconds: int) -> str:
        """Return the address that serves the object for `seconds`. Needs no call."""
        place = {"Bucket": self._name, "Key": key}
        address: str = self._client.generate_presigned_url(
            "get_object", Params=place, ExpiresIn=seconds
        )
        return address

    def _call_with_retries(self, call: Callable[[], T]) -> T:
        for _ in range(MOST_TRIES - 1):
            try:
                return self._call(call)
            except (ContentionError, UnknownResultError):
                continue
        return self._call(call)

    def _call(self, call: Callable[[], T]) -> T:
        self._request.require_seconds(LONGEST_CALL)
        try:
            return call()
        except ClientError as error:
            raise _translate_error(error) from error
        except (ConnectionError, HTTPClientError, IncompleteReadError) as error:
            raise UnknownResultError from error


def _translate_error(error: ClientError) -> Exception:
    code, status = (
        error.response["Error"]["Code"],
        error.response["ResponseMetadata"]["HTTPStatusCode"],
    )
    if code in _THROTTLED:
        return ContentionError()
    return UnknownResultError() if status >= 500 or code == "RequestTimeout" else error
