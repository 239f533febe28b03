"""Puts the parts together, once in the life of an execution environment."""

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
from couponflow.store.dynamodb import Table
from couponflow.store.organisations import OrganisationStore
from couponflow.store.quota_shards import QuotaShardStore
from couponflow.store.rate_counters import RateCounterStore
from couponflow.store.redemptions import RedemptionStore
from couponflow.store.terms_cache import TermsCache
from couponflow.web.http import problems
from couponflow.web.http.app import ErrorPage, HttpApp
from couponflow.web.http.authentication import Authenticator, KeyUsageRecorder
from couponflow.web.http.rate_limits import RateLimiter
from couponflow.web.http.responses import Response

# What only marketers need is imported when they come: the hot functions start without it.
if TYPE_CHECKING:
    from couponflow.services.coupons import CouponService
    from couponflow.services.exports import ExportService
    from couponflow.services.flow_blocks import FlowBlockService
    from couponflow.services.images import ImageService
    from couponflow.services.organisations import OrganisationService
    from couponflow.services.records import RecordService
    from couponflow.web.flow.distribute import Distribution

_CLIENT = ClientConfig(
    # Whoever calls knows better how to go on than a retry in the library, which would wait for up to a second.
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=1,
    read_timeout=2,
    # Parameters are built here and checked by our own tests; without a second check a redemption takes a sixth less time.
    parameter_validation=False,
    # Otherwise built anew, twice for each request: another sixth.
    user_agent="RedemptionService",
)


class Services:
    """Each part is made when it is first asked for, so that a function loads only what it uses."""

    def __init__(self) -> None:
        self.config = config.from_environment()

    @cached_property
    def table(self) -> Table:
        # boto3 loads its resources and the S3 transfer manager too: a third of a cold start, for nothing that this client does.
        client = _session().create_client("dynamodb", config=_CLIENT)
        return Table(client, self.config.table_name)

    @cached_property
    def organisation_store(self) -> OrganisationStore:
        return OrganisationStore(self.table)

    @cached_property
    def api_key_store(self) -> ApiKeyStore:
        return ApiKeyStore(self.table)

    @cached_property
    def coupon_store(self) -> CouponStore:
        return CouponStore(self.table)

    @cached_property
    def quota_shard_store(self) -> QuotaShardStore:
        return QuotaShardStore(self.table)

    @cached_property
    def redemption_store(self) -> RedemptionStore:
        return RedemptionStore(self.table)

    @cached_property
    def terms_cache(self) -> TermsCache:
        return TermsCache(self.coupon_store, self.organisation_store)

    @cached_property
    def sold_out(self) -> SoldOut:
        return SoldOut(self.coupon_store, self.quota_shard_store)

    @cached_property
    def shard_redeemer(self) -> ShardRedeemer:
        return ShardRedeemer(self.coupon_store, self.quota_shard_store, self.redemption_store, self.sold_out)

    @cached_property
    def redemption_service(self) -> RedemptionService:
        return RedemptionService(self.terms_cache, self.redemption_store, self.shard_redeemer, self.sold_out)

    @cached_property
    def coupon_service(self) -> "CouponService":
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
            self.config.max_shards,
        )

    @cached_property
    def flow_block_service(self) -> "FlowBlockService":
        from couponflow.services.flow_blocks import FlowBlockService
        from couponflow.store.flow_blocks import FlowBlockStore

        return FlowBlockService(self.coupon_service, FlowBlockStore(self.table))

    @cached_property
    def distribution(self) -> "Distribution":
        from couponflow.store.flow_blocks import FlowBlockCache, FlowBlockStore
        from couponflow.web.flow.distribute import Distribution

        return Distribution(self.redemption_service, FlowBlockCache(FlowBlockStore(self.table)))

    @cached_property
    def image_service(self) -> "ImageService":
        from couponflow.services.images import ImageService
        from couponflow.store.images import ImageFiles, ImageStore

        # An upload is signed the new way only if told so.
        signing = _CLIENT.merge(ClientConfig(signature_version="s3v4"))
        files = ImageFiles(lambda: _s3(signing), self.config.images_bucket)
        return ImageService(ImageStore(self.table), files)

    @cached_property
    def organisation_service(self) -> "OrganisationService":
        from couponflow.services.organisations import OrganisationService
        from couponflow.store.audit_log import AuditLogStore

        return OrganisationService(self.organisation_store, self.api_key_store, AuditLogStore(self.table))

    @cached_property
    def record_service(self) -> "RecordService":
        from couponflow.services.records import RecordService
        from couponflow.store.redemption_records import RedemptionRecordStore

        return RecordService(self.redemption_store, RedemptionRecordStore(self.table))

    @cached_property
    def export_service(self) -> "ExportService":
        from couponflow.services.exports import ExportService
        from couponflow.store.exports import ExportFiles

        # A file takes longer to send than an item, and is worth a second try.
        sending = ClientConfig(signature_version="s3v4", connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 2})
        return ExportService(self.record_service, ExportFiles(lambda: _s3(sending), self.config.images_bucket))

    def http_app(
        self,
        problem: Callable[[CouponflowError], Response] = problems.problem_response,
        *,
        writes: bool = True,
        page: ErrorPage | None = None,
    ) -> HttpApp:
        """`writes`: whether the function may write to the table at all; `page`: see Edge."""
        gatekeeper = Authenticator(self.api_key_store, note=KeyUsageRecorder(self.api_key_store).record)
        limits = RateLimiter(RateCounterStore(self.table) if writes else None)
        return HttpApp(gatekeeper, self.config.public_base_url, problem, limits, page, self.config.origin_secret)


def _session() -> Session:
    """Without the hundred handlers that botocore has for single services, none of them DynamoDB: a twentieth of a cold start."""
    session = Session(include_builtin_handlers=False)
    for event, handler, *_ in BUILTIN_HANDLERS:
        if "." not in event:
            session.register(event, handler)
    return session


def _s3(settings: ClientConfig) -> Any:
    """A client whose presigned addresses name the bucket's region.

    By default botocore signs for the global address, which a new bucket redirects from, and newer regions refuse.
    A given endpoint, as of a local server, knows no names of buckets.
    """
    import boto3

    has_endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    style: Literal["path", "virtual"] = "path" if has_endpoint else "virtual"
    regional = ClientConfig(s3={"addressing_style": style, "us_east_1_regional_endpoint": "regional"})
    return boto3.client("s3", config=settings.merge(regional))
