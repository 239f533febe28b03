"""Composition root: builds each component once per execution environment."""

import os
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from botocore.config import Config as ClientConfig
from botocore.handlers import BUILTIN_HANDLERS
from botocore.session import Session

from couponflow import config
from couponflow.domain.errors import CouponflowError
from couponflow.services.redemption import RedemptionService
from couponflow.services.shard_redeemer import ShardRedeemer
from couponflow.services.sold_out import SoldOut
from couponflow.store.api_keys import ApiKeyStore
from couponflow.store.coupons import CouponStore
from couponflow.store.dynamodb import CONNECT_SECONDS, READ_SECONDS, Table
from couponflow.store.organisations import OrganisationStore
from couponflow.store.quota_shards import QuotaShardStore
from couponflow.store.rate_counters import RateCounterStore
from couponflow.store.redemptions import RedemptionStore
from couponflow.store.request_state import RequestState
from couponflow.store.terms_cache import TermsCache
from couponflow.web.http import problems
from couponflow.web.http.app import ErrorPage, HttpApp
from couponflow.web.http.authentication import Authenticator, KeyUsageRecorder
from couponflow.web.http.rate_limits import RateLimiter
from couponflow.web.http.responses import Response

# Use cases of marketers are imported when they are first used: the hot functions start without
# them.
if TYPE_CHECKING:
    from couponflow.services.coupons import CouponService
    from couponflow.services.erasure import ErasureService
    from couponflow.services.exports import ExportService
    from couponflow.services.flow_blocks import FlowBlockService
    from couponflow.services.images import ImageService
    from couponflow.services.opened_links import OpenedLinkService
    from couponflow.services.organisations import OrganisationService
    from couponflow.services.records import RecordService
    from couponflow.services.statistics import StatisticsService
    from couponflow.services.statistics_counter import StatisticsCounter
    from couponflow.services.statistics_repair import StatisticsRepair
    from couponflow.store.bucket import Bucket
    from couponflow.store.idempotency import IdempotencyStore
    from couponflow.store.journal import JournalStore
    from couponflow.store.statistics import StatisticsStore
    from couponflow.web.flow.distribute import Distribution

_CLIENT = ClientConfig(
    # The callers retry. A retry in the library would wait up to a second, on the same shard.
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    # Our own tests check the parameters. Without a second check a redemption takes a sixth less
    # time.
    parameter_validation=False,
    # Otherwise botocore builds it twice for each request: another sixth.
    user_agent="RedemptionService",
)


class Services:
    """Every component, built when it is first used, so that a function loads only its own."""

    def __init__(self) -> None:
        self.config = config.from_environment()
        self.request = RequestState()

    @cached_property
    def table(self) -> Table:
        """The DynamoDB table."""
        # botocore instead of boto3, whose resources and S3 transfer manager take a third of a cold
        # start.
        client = _session().create_client("dynamodb", config=_CLIENT)
        return Table(client, self.config.table_name, request=self.request)

    @cached_property
    def organisation_store(self) -> OrganisationStore:
        """Organisations."""
        return OrganisationStore(self.table)

    @cached_property
    def api_key_store(self) -> ApiKeyStore:
        """API keys."""
        return ApiKeyStore(self.table)

    @cached_property
    def coupon_store(self) -> CouponStore:
        """Coupons."""
        return CouponStore(self.table)

    @cached_property
    def quota_shard_store(self) -> QuotaShardStore:
        """Quota shards."""
        return QuotaShardStore(self.table)

    @cached_property
    def redemption_store(self) -> RedemptionStore:
        """Redemptions."""
        return RedemptionStore(self.table)

    @cached_property
    def terms_cache(self) -> TermsCache:
        """Coupons and organisations, read at most two seconds ago."""
        return TermsCache(self.coupon_store, self.organisation_store)

    @cached_property
    def sold_out(self) -> SoldOut:
        """Samples and proofs of "sold out"."""
        return SoldOut(self.coupon_store, self.quota_shard_store)

    @cached_property
    def shard_redeemer(self) -> ShardRedeemer:
        """One redemption on whichever shard has units."""
        return ShardRedeemer(
            self.coupon_store, self.quota_shard_store, self.redemption_store, self.sold_out
        )

    @cached_property
    def redemption_service(self) -> RedemptionService:
        """The main flow: distribute, open a link, redeem."""
        return RedemptionService(
            self.terms_cache, self.redemption_store, self.shard_redeemer, self.sold_out
        )

    @cached_property
    def coupon_service(self) -> "CouponService":
        """Create, change, archive and list coupons."""
        from couponflow.services.coupons import CouponService
        from couponflow.store.limit_changes import LimitChangeStore
        from couponflow.store.redeem_pages import RedeemPageStore

        limits = LimitChangeStore(self.table, self.quota_shard_store)
        return CouponService(
            self.terms_cache,
            self.coupon_store,
            RedeemPageStore(self.table),
            self.quota_shard_store,
            limits,
            self.sold_out,
            self.statistics_store,
            self.config.max_shards,
        )

    @cached_property
    def flow_block_service(self) -> "FlowBlockService":
        """Saved Distribute Coupon blocks."""
        from couponflow.services.flow_blocks import FlowBlockService
        from couponflow.store.flow_blocks import FlowBlockStore

        return FlowBlockService(self.coupon_service, FlowBlockStore(self.table))

    @cached_property
    def distribution(self) -> "Distribution":
        """The Distribute Coupon block."""
        from couponflow.store.flow_blocks import FlowBlockCache, FlowBlockStore
        from couponflow.web.flow.distribute import Distribution

        return Distribution(
            self.redemption_service,
            FlowBlockCache(FlowBlockStore(self.table)),
            request=self.request,
        )

    @cached_property
    def image_service(self) -> "ImageService":
        """Uploaded images."""
        from couponflow.services.images import ImageService
        from couponflow.store.images import ImageFiles, ImageStore

        files = ImageFiles(self.bucket)
        return ImageService(ImageStore(self.table), files)

    @cached_property
    def idempotency_store(self) -> "IdempotencyStore":
        """What requests with an Idempotency-Key created."""
        from couponflow.store.idempotency import IdempotencyStore

        return IdempotencyStore(self.table)

    @cached_property
    def erasure_service(self) -> "ErasureService":
        """Erase a customer's personal data."""
        from couponflow.services.erasure import ErasureService

        return ErasureService(
            self.coupon_store, self.redemption_store, self.coupon_service, self.journal_store
        )

    @cached_property
    def journal_store(self) -> "JournalStore":
        """An organisation's changes of people's data."""
        from couponflow.store.journal import JournalStore

        return JournalStore(self.table)

    @cached_property
    def organisation_service(self) -> "OrganisationService":
        """The operator's use cases, audited."""
        from couponflow.services.organisations import OrganisationService
        from couponflow.store.audit_log import AuditLogStore

        return OrganisationService(
            self.organisation_store,
            self.api_key_store,
            AuditLogStore(self.table),
            self.coupon_service,
        )

    @cached_property
    def record_service(self) -> "RecordService":
        """Redemption records, page by page."""
        from couponflow.services.records import RecordService
        from couponflow.store.redemption_records import RedemptionRecordStore

        return RecordService(self.redemption_store, RedemptionRecordStore(self.table))

    @cached_property
    def export_service(self) -> "ExportService":
        """Redemption records as a file."""
        from couponflow.services.exports import ExportService
        from couponflow.store.exports import ExportFiles

        return ExportService(self.record_service, ExportFiles(self.bucket))

    @cached_property
    def opened_link_service(self) -> "OpenedLinkService":
        """Customers who have seen their page."""
        from couponflow.services.opened_links import OpenedLinkService
        from couponflow.store.opened_links import OpenedLinkStore

        return OpenedLinkService(
            self.redemption_service, self.redemption_store, OpenedLinkStore(self.table)
        )

    @cached_property
    def statistics_store(self) -> "StatisticsStore":
        """Counts of coupons."""
        from couponflow.store.statistics import StatisticsStore

        return StatisticsStore(self.table)

    @cached_property
    def statistics_service(self) -> "StatisticsService":
        """Statistics, as marketers read them."""
        from couponflow.services.statistics import StatisticsService

        return StatisticsService(self.statistics_store, self.quota_shard_store)

    @cached_property
    def statistics_counter(self) -> "StatisticsCounter":
        """Counts the records of the table's stream."""
        from couponflow.services.statistics_counter import StatisticsCounter
        from couponflow.store.failure_queue import FailureQueue

        url = self.config.failure_queue_url
        queue = FailureQueue(lambda: _session().create_client("sqs", config=_CLIENT), url)

        return StatisticsCounter(self.statistics_store, self.coupon_store, queue)

    @cached_property
    def statistics_repair(self) -> "StatisticsRepair":
        """Compares statistics with records, and counts them again."""
        from couponflow.services.statistics_repair import StatisticsRepair
        from couponflow.store.recounts import RecountStore

        return StatisticsRepair(
            self.coupon_store,
            self.quota_shard_store,
            RecountStore(self.table),
            self.statistics_store,
        )

    @cached_property
    def bucket(self) -> "Bucket":
        """The S3 bucket of images and exports."""
        from couponflow.store.bucket import CONNECT_SECONDS, READ_SECONDS, Bucket

        # The client signs uploads with SigV4 only if it is set here. Retries are the bucket's own.
        settings = ClientConfig(
            signature_version="s3v4",
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": 1},
        )
        return Bucket(lambda: _s3(settings), self.config.images_bucket, self.request)

    def http_app(
        self,
        problem: Callable[[CouponflowError], Response] = problems.problem_response,
        *,
        writes: bool = True,
        page: ErrorPage | None = None,
        is_own_link: Callable[[str], bool] = lambda path: False,
    ) -> HttpApp:
        """The routes of one function.

        `writes`: whether its role may write to the table; `page`, `is_own_link`: see
        HttpApp.
        """
        gatekeeper = Authenticator(
            self.api_key_store, note=KeyUsageRecorder(self.api_key_store).record
        )
        limits = RateLimiter(RateCounterStore(self.table) if writes else None)
        return HttpApp(
            gatekeeper,
            self.config.public_base_url,
            problem,
            limits,
            page,
            self.config.origin_secret,
            request=self.request,
            is_own_link=is_own_link,
        )


def _session() -> Session:
    """A session without botocore's hundred handlers for other services: a twentieth of a cold
    start.
    """
    session = Session(include_builtin_handlers=False)
    for event, handler, *_ in BUILTIN_HANDLERS:
        if "." not in event:
            session.register(event, handler)
    return session


def _s3(settings: ClientConfig) -> Any:
    """A client whose presigned addresses name the bucket's region.

    By default botocore signs for the global address, which a new bucket redirects from, and newer
    regions refuse.
    A given endpoint, as of a local server, knows no names of buckets.
    """
    import boto3

    has_endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    style: Literal["path", "virtual"] = "path" if has_endpoint else "virtual"
    regional = ClientConfig(
        s3={"addressing_style": style, "us_east_1_regional_endpoint": "regional"}
    )
    return boto3.client("s3", config=settings.merge(regional))
