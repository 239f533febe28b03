"""The use cases that routes call.

`bootstrap.Services` builds each of them when it is first used.
"""

from typing import TYPE_CHECKING, Protocol

# Only types: a function imports the use cases that its own routes call, when they call them.
if TYPE_CHECKING:
    from couponflow.config import Config
    from couponflow.services.coupons import CouponService
    from couponflow.services.erasure import ErasureService
    from couponflow.services.exports import ExportService
    from couponflow.services.flow_blocks import FlowBlockService
    from couponflow.services.images import ImageService
    from couponflow.services.opened_links import OpenedLinkService
    from couponflow.services.organisations import OrganisationService
    from couponflow.services.records import RecordService
    from couponflow.services.redemption import RedemptionService
    from couponflow.services.statistics import StatisticsService
    from couponflow.services.statistics_counter import StatisticsCounter
    from couponflow.services.statistics_repair import StatisticsRepair
    from couponflow.store.idempotency import IdempotencyStore
    from couponflow.store.journal import JournalStore
    from couponflow.store.request_state import RequestState
    from couponflow.store.terms_cache import TermsCache
    from couponflow.web.flow.distribute import Distribution


class Services(Protocol):
    """One object for every `add_routes(app, services)`."""

    config: "Config"
    request: "RequestState"

    @property
    def coupon_service(self) -> "CouponService":
        """Create, change, archive and list coupons."""

    @property
    def distribution(self) -> "Distribution":
        """The Distribute Coupon block."""

    @property
    def erasure_service(self) -> "ErasureService":
        """Erase a customer's personal data."""

    @property
    def export_service(self) -> "ExportService":
        """Redemption records as a file."""

    @property
    def flow_block_service(self) -> "FlowBlockService":
        """Saved Distribute Coupon blocks."""

    @property
    def idempotency_store(self) -> "IdempotencyStore":
        """What requests with an Idempotency-Key created."""

    @property
    def image_service(self) -> "ImageService":
        """Uploaded images."""

    @property
    def journal_store(self) -> "JournalStore":
        """An organisation's changes of people's data."""

    @property
    def opened_link_service(self) -> "OpenedLinkService":
        """Customers who have seen their page."""

    @property
    def organisation_service(self) -> "OrganisationService":
        """The operator's use cases, audited."""

    @property
    def record_service(self) -> "RecordService":
        """Redemption records, page by page."""

    @property
    def redemption_service(self) -> "RedemptionService":
        """The main flow: distribute, open a link, redeem."""

    @property
    def statistics_service(self) -> "StatisticsService":
        """Statistics, as marketers read them."""

    @property
    def statistics_counter(self) -> "StatisticsCounter":
        """Counts the records of the table's stream."""

    @property
    def statistics_repair(self) -> "StatisticsRepair":
        """Compares statistics with records, and counts them again."""

    @property
    def terms_cache(self) -> "TermsCache":
        """Coupons and organisations, read at most two seconds ago."""
