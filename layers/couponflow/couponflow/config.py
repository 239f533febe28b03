"""Settings from environment variables, read once at start. A missing one fails by its name."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of the deployment; template.yaml sets them."""

    table_name: str
    images_bucket: str
    public_base_url: str
    origin_secret: str
    max_shards: int
    # Both are the events function's. The first is for a stream of one shard that does not name it.
    only_shard: str = ""
    failure_queue_url: str = ""


def from_environment() -> Config:
    """Read the settings. Raises RuntimeError with the name of a missing variable."""
    return Config(
        table_name=_needed("TABLE_NAME"),
        images_bucket=_needed("IMAGES_BUCKET"),
        public_base_url=os.environ.get("PUBLIC_BASE_URL", "").rstrip("/"),
        origin_secret=os.environ.get("ORIGIN_SECRET", ""),
        max_shards=int(_needed("MAX_SHARDS")),
        only_shard=os.environ.get("ONLY_SHARD", ""),
        failure_queue_url=os.environ.get("FAILURE_QUEUE_URL", ""),
    )


def _needed(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise RuntimeError(f"the environment variable {name} is not set")
    return value
