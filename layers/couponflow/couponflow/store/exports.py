"""Exported files, downloaded by a presigned address."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from couponflow.store import keys
from couponflow.store.bucket import Bucket

SECONDS_TO_FETCH = 300


@dataclass(frozen=True, slots=True)
class Export:
    """A file that was written, and the address that works without a key until it expires."""

    url: str
    expires_at: datetime


class ExportFiles:
    """The private folder exports/ of the bucket. A lifecycle rule deletes its files after a day."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def save(
        self,
        organisation_id: str,
        export_id: str,
        content: bytes,
        content_type: str,
        file_name: str,
        now: datetime,
    ) -> Export:
        """Write the file; its address works for five minutes."""
        key = keys.export(organisation_id, export_id)
        disposition = f'attachment; filename="{file_name}"'
        self._bucket.write(
            key,
            content,
            ContentType=content_type,
            ContentDisposition=disposition,
            CacheControl="no-store",
        )
        # `now` is before the address is made, so it is never said to work longer than it does.
        expires_at = now + timedelta(seconds=SECONDS_TO_FETCH)
        return Export(self._bucket.presign_download(key, SECONDS_TO_FETCH), expires_at)
