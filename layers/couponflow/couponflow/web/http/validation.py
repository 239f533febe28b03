"""The base of every request schema: fields are strict, unknown ones are refused.

Only admin/ and operator/ pay for pydantic.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from couponflow.domain import message_templates, texts, urls
from couponflow.domain.errors import ValidationFailed

LONGEST_URL = 2_000


class Schema(BaseModel):
    """A request body: strict types, and no unknown fields."""

    model_config = ConfigDict(extra="forbid", strict=True)


T = TypeVar("T")


def parse(
    schema: type[T] | TypeAdapter[T], value: object, *, lax: bool = False, **context: Any
) -> T:
    """The validated value.

    `lax` accepts numbers as text, as in queries. Raises ValidationFailed with every error.
    """
    adapter: TypeAdapter[T] = schema if isinstance(schema, TypeAdapter) else TypeAdapter(schema)
    try:
        return adapter.validate_python(value, strict=False if lax else None, context=context)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        raise ValidationFailed(
            errors=[
                {"field": ".".join(map(str, each["loc"])) or "body", "message": each["msg"]}
                for each in wrong
            ]
        ) from None


def validation_error(message: str) -> PydanticCustomError:
    """The error that a validator raises."""
    return PydanticCustomError("invalid", "{message}", {"message": message})


def is_https(url: str) -> str:
    """The address, if it is https. A validator."""
    if not urls.is_https(url):
        raise validation_error("must be an https address")
    return url


def visible_line(text: str) -> str:
    """One line in NFC, without control characters and direction marks.

    Refuses a text with nothing visible.
    """
    line = texts.trim(message_templates.single_line(text))
    if not line:
        raise validation_error("must have something to see")
    return line


HTTPS_SCHEMA = WithJsonSchema(
    {"type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]://", "maxLength": LONGEST_URL}
)
HttpsUrl = Annotated[
    str, StringConstraints(max_length=LONGEST_URL), AfterValidator(is_https), HTTPS_SCHEMA
]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(visible_line),
]


class Listing(Schema):
    """The query of a list: the size of a page, and its cursor."""

    model_config = ConfigDict(extra="ignore", strict=False)

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: str | None = None


def non_empty(query: Mapping[str, str]) -> dict[str, str]:
    """The parameters with a value; forms send empty ones too."""
    return {name: value for name, value in query.items() if value != ""}
