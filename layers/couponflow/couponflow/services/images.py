"""Images of marketers: announced, uploaded, checked, re-encoded, published.

A published image never changes.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from couponflow.domain import links
from couponflow.domain.errors import NotFound, ValidationFailed
from couponflow.domain.models import Image, ImageKind, PageImage
from couponflow.store.idempotency import Creation, IdempotencyKey
from couponflow.store.images import ImageFiles, ImageStore, Upload

# Decoding a hostile file may take until the function times out, so the attempts are limited.
MOST_ATTEMPTS = 3


class ImageService:
    """Announces, completes and serves images."""

    def __init__(self, images: ImageStore, files: ImageFiles) -> None:
        self._images, self._files = images, files

    def announce(
        self,
        organisation_id: str,
        kind: ImageKind,
        content_type: str,
        size: int,
        now: datetime,
        key: IdempotencyKey | None = None,
    ) -> tuple[Image, Upload]:
        """Return the right to upload one new image. Raises KeyUsedError."""
        image = Image(links.new_id(), organisation_id, kind, content_type, size)
        self._images.announce(image, key, now)
        return image, self._files.upload(image)

    def renew_upload(
        self, organisation_id: str, kind: ImageKind, content_type: str, size: int, made: Creation
    ) -> tuple[Image, Upload]:
        """Return the right again to upload the image that an earlier request announced."""
        image = Image(made.resource_id, organisation_id, kind, content_type, size)
        return image, self._files.upload(image)

    def complete(self, organisation_id: str, image_id: str) -> Image:
        """Check, re-encode and publish the upload. A repeated call returns the same image.

        Raises NotFound; ValidationFailed if nothing, or nothing harmless, was uploaded.
        """
        if not links.is_id(image_id):
            raise NotFound
        image = self._images.get(organisation_id, image_id)
        if image.shown:
            # The request that published it may have ended before it deleted the upload.
            self._files.discard_upload(image)
            return image
        try:
            uploaded = self._files.uploaded(image)
        except NotFound:
            # Another request completed it at this moment, or nothing was uploaded.
            if (again := self._images.get(organisation_id, image_id)).shown:
                return again
            raise ValidationFailed.for_field("image", "is not uploaded yet") from None
        if not self._images.record_attempt(organisation_id, image_id, MOST_ATTEMPTS):
            raise ValidationFailed.for_field("image", "takes too long to read; upload another one")
        shown = self._published(image, uploaded)
        self._images.show(organisation_id, shown)
        self._files.discard_upload(image)
        return replace(image, shown=shown)

    def content(self, name: str) -> bytes:
        """Return the file of a published image. Raises NotFound."""
        return self._files.published(name)

    def of_page(
        self, organisation_id: str, ids: Mapping[str, str | None]
    ) -> dict[str, PageImage | None]:
        """Return the images of redeem page settings, by setting.

        Raises ValidationFailed for ids that the organisation does not have.
        """
        found = {
            setting: self._shown(organisation_id, image_id) if image_id else None
            for setting, image_id in ids.items()
        }
        if unknown := [
            setting for setting, image_id in ids.items() if image_id and found[setting] is None
        ]:
            raise ValidationFailed(
                errors=[
                    {"field": setting, "message": "is no image of yours"} for setting in unknown
                ]
            )
        return found

    def _shown(self, organisation_id: str, image_id: str) -> PageImage | None:
        with suppress(NotFound):
            return self._images.get(organisation_id, image_id).shown
        return None

    def _published(self, image: Image, uploaded: bytes) -> PageImage:
        from couponflow.services import image_processing  # slow to import

        try:
            encoded = image_processing.reencode(uploaded, image.kind)
        except image_processing.InvalidImageError as refused:
            self._files.discard_upload(image)
            raise ValidationFailed.for_field("image", str(refused)) from refused
        shown = PageImage(
            image.image_id, hashlib.sha256(encoded.webp).hexdigest(), encoded.width, encoded.height
        )
        self._files.publish(f"{shown.sha256}.webp", encoded.webp, "image/webp")
        self._files.publish(f"{shown.sha256}.jpg", encoded.jpeg, "image/jpeg")
        return shown
