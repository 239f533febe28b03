"""Files to be fetched once, by whoever was given their address."""

from collections.abc import Callable
from typing import Any

from couponflow.store import keys

SECONDS_TO_FETCH = 300


class ExportFiles:
    """The bucket's exports/: private, and emptied by the bucket itself after a day."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._make_client, self._bucket = client, bucket

    def save(self, organisation_id: str, export_id: str, content: bytes, content_type: str, file_name: str) -> str:
        """The address, which works for five minutes and needs no key."""
        client = self._make_client()
        place = {"Bucket": self._bucket, "Key": keys.export(organisation_id, export_id)}
        client.put_object(
            **place,
            Body=content,
            ContentType=content_type,
            ContentDisposition=f'attachment; filename="{file_name}"',
            CacheControl="no-store",
        )
        address: str = client.generate_presigned_url("get_object", Params=place, ExpiresIn=SECONDS_TO_FETCH)
        return address
