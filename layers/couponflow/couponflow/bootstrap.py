"""Puts the parts together, once in the life of an execution environment."""

from functools import cached_property

import boto3
from botocore.config import Config as ClientConfig

from couponflow import config
from couponflow.redeemer import Redeemer
from couponflow.service import Couponflow
from couponflow.store.coupons import CouponStore
from couponflow.store.organisations import OrganisationStore
from couponflow.store.quotas import QuotaStore
from couponflow.store.redemptions import RedemptionStore
from couponflow.store.table import Table
from couponflow.store.terms import TermsMemory
from couponflow.web.credentials import Gatekeeper
from couponflow.web.edge import Edge

# Parameters are built here and checked by our own tests; without a second check a redemption takes a sixth less time.
_CLIENT = ClientConfig(
    retries={"mode": "standard", "total_max_attempts": 3},
    connect_timeout=1,
    read_timeout=3,
    parameter_validation=False,
)


class Parts:
    """Each part is made when it is first asked for, so that a function loads only what it uses."""

    def __init__(self) -> None:
        self.config = config.from_environment()

    @cached_property
    def table(self) -> Table:
        return Table(boto3.client("dynamodb", config=_CLIENT), self.config.table_name)

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
    def couponflow(self) -> Couponflow:
        redeemer = Redeemer(self.coupons, self.quotas, self.redemptions)
        return Couponflow(self.terms, self.redemptions, redeemer)

    def edge(self) -> Edge:
        return Edge(Gatekeeper(self.organisations), self.config.public_base_url)
