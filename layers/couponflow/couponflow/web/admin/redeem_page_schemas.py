"""Request schemas of a redeem page."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from couponflow.domain.models import ButtonBehavior, CodeDisplay
from couponflow.web.http.validation import HttpsUrl, Schema, validation_error, visible_line

Label = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=40),
    AfterValidator(visible_line),
]


class RedeemButtonIn(Schema):
    """The button of a redeem page."""

    behavior: Annotated[ButtonBehavior, Field(strict=False)] = ButtonBehavior.REDEEM
    label: Label | None = None
    url: HttpsUrl | None = None

    @model_validator(mode="after")
    def _opens_something(self) -> Self:
        if self.behavior is ButtonBehavior.OPEN_URL and self.url is None:
            raise validation_error("needs a url to open")
        return self


class RedeemPageIn(Schema):
    """All settings of a redeem page; images by their ids."""

    code_display: Annotated[CodeDisplay, Field(strict=False)] = CodeDisplay.TEXT
    redeem_button: RedeemButtonIn = RedeemButtonIn()
    copy_code_button: bool = True
    background_color: Annotated[
        str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$", to_lower=True)
    ] = "#ffffff"
    brand_icon: Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{13}$")] | None = None
    campaign_image: Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{13}$")] | None = None
    terms: Annotated[str, StringConstraints(max_length=10_000)] = ""
    locale: (
        Annotated[
            str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)
        ]
        | None
    ) = None
