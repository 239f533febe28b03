"""Exported files, downloaded by a presigned address."""

from couponflow.store import keys
from couponflow.store.bucket import Bucket

SECONDS_TO_FETCH = 300


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
    ) -> str:
        """Write the file and return an address that works for five minutes without a key."""
        key = keys.export(organisation_id, export_id)
        disposition = f'attachment; filename="{file_name}"'
        self._bucket.write(
            key,
            content,
            ContentType=content_type,
            ContentDisposition=disposition,
            CacheControl="no-store",
        )
        return self._bucket.presign_download(key, SECONDS_TO_FETCH)
