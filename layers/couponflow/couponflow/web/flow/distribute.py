"""The Distribute Coupon block, for one customer or for the customers of a broadcast.

If several reasons apply, the response has the first of: invalid_request, block_not_found,
customer_missing, addon_disabled, coupon_not_found, coupon_disabled, coupon_expired,
customer_max_uses_reached, customer_period_uses_reached, coupon_max_uses_reached.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from couponflow import observability
from couponflow.domain import messages
from couponflow.domain.errors import (
    AddonDisabled,
    CouponExpired,
    CouponflowError,
    CouponMaxUsesReached,
    CustomerMaxUsesReached,
    CustomerPeriodUsesReached,
    InternalError,
    NotFound,
    Refusal,
    TryAgain,
    ValidationFailed,
)
from couponflow.domain.flow_blocks import FallbackFlows, FlowBlock, FlowBlockContent, Outcome
from couponflow.domain.models import Coupon
from couponflow.services.redemption import DistributionResult, RedemptionService
from couponflow.store.dynamodb import ContentionError, UnknownResultError
from couponflow.store.flow_blocks import FlowBlockCache
from couponflow.store.request_state import RequestState
from couponflow.web.flow import request, response
from couponflow.web.flow.request import DistributeRequest
from couponflow.web.flow.response import Answer, Decision

MOST_CUSTOMERS = 100
# No customer is begun later than this, so that the last one ends within the function's 15 seconds.
SECONDS_FOR_A_BATCH = 5.0
HOW_TO_FIND_OUT = (
    "The customer may have a link now. Send the same request again: it never gives a second one."
)

# Every other refusal is the outcome "error", with its reason.
_OUTCOMES: dict[type[Refusal], Outcome] = {
    CouponExpired: Outcome.COUPON_EXPIRED,
    CustomerMaxUsesReached: Outcome.CUSTOMER_MAX_USES_REACHED,
    CustomerPeriodUsesReached: Outcome.CUSTOMER_MAX_USES_REACHED,
    CouponMaxUsesReached: Outcome.COUPON_MAX_USES_REACHED,
}


@dataclass(frozen=True, slots=True)
class Caller:
    """The organisation of a request, and the address that its links begin with."""

    organisation_id: str
    base_url: str
    now: datetime


class Distribution:
    """Parses a block's fields, distributes, and builds the response."""

    def __init__(
        self,
        couponflow: RedemptionService,
        blocks: FlowBlockCache,
        timer: Callable[[], float] = time.monotonic,
        request: RequestState | None = None,
    ) -> None:
        self._couponflow, self._blocks, self._timer = couponflow, blocks, timer
        self._request = request or RequestState()

    def decide(self, caller: Caller, fields: object) -> Decision:
        """Distribute, and return what was decided.

        Raises ValidationFailed, TryAgain, OutcomeUnknown, InternalError. Each carries the block's
        `next_flow`, if any.
        """
        try:
            ask = DistributeRequest.of(fields)
        except ValidationFailed as error:
            error.members["next_flow"] = (
                self._flows(caller, request.optional_id(fields, "block_id")).error or ""
            )
            raise
        content = FlowBlockContent(
            ask.coupon_id or "", ask.message, ask.button_title, ask.image_url, channel=ask.channel
        )
        if ask.block_id is None:
            return self._decide_on(caller, content, ask)
        block = self._blocks.get(caller.organisation_id, ask.block_id)
        decision = self._decide_on_block(caller, block, content, ask)
        if block is None or decision.outcome is Outcome.DISTRIBUTED:
            return decision
        # Nothing is refused by a cached block: it may have another coupon by now.
        fresh = self._blocks.read_again(caller.organisation_id, ask.block_id)
        if fresh == block:
            return decision
        return self._decide_on_block(caller, fresh, content, ask)

    def respond(self, caller: Caller, fields: object) -> Answer:
        """The response for one customer. Raises the errors of `decide`."""
        return response.response_body(self.decide(caller, fields))

    def respond_batch(self, caller: Caller, fields: object) -> dict[str, list[Answer]]:
        """The outcome of each of `customers`, in their order.

        The other fields apply to all of them.

        A customer beyond the time limit gets `try_again`. A repetition creates no second link.
        Raises ValidationFailed.
        """
        given = fields.get("customers") if isinstance(fields, Mapping) else None
        if (
            not isinstance(fields, Mapping)
            or not isinstance(given, list)
            or not 1 <= len(given) <= MOST_CUSTOMERS
        ):
            raise ValidationFailed.for_field(
                "customers", f"must be a list of 1 to {MOST_CUSTOMERS} customers"
            )
        ends_at = self._timer() + SECONDS_FOR_A_BATCH
        return {
            "results": [self._one_of_many(caller, fields, customer, ends_at) for customer in given]
        }

    def invoke_directly(self, event: object, base_url: str, now: datetime) -> Answer:
        """A direct Lambda invocation: the same fields as over HTTP, with the organisation in the
        event.
        """

        def decide() -> Answer:
            organisation_id = request.optional_id(event, "organisation_id")
            if organisation_id is None or not isinstance(event, Mapping):
                raise ValidationFailed.for_field("organisation_id", "is needed")
            caller = Caller(organisation_id, base_url, now)
            return (
                self.respond_batch(caller, event)
                if "customers" in event
                else self.respond(caller, event)
            )

        return self._answered(decide, "directly")

    def _decide_on_block(
        self,
        caller: Caller,
        block: FlowBlock | None,
        content: FlowBlockContent,
        ask: DistributeRequest,
    ) -> Decision:
        if block is None:
            return Decision(Outcome.ERROR, "block_not_found", content, ask)
        content = replace(block.content, channel=ask.channel or block.content.channel)
        return self._decide_on(caller, content, replace(ask, coupon_id=content.coupon_id))

    def _decide_on(
        self, caller: Caller, content: FlowBlockContent, ask: DistributeRequest
    ) -> Decision:
        try:
            return self._distributed(caller, content, ask)
        except (ContentionError, UnknownResultError, TryAgain) as error:
            raise self._undecided(
                next_flow=content.fallback_flows.for_outcome(Outcome.ERROR)
            ) from error
        except Exception as error:
            observability.log_exception("distribution")
            raise InternalError(
                next_flow=content.fallback_flows.for_outcome(Outcome.ERROR)
            ) from error

    def _distributed(
        self, caller: Caller, content: FlowBlockContent, ask: DistributeRequest
    ) -> Decision:
        coupon: Coupon | None = None
        customer_id = ask.customer_id
        if customer_id is None:
            return Decision(Outcome.ERROR, "customer_missing", content, ask)

        def distribute(found: Coupon) -> DistributionResult:
            nonlocal coupon
            coupon = found
            return self._couponflow.distribute(found, customer_id, ask.inbox_id, caller.now)

        try:
            distributed = self._couponflow.with_coupon(
                caller.organisation_id, distribute, coupon_id=ask.coupon_id, code=ask.coupon_code
            )
        except Refusal as refusal:
            observability.set_refusal(refusal.code)
            outcome = _OUTCOMES.get(type(refusal), Outcome.ERROR)
            message = (
                _message(coupon, content, ask, refusal.ends_at or coupon.ends_at)
                if coupon
                else None
            )
            return Decision(
                outcome, refusal.code, content, ask, coupon, message, ends_at=refusal.ends_at
            )
        except (AddonDisabled, NotFound):
            return Decision(Outcome.ERROR, AddonDisabled.code, content, ask)
        url = f"{caller.base_url}/r/{distributed.token}"
        ends_at = distributed.ends_at
        coupon = distributed.coupon
        message = _message(coupon, content, ask, ends_at, distributed, url)
        reason = "ok" if distributed.is_new else "already_distributed"
        return Decision(
            Outcome.DISTRIBUTED, reason, content, ask, coupon, message, distributed, ends_at
        )

    def _one_of_many(
        self, caller: Caller, fields: Mapping[str, object], customer: object, ends_at: float
    ) -> Answer:
        def decide() -> Answer:
            self._request.start_part()
            if self._timer() >= ends_at:
                raise TryAgain
            if not isinstance(customer, Mapping):
                raise ValidationFailed.for_field(
                    "customers", "must hold an object for each customer"
                )
            return self.respond(caller, {**fields, **customer})

        # An error of one customer must not hide the outcomes of the others.
        return {"customer_id": request.sent_customer_id(customer)} | self._answered(decide, "batch")

    def _flows(self, caller: Caller, block_id: str | None) -> FallbackFlows:
        block = self._blocks.get(caller.organisation_id, block_id) if block_id else None
        return block.content.fallback_flows if block else FallbackFlows()

    def _answered(self, decide: Callable[[], Answer], route: str) -> Answer:
        """What was decided, or that nothing could be: an answer in any case."""
        try:
            return decide()
        except CouponflowError as error:
            return response.error_response(error)
        except (ContentionError, UnknownResultError):
            return response.error_response(self._undecided())
        except Exception:
            observability.log_exception(route)
            return response.error_response(InternalError())

    def _undecided(self, **members: object) -> CouponflowError:
        return self._request.undecided_error(HOW_TO_FIND_OUT, **members)


def _message(
    coupon: Coupon,
    content: FlowBlockContent,
    ask: DistributeRequest,
    ends_at: datetime,
    distributed: DistributionResult | None = None,
    url: str = "",
) -> messages.Message:
    values = messages.placeholder_values(
        coupon, ends_at, distributed.uses_left if distributed else None, ask.customer_name
    )
    return messages.compose(
        coupon,
        content.message,
        content.button_title,
        content.image_url,
        content.channel,
        values,
        url,
    )
