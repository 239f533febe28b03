"""Message formats that the channels document for their APIs, as strict models.

Unlisted fields are refused.

WhatsApp Cloud API, interactive CTA URL messages · LINE Messaging API reference, template and flex
messages · Messenger and Instagram Send API, button template · manychat.github.io/dynamic_block_docs
and .../channels. Read in November 2026.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, create_model


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


def _at_most(units: int) -> AfterValidator:
    """Non-empty and at most `units` UTF-16 code units, the strictest way in which a
    channel counts.
    """

    def check(text: str) -> str:
        assert 0 < len(text.encode("utf-16-le")) // 2 <= units, (
            f"has more than {units} characters, or none"
        )
        assert text.strip() == text
        return text

    return AfterValidator(check)


def _is_photo(url: str) -> str:
    assert url.startswith("https://") and not url.endswith((".webp", ".svg"))
    return url


UpTo20 = Annotated[str, _at_most(20)]
UpTo60 = Annotated[str, _at_most(60)]
UpTo160 = Annotated[str, _at_most(160)]
UpTo400 = Annotated[str, _at_most(400)]
UpTo640 = Annotated[str, _at_most(640)]
UpTo1024 = Annotated[str, _at_most(1_024)]
UpTo2000 = Annotated[str, _at_most(2_000)]
Link = Annotated[str, Field(pattern=r"^https://[^\s]+$", max_length=1_000)]
Photo = Annotated[
    str, Field(pattern=r"^https://[^\s\"<>]+$", max_length=2_000), AfterValidator(_is_photo)
]


class WhatsAppText(Shape):
    text: UpTo1024


class WhatsAppLink(Shape):
    link: Photo


class WhatsAppHeader(Shape):
    type: Literal["image"]
    image: WhatsAppLink


class WhatsAppButton(Shape):
    display_text: UpTo20
    url: Link


class WhatsAppAction(Shape):
    name: Literal["cta_url"]
    parameters: WhatsAppButton


class CtaUrl(Shape):
    type: Literal["cta_url"]
    header: WhatsAppHeader | None = None
    body: WhatsAppText
    action: WhatsAppAction


class WhatsAppMessage(Shape):
    """Without `to`, which the sender adds."""

    messaging_product: Literal["whatsapp"]
    recipient_type: Literal["individual"]
    type: Literal["interactive"]
    interactive: CtaUrl


class LineAction(Shape):
    type: Literal["uri"]
    label: UpTo20
    uri: Link


class LineButtons(Shape):
    type: Literal["buttons"]
    text: UpTo160
    actions: Annotated[list[LineAction], Field(min_length=1, max_length=4)]


class LineButtonsBesideImage(LineButtons):
    text: UpTo60
    thumbnailImageUrl: Photo


class LineTemplate(Shape):
    type: Literal["template"]
    altText: UpTo400
    template: LineButtonsBesideImage | LineButtons


class FlexText(Shape):
    type: Literal["text"]
    text: UpTo2000
    wrap: bool


class FlexButton(Shape):
    type: Literal["button"]
    style: Literal["primary", "secondary", "link"]
    action: LineAction


class FlexBox(Shape):
    type: Literal["box"]
    layout: Literal["vertical"]
    contents: list[FlexText | FlexButton]


class FlexImage(Shape):
    type: Literal["image"]
    url: Photo
    size: Literal["full"]
    aspectRatio: Annotated[str, Field(pattern=r"^\d+:\d+$")]
    aspectMode: Literal["cover", "fit"]


class FlexBubble(Shape):
    type: Literal["bubble"]
    hero: FlexImage | None = None
    body: FlexBox
    footer: FlexBox


class LineFlex(Shape):
    type: Literal["flex"]
    altText: UpTo400
    contents: FlexBubble


class MetaButton(Shape):
    type: Literal["web_url"]
    url: Link
    title: UpTo20


class MetaButtonTemplate(Shape):
    template_type: Literal["button"]
    text: UpTo640
    buttons: Annotated[list[MetaButton], Field(min_length=1, max_length=3)]


class MetaTemplate(Shape):
    type: Literal["template"]
    payload: MetaButtonTemplate


class MetaUrl(Shape):
    url: Photo


class MetaImage(Shape):
    type: Literal["image"]
    payload: MetaUrl


class MetaMessage(Shape):
    attachment: MetaTemplate | MetaImage


class ManyChatButton(Shape):
    type: Literal["url"]
    caption: UpTo20
    url: Link


class ManyChatText(Shape):
    type: Literal["text"]
    text: UpTo1024
    buttons: Annotated[list[ManyChatButton], Field(max_length=3)]


class ManyChatImage(Shape):
    type: Literal["image"]
    url: Photo


class ManyChatSet(Shape):
    action: Literal["set_field_value"]
    field_name: str
    value: Annotated[str, Field(min_length=1)]


class ManyChatUnset(Shape):
    action: Literal["unset_field_value"]
    field_name: str


class ManyChatContent(Shape):
    type: Literal["whatsapp", "instagram", "telegram"] | None = None
    messages: Annotated[list[ManyChatText | ManyChatImage], Field(max_length=10)]
    actions: Annotated[list[ManyChatSet | ManyChatUnset], Field(max_length=5)]
    quick_replies: Annotated[list[Any] | None, Field(max_length=0)] = None


class ManyChatBlock(Shape):
    version: Literal["v2"]
    content: ManyChatContent


def _messages(shape: type[Shape], most: int = 1) -> TypeAdapter[Any]:
    listed = Annotated[list[shape], Field(min_length=1, max_length=most)]  # type: ignore[valid-type]
    return TypeAdapter(create_model("Messages", __base__=Shape, messages=(listed, ...)))


SHAPES: dict[str, TypeAdapter[Any]] = {
    "whatsapp": _messages(WhatsAppMessage),
    "line": _messages(LineTemplate),
    "line_flex": _messages(LineFlex),
    "messenger": _messages(MetaMessage, most=2),
    "instagram": _messages(MetaMessage, most=2),
    "manychat": TypeAdapter(ManyChatBlock),
}
