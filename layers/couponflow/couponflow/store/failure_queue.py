"""The queue of stream records that could not be counted."""

import json
from collections.abc import Callable, Mapping
from typing import Any


class FailureQueue:
    """An SQS queue. Messages name a record and never hold it: it may name a customer."""

    def __init__(self, make_client: Callable[[], Any], url: str) -> None:
        """Without a `url`, as on one machine, nothing is sent."""
        self._make_client, self._url = make_client, url

    def send(self, message: Mapping[str, str]) -> None:
        """Send a message; repeated deliveries may send it again."""
        if self._url:
            body = json.dumps(message)
            self._make_client().send_message(QueueUrl=self._url, MessageBody=body)
