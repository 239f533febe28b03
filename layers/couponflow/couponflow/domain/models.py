"""The domain model, as frozen dataclasses. Times are aware datetimes in UTC, to the millisecond."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from couponflow.domain.opening_hours import OpeningWindow
from couponflow.domain.own_end import ValidFor
from couponflow.domain.use_periods import PeriodLimit

# A shard of a coupon without a limit holds this many units; a limit of that size or more reads as
# "no limit".
NO_LIMIT_UNITS = 10**15


class CouponStatus(StrEnum):
    """The status of a coupon, in the order of precedence: the first that fits counts."""

    ARCHIVED = "archived"
    DISABLED = "disabled"
    EXPIRED = "expired"
    SOLD_OUT = "sold_out"
    SCHEDULED = "scheduled"
    ACTIVE = "active"


class RedemptionStatus(StrEnum):
    """A redemption is distributed first and redeemed once."""

    DISTRIBUTED = "distributed"
    REDEEMED = "redeemed"


class ButtonBehavior(StrEnum):
    """What the button of a redeem page does. With `none` there is no button."""

    NONE = "none"
    REDEEM = "redeem"
    OPEN_URL = "open_url"


@dataclass(frozen=True, slots=True)
class Organisation:
    """A tenant, with or without the coupon add-on."""

    organisation_id: str
    name: str
    addon_enabled: bool


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A credential of one organisation; only the hash of its secret is stored."""

    key_id: str
    organisation_id: str
    secret_hash: str
    scopes: frozenset[str]
    created_at: datetime
    revoked_at: datetime | None = None
    name: str = ""
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Coupon:
    """A campaign.

    `units` is the sum of used and remaining over its quota shards: the overall limit.
    """

    coupon_id: str
    organisation_id: str
    code: str
    name: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    max_redemptions_per_customer: int | None
    active: bool
    units: int
    shards: int
    record_buckets: int
    holder_secret: str = field(repr=False)
    link_secret: str = field(repr=False)
    created_at: datetime
    updated_at: datetime
    version: int = 1
    raises: int = 0
    sold_out_at_raises: int | None = None
    archived_at: datetime | None = None
    last_change: str | None = None
    # A rule of the redeem page. Rules are read from the coupon only, because coupon and page are no
    # snapshot when they are read together.
    button_behavior: ButtonBehavior = ButtonBehavior.REDEEM
    # None or at least one window.
    hours: tuple[OpeningWindow, ...] | None = None
    valid_for: ValidFor | None = None
    period_limit: PeriodLimit | None = None
    # When a change last gave every use a number, which tills without a customer limit do not.
    numbered_since: datetime | None = None
    # The archived coupon that had the code before: a till's repetition by code may mean that one.
    code_before: str | None = None
    # When the link secret was replaced; None: it is as old as the coupon.
    links_since: datetime | None = None

    @property
    def linked_at(self) -> datetime:
        """The time since which its links are valid."""
        return self.links_since or self.created_at

    @property
    def has_numbered_uses(self) -> bool:
        """Whether each use has a number, because the rules count the customer's uses."""
        return self.max_redemptions_per_customer is not None or self.period_limit is not None

    @property
    def max_redemptions(self) -> int | None:
        """The overall limit, None for no limit."""
        return self.units if self.units < NO_LIMIT_UNITS else None

    @property
    def is_marked_sold_out(self) -> bool:
        """Whether a proof is recorded that nothing remains. A raise after it outdates the mark."""
        return self.sold_out_at_raises == self.raises

    def has_terms_of(self, other: "Coupon") -> bool:
        """Whether no change was made between the two reads of this coupon."""
        return (self.version, self.raises) == (other.version, other.raises)


class CodeDisplay(StrEnum):
    """How a redeem page shows the coupon's code."""

    TEXT = "text"
    QR = "qr"
    BARCODE = "barcode"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class RedeemButton:
    """The button of a redeem page.

    Without a label it has the page language's own; `url` is for OPEN_URL only.
    """

    behavior: ButtonBehavior = ButtonBehavior.REDEEM
    label: str | None = None
    url: str | None = None


class ImageKind(StrEnum):
    """The place where an image is shown."""

    BRAND_ICON = "brand_icon"
    CAMPAIGN_IMAGE = "campaign_image"
    BLOCK_IMAGE = "block_image"


@dataclass(frozen=True, slots=True)
class Image:
    """An upload of a marketer. `shown` is None until its content is checked and re-encoded."""

    image_id: str
    organisation_id: str
    kind: ImageKind
    content_type: str
    size: int
    shown: "PageImage | None" = None

    @property
    def path(self) -> str:
        """The path of a completed image: JPEG for chats, the smaller WebP for pages."""
        assert self.shown is not None, "only a completed image is shown"
        return self.shown.preview_path if self.kind is ImageKind.BLOCK_IMAGE else self.shown.path


@dataclass(frozen=True, slots=True)
class PageImage:
    """A published image. Its path is a hash of the content, so a path's content never changes."""

    image_id: str
    sha256: str
    width: int
    height: int

    @property
    def path(self) -> str:
        """The path of the WebP."""
        return f"/images/{self.sha256}.webp"

    @property
    def preview_path(self) -> str:
        """The path of the JPEG, for link previews in chats."""
        return f"/images/{self.sha256}.jpg"


@dataclass(frozen=True, slots=True)
class RedeemPage:
    """Settings of a coupon's redeem page; the defaults apply until the first save."""

    code_display: CodeDisplay = CodeDisplay.TEXT
    redeem_button: RedeemButton = RedeemButton()
    copy_code_button: bool = True
    background_color: str = "#ffffff"
    brand_icon: PageImage | None = None
    campaign_image: PageImage | None = None
    terms: str = ""
    locale: str | None = None
    # Names the save that these settings are of; None before the first one.
    revision: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Terms:
    """A coupon with everything that serving its customers needs; cached for at most two seconds."""

    coupon: Coupon
    page: RedeemPage
    organisation: Organisation


@dataclass(frozen=True, slots=True)
class QuotaShard:
    """A share of a coupon's overall limit; no use of it is made by rules of an older coupon
    `version`.
    """

    number: int
    used: int
    remaining: int
    version: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Uses of a coupon, summed over its shards."""

    used: int
    remaining: int


@dataclass(frozen=True, slots=True)
class Holder:
    """A customer of one coupon.

    Without the coupon's secret, `mac` reveals nothing about the customer.
    """

    coupon_id: str
    mac: str


@dataclass(frozen=True, slots=True)
class Redemption:
    """One customer's right to one use, and its record.

    After an erasure, `customer_id` is empty. `is_closed`: an erasure took this number, which is the
    customer's last one, so that no use can be made after it.
    `received_at`: when an earlier use of the customer was distributed. Each use carries it on, so
    that the newest use tells it.
    """

    redemption_id: str
    holder: Holder
    slot: str
    status: RedemptionStatus
    customer_id: str
    inbox_id: str | None
    distributed_at: datetime | None
    redeemed_at: datetime | None = None
    attempt: str | None = None
    erased_at: datetime | None = None
    is_closed: bool = False
    received_at: datetime | None = None

    @property
    def is_redeemed(self) -> bool:
        """Whether the use is made."""
        return self.status is RedemptionStatus.REDEEMED

    @property
    def number(self) -> int | None:
        """The number of the use; None for a till's use that is keyed by its attempt."""
        return int(self.slot) if self.slot.isdecimal() else None
