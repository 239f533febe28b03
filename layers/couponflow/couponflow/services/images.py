"""Images of marketers: announced, uploaded, checked, written anew, and from then on the same for ever."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from couponflow.domain import links
from couponflow.domain.errors import NotFound, ValidationFailed
from couponflow.domain.models import Image, ImageKind, PageImage
from couponflow.store.images import ImageFiles, ImageStore, Upload

# Reading an upload may end with the function's time. Without a bound it could be asked for again and again.
MOST_ATTEMPTS = 3


class ImageService:
    """Announces, completes and serves images."""

    def __init__(self, images: ImageStore, files: ImageFiles) -> None:
        self._images, self._files = images, files

    def announce(self, organisation_id: str, kind: ImageKind, content_type: str, size: int) -> tuple[Image, Upload]:
        """The right to upload one image."""
        image = Image(links.new_id(), organisation_id, kind, content_type, size)
        self._images.announce(image)
        return image, self._files.upload(image)

    def complete(self, organisation_id: str, image_id: str) -> Image:
        """Check what was uploaded and publish it, written anew; asked again, the same answer.

        Raises NotFound; ValidationFailed if nothing, or nothing harmless, was uploaded.
        """
        if not links.is_id(image_id):
            raise NotFound
        image = self._images.get(organisation_id, image_id)
        if image.shown:
            return image
        try:
            uploaded = self._files.uploaded(image)
        except NotFound:
            # Completed by somebody else in this very moment, or not uploaded at all.
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
        """Of a published image. Raises NotFound."""
        return self._files.published(name)

    def of_page(self, organisation_id: str, ids: Mapping[str, str | None]) -> dict[str, PageImage | None]:
        """The images that settings name by id. Raises ValidationFailed for those that the organisation lacks."""
        found = {setting: self._shown(organisation_id, image_id) if image_id else None for setting, image_id in ids.items()}
        if unknown := [setting for setting, image_id in ids.items() if image_id and found[setting] is None]:
            raise ValidationFailed(errors=[{"field": setting, "message": "is no image of yours"} for setting in unknown])
        return found

    def _shown(self, organisation_id: str, image_id: str) -> PageImage | None:
        with suppress(NotFound):
            return self._images.get(organisation_id, image_id).shown
        return None

    def _published(self, image: Image, uploaded: bytes) -> PageImage:
        from couponflow.services import image_processing  # Pillow takes its time, and only this needs it

        try:
            encoded = image_processing.reencode(uploaded, image.kind)
        except image_processing.InvalidImageError as refused:
            self._files.discard_upload(image)
            raise ValidationFailed.for_field("image", str(refused)) from refused
        shown = PageImage(image.image_id, hashlib.sha256(encoded.webp).hexdigest(), encoded.width, encoded.height)
        self._files.publish(f"{shown.sha256}.webp", encoded.webp, "image/webp")
        self._files.publish(f"{shown.sha256}.jpg", encoded.jpeg, "image/jpeg")
        return shown
