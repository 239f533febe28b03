"""Fields of a request that people, tills and flow builders send: each is read by the reader of its
kind, and all errors are reported together.

The hot functions import it, so it does not use pydantic.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from couponflow.domain.errors import ValidationFailed

T = TypeVar("T")


class Fields:
    """The fields of one request, and the errors found in them, one for each field."""

    def __init__(self, fields: object) -> None:
        """Raises ValidationFailed if it is not an object."""
        if not isinstance(fields, Mapping):
            raise ValidationFailed.for_field("body", "must be a JSON object")
        self._fields, self._errors = fields, dict[str, str]()

    def read(self, name: str, reader: Callable[[object], T | None]) -> T | None:
        """The value of a field, None if it is missing. The reader raises ValueError."""
        try:
            return reader(self._fields.get(name))
        except ValueError as wrong:
            self.add_error(name, str(wrong))
            return None

    def is_wrong(self, name: str) -> bool:
        """Whether the field has an error."""
        return name in self._errors

    def add_error(self, name: str, message: str) -> None:
        """Report an error of a field. Its first error is kept."""
        self._errors.setdefault(name, message)

    def check(self) -> None:
        """Raises ValidationFailed with every error, if there is any."""
        if self._errors:
            errors = [{"field": name, "message": text} for name, text in self._errors.items()]
            raise ValidationFailed(errors=errors)
