"""Puts the parts together, once in the life of an execution environment."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.config import Config as ClientConfig
from botocore.handlers import BUILTIN_HANDLERS
from botocore.session import Session

from couponflow import config
from couponflow.domain.errors import CouponflowError
from couponflow.services.redemption import Couponflow
from couponflow.services.shard_redeemer import Redeemer
from couponflow.services.sold_out import SoldOut
from couponflow.store.coupons import CouponStore
from couponflow.store.dynamodb import Table
from couponflow.store.organisations import OrganisationStore
from couponflow.store.quota_shards import QuotaStore
from couponflow.store.rate_counters import CounterStore
from couponflow.store.redemptions import RedemptionStore
from couponflow.store.terms_cache import TermsMemory
from couponflow.web.http import responses
from couponflow.web.http.app import Edge, PageOfTrouble
from couponflow.web.http.authentication import Gatekeeper, Uses
from couponflow.web.http.rate_limits import Limits
from couponflow.web.http.responses import Response

# What only marketers need is imported when they come: the hot functions start without it.
if TYPE_CHECKING:
    from couponflow.services.coupons import Campaigns
    from couponflow.services.exports import Exports
    from couponflow.services.flow_blocks import Blocks
    from couponflow.services.images import Images
    from couponflow.services.organisations import Operations
    from couponflow.services.records import Records
    from couponflow.web.flow.distribute import Distribution

_CLIENT = ClientConfig(
    # Whoever calls knows better how to go on than a retry in the library, which would wait for up to a second.
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=1,
    read_timeout=2,
    # Parameters are built here and checked by our own tests; without a second check a redemption takes a sixth less time.
    parameter_validation=False,
    # Otherwise built anew, twice for each request: another sixth.
    user_agent="Couponflow",
)


class Parts:
    """Each part is made when it is first asked for, so that a function loads only what it uses."""

    def __init__(self) -> None:
        self.config = config.from_environment()

    @cached_property
    def table(self) -> Table:
        # boto3 loads its resources and the S3 transfer manager too: a third of a cold start, for nothing that this client does.
        client = _session().create_client("dynamodb", config=_CLIENT)
        return Table(client, self.config.table_name)

    @cached_property
    def organisations(self) -> OrganisationStore:
        return OrganisationStore(self.table)

    @cached_property
    def coupons(self) -> CouponStore:
        return CouponStore(self.table)

    @cached_property
    def quotas(self) -> QuotaStore:
        return QuotaStore(self.table)

    @cached_property
    def redemptions(self) -> RedemptionStore:
        return RedemptionStore(self.table)

    @cached_property
    def terms(self) -> TermsMemory:
        return TermsMemory(self.coupons, self.organisations)

    @cached_property
    def sold_out(self) -> SoldOut:
        return SoldOut(self.coupons, self.quotas)

    @cached_property
    def redeemer(self) -> Redeemer:
        return Redeemer(self.coupons, self.quotas, self.redemptions, self.sold_out)

    @cached_property
    def couponflow(self) -> Couponflow:
        return Couponflow(self.terms, self.redemptions, self.redeemer, self.sold_out)

    @cached_property
    def campaigns(self) -> "Campaigns":
        from couponflow.services.coupons import Campaigns
        from couponflow.store.limit_changes import LimitStore

        limits = LimitStore(self.table, self.quotas)
        return Campaigns(self.terms, self.coupons, self.quotas, limits, self.sold_out, self.config.max_shards)

    @cached_property
    def blocks(self) -> "Blocks":
        from couponflow.services.flow_blocks import Blocks
        from couponflow.store.flow_blocks import BlockStore

        return Blocks(self.campaigns, BlockStore(self.table))

    @cached_property
    def distribution(self) -> "Distribution":
        from couponflow.store.flow_blocks import BlockMemory, BlockStore
        from couponflow.web.flow.distribute import Distribution

        return Distribution(self.couponflow, BlockMemory(BlockStore(self.table)))

    @cached_property
    def images(self) -> "Images":
        from couponflow.services.images import Images
        from couponflow.store.images import ImageFiles, ImageStore

        # An upload is signed the new way only if told so.
        signing = _CLIENT.merge(ClientConfig(signature_version="s3v4"))
        files = ImageFiles(lambda: _s3(signing), self.config.images_bucket)
        return Images(ImageStore(self.table), files)

    @cached_property
    def operations(self) -> "Operations":
        from couponflow.services.organisations import Operations
        from couponflow.store.audit_log import JournalStore

        return Operations(self.organisations, JournalStore(self.table))

    @cached_property
    def records(self) -> "Records":
        from couponflow.services.records import Records

        return Records(self.redemptions)

    @cached_property
    def exports(self) -> "Exports":
        from couponflow.services.exports import Exports
        from couponflow.store.exports import ExportFiles

        # A file takes longer to send than an item, and is worth a second try.
        sending = ClientConfig(signature_version="s3v4", connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 2})
        return Exports(self.records, ExportFiles(lambda: _s3(sending), self.config.images_bucket))

    def edge(
        self,
        problem: Callable[[CouponflowError], Response] = responses.problem,
        *,
        writes: bool = True,
        page: PageOfTrouble | None = None,
    ) -> Edge:
        """`writes`: whether the function may write to the table at all; `page`: see Edge."""
        gatekeeper = Gatekeeper(self.organisations, note=Uses(self.organisations).note)
        limits = Limits(CounterStore(self.table) if writes else None)
        return Edge(gatekeeper, self.config.public_base_url, problem, limits, page, self.config.origin_secret)


def _session() -> Session:
    """Without the hundred handlers that botocore has for single services, none of them DynamoDB: a twentieth of a cold start."""
    session = Session(include_builtin_handlers=False)
    for event, handler, *_ in BUILTIN_HANDLERS:
        if "." not in event:
            session.register(event, handler)
    return session


def _s3(settings: ClientConfig) -> Any:
    import boto3

    return boto3.client("s3", config=settings)
