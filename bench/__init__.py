"""Nothing here is deployed. `local` leads to the layer's own package."""

import local  # noqa: F401
