"""Benchmarks; not deployed. Importing `local` adds the layer's package to the path."""

import local  # noqa: F401
