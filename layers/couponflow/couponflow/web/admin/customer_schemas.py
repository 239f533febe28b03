"""What the admin API takes for erasures and the journal."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from couponflow.domain import customer_ids
from couponflow.web.http.validation import Listing, Schema, validation_error


def _canonical(value: str) -> str:
    try:
        canonical = customer_ids.canonical(value)
    except ValueError as wrong:
        raise validation_error(str(wrong)) from None
    if canonical is None:
        raise validation_error("names no customer")
    return canonical


CustomerId = Annotated[str, AfterValidator(_canonical)]


class ErasureIn(Schema):
    """The customer to erase, and where an earlier call stopped."""

    customer_id: CustomerId
    cursor: str | None = None


class JournalListing(Listing):
    """The query of the journal. Without a month, the current one."""

    month: Annotated[
        str | None, Field(default=None), StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")
    ]
