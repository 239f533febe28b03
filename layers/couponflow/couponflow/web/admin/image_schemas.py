"""Request schema of an image upload."""

from typing import Annotated, Literal

from pydantic import Field

from couponflow.store.images import LARGEST_UPLOAD
from couponflow.web.http.validation import Schema


class ImageIn(Schema):
    """An announced upload: its place, media type and exact size in bytes."""

    kind: Literal["brand_icon", "campaign_image", "block_image"]
    content_type: Literal["image/jpeg", "image/png", "image/webp"]
    size: Annotated[int, Field(ge=1, le=LARGEST_UPLOAD)]
