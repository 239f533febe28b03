"""Images: their metadata in the table, their content in the bucket."""

from dataclasses import dataclass
from datetime import datetime

from couponflow.domain.errors import NotFound
from couponflow.domain.models import Image, ImageKind, PageImage
from couponflow.store import idempotency, keys
from couponflow.store.bucket import Bucket
from couponflow.store.dynamodb import ConditionFailedError, Item, Table, put, update
from couponflow.store.idempotency import Creation, IdempotencyKey, KeyUsedError

LARGEST_UPLOAD = 2 * 1024 * 1024
SECONDS_TO_UPLOAD = 300
# The content of such an address never changes: its name is the hash of its content.
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Upload:
    """A signed form: the browser posts these fields, then the file, to the address."""

    url: str
    fields: dict[str, str]


class ImageStore:
    """What the table stores of an image."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def announce(self, image: Image, key: IdempotencyKey | None, now: datetime) -> None:
        """Store what an upload is going to be. Raises KeyUsedError."""
        item = {
            "image_id": image.image_id,
            "kind": image.kind,
            "content_type": image.content_type,
            "size": image.size,
        }
        write = put(keys.image(image.organisation_id, image.image_id) | item)
        if key is None:
            return self._table.put(write)
        try:
            self._table.transact([idempotency.claim(key, Creation(image.image_id, now)), write])
        except ConditionFailedError as refused:
            if not idempotency.is_claimed_by(refused.old, image.image_id):
                raise KeyUsedError from refused
        return None

    def get(self, organisation_id: str, image_id: str) -> Image:
        """Return the image. Raises NotFound, also for an image of another organisation."""
        item = self._table.get(keys.image(organisation_id, image_id), consistent=True)
        if item is None:
            raise NotFound
        return _image(organisation_id, item)

    def record_attempt(self, organisation_id: str, image_id: str, most: int) -> bool:
        """Count an attempt to read the upload.

        Return False, and count nothing, after the `most` allowed.
        """
        attempt = update(
            keys.image(organisation_id, image_id),
            "SET attempts = if_not_exists(attempts, :none) + :one",
            {":none": 0, ":one": 1, ":most": most},
            "attribute_not_exists(attempts) OR attempts < :most",
        )
        try:
            self._table.update_once(attempt)
        except ConditionFailedError:
            return False
        return True

    def show(self, organisation_id: str, shown: PageImage) -> None:
        """Mark an image as completed."""
        values = {":sha256": shown.sha256, ":width": shown.width, ":height": shown.height}
        expression = "SET sha256 = :sha256, width = :width, height = :height"
        self._table.update(update(keys.image(organisation_id, shown.image_id), expression, values))


class ImageFiles:
    """The content of images, in the bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def upload(self, image: Image) -> Upload:
        """Return a form that uploads exactly this file, for five minutes."""
        fields = {"Content-Type": image.content_type}
        conditions = [
            {"Content-Type": image.content_type},
            ["content-length-range", 1, LARGEST_UPLOAD],
        ]
        key = keys.incoming_image(image.organisation_id, image.image_id)
        signed = self._bucket.presign_upload(key, fields, conditions, SECONDS_TO_UPLOAD)
        return Upload(signed["url"], signed["fields"])

    def uploaded(self, image: Image) -> bytes:
        """Return the upload, at most one byte more than allowed.

        Raises NotFound if there is none.
        """
        return self._bucket.read(
            keys.incoming_image(image.organisation_id, image.image_id), LARGEST_UPLOAD + 1
        )

    def discard_upload(self, image: Image) -> None:
        """Delete the upload of an image."""
        self._bucket.delete(keys.incoming_image(image.organisation_id, image.image_id))

    def publish(self, name: str, content: bytes, content_type: str) -> None:
        """Write a published image."""
        self._bucket.write(
            keys.published_image(name), content, ContentType=content_type, CacheControl=FOR_EVER
        )

    def published(self, name: str) -> bytes:
        """Raises NotFound."""
        return self._bucket.read(keys.published_image(name), LARGEST_UPLOAD)


def _image(organisation_id: str, item: Item) -> Image:
    shown = (
        PageImage(item["image_id"], item["sha256"], item["width"], item["height"])
        if "sha256" in item
        else None
    )
    return Image(
        item["image_id"],
        organisation_id,
        ImageKind(item["kind"]),
        item["content_type"],
        item["size"],
        shown,
    )
