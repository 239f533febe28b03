"""The story of a coupon in a customer's hand: given out by a flow, looked at, used by link or at a till."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from couponflow import observability
from couponflow.domain import links, rules
from couponflow.domain.errors import (
    AddonDisabled,
    CouponMaxUsesReached,
    CouponNotFound,
    CustomerMaxUsesReached,
    RedeemNotOffered,
    ValidationFailed,
)
from couponflow.domain.models import ButtonBehavior, Coupon, Holder, RedeemPage, Redemption, Terms
from couponflow.services.shard_redeemer import RedemptionResult, ShardRedeemer
from couponflow.services.sold_out import SoldOut
from couponflow.store import keys
from couponflow.store.parallel import run_parallel, run_sequential
from couponflow.store.redemptions import RedemptionStore, Use, UseTakenError
from couponflow.store.terms_cache import TermsCache

# The how-manieth use it is of a customer whose uses are not counted: more than any limit, should one be set meanwhile.
UNLIMITED_ORDINAL = 10**6


@dataclass(frozen=True, slots=True)
class DistributionResult:
    """A customer's open right to one use of a coupon; `is_new` if this call gave it."""

    coupon: Coupon
    redemption: Redemption
    is_new: bool
    uses_left: int | None

    @property
    def token(self) -> str:
        return links.format_token(self.coupon, self.redemption.holder)


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """A customer's link, opened: the coupon's terms and what the customer has of it."""

    terms: Terms
    holder: Holder
    redemptions: list[Redemption]
    is_sold_out: bool


class RedemptionService:
    def __init__(
        self,
        terms: TermsCache,
        redemptions: RedemptionStore,
        redeemer: ShardRedeemer,
        sold_out: SoldOut,
        read_all: Callable[..., list[Any]] = run_parallel,
    ) -> None:
        self._terms, self._redemptions, self._redeemer, self._sold_out = terms, redemptions, redeemer, sold_out
        self._read_all = read_all

    def find_coupon(self, organisation_id: str, *, coupon_id: str | None = None, code: str | None = None) -> Terms:
        """A coupon of the organisation, by id or code.

        Raises CouponNotFound, also for a coupon of another organisation; AddonDisabled.
        """
        if not self._terms.organisation(organisation_id).addon_enabled:
            raise AddonDisabled
        if coupon_id is not None:
            terms = self._terms.get(coupon_id) if links.is_id(coupon_id) else None
        else:
            terms = self._terms.get_by_code(organisation_id, code) if code else None
        if terms is None or terms.coupon.organisation_id != organisation_id:
            raise CouponNotFound
        return terms

    def distribute(self, coupon: Coupon, customer_id: str, inbox_id: str | None, now: datetime) -> DistributionResult:
        """Give the customer (a canonical id) a link to their next use; asked again, the same one.

        Raises CouponNotFound, CouponDisabled, CouponExpired, CustomerMaxUsesReached, CouponMaxUsesReached.
        """
        if refusal := rules.distribution_refusal(coupon, now):
            raise refusal
        holder = links.derive_holder(coupon, customer_id)
        observability.set_customer(holder.coupon_id, holder.mac)
        if self._sold_out.check(coupon, marks=True):
            used = _used(self._uses(coupon, holder))
            raise CouponMaxUsesReached if rules.is_within_customer_limit(coupon, used + 1) else CustomerMaxUsesReached
        slot = keys.FIRST_SLOT
        while True:
            redemption, is_new = self._redemptions.distribute(coupon, holder, slot, customer_id, inbox_id, now)
            observability.count("distributed", is_new)
            if not redemption.is_redeemed and slot == keys.FIRST_SLOT:
                return DistributionResult(coupon, redemption, is_new, coupon.max_redemptions_per_customer)
            uses = self._uses(coupon, holder)
            used = _used(uses)
            if not redemption.is_redeemed:
                left = coupon.max_redemptions_per_customer
                return DistributionResult(coupon, redemption, is_new, None if left is None else left - used)
            if not rules.is_within_customer_limit(coupon, used + 1):
                raise CustomerMaxUsesReached
            slot = _next_slot(uses)

    def open_link(self, token: str, *, look_again: bool = False) -> OpenedLink:
        """What the customer of this link sees; `look_again`: as it is now, not two seconds ago. Changes nothing.

        Raises CouponNotFound for every link that is not, or not any more, one of ours.
        """
        coupon, page, holder = self._coupon_and_holder(token)
        if look_again:
            coupon = self._terms.refresh(coupon)
        run = run_sequential if self._terms.is_remembered(coupon.organisation_id) else self._read_all
        redemptions, organisation, is_sold_out = run(
            lambda: self._uses(coupon, holder),
            lambda: self._terms.organisation(coupon.organisation_id),
            lambda: self._sold_out.check(coupon, marks=False),
        )
        if not redemptions or not organisation.addon_enabled:
            raise CouponNotFound
        return OpenedLink(Terms(coupon, page, organisation), holder, redemptions, is_sold_out)

    def redeem_by_link(self, token: str, number: int, now: datetime) -> RedemptionResult:
        """Use the coupon for the `number`-th time; asked again, the same redemption.

        Raises CouponNotFound, RedeemNotOffered, a Refusal that says why not, TryAgain;
        ValidationFailed if the use before this one is still open.
        """
        coupon, page, holder = self._coupon_and_holder(token)
        if not self._terms.organisation(coupon.organisation_id).addon_enabled:
            raise CouponNotFound
        if page.redeem_button.behavior is not ButtonBehavior.REDEEM:
            raise RedeemNotOffered
        use = Use(holder, keys.slot(number), nth=number, attempt=links.new_id())
        try:
            if number > 1 or self._expects_refusal(coupon, now):
                use = _next_use(self._uses(coupon, holder), use, number, coupon)
                coupon = self._recheck(coupon, use.nth, now)
            return self._redeemer.redeem(coupon, use, now)
        except UseTakenError as taken:
            if taken.redemption is None:
                raise CouponNotFound from taken  # never given out
            return RedemptionResult(taken.redemption, repeated=True)
        except CustomerMaxUsesReached:
            if use.nth != UNLIMITED_ORDINAL:
                raise
            self._terms.refresh(coupon)  # customers got a limit in between: count this one's uses
            return self.redeem_by_link(token, number, now)

    def redeem_at_till(
        self, coupon: Coupon, customer_id: str, inbox_id: str | None, idempotency_key: str | None, now: datetime
    ) -> RedemptionResult:
        """Use the coupon for a customer (a canonical id), sent to them before or not.

        The same key gives the same redemption, for ever; without one each call is an attempt of its own.
        Raises a Refusal that says why not, TryAgain.
        """
        holder = links.derive_holder(coupon, customer_id)
        observability.set_customer(holder.coupon_id, holder.mac)
        attempt = links.derive_attempt(idempotency_key, holder) if idempotency_key else links.new_id()

        def use(slot: str, nth: int) -> Use:
            claims = keys.attempt_slot(attempt) if idempotency_key and _needs_attempt_claim(slot) else None
            return Use(holder, slot, nth, attempt, may_be_new=True, customer_id=customer_id, inbox_id=inbox_id, claims=claims)

        if not self._expects_refusal(coupon, now):
            try:
                return self._redeemer.redeem(coupon, use(keys.FIRST_SLOT, 1), now)
            except UseTakenError:
                pass  # not the first use: look at them all
        while True:
            uses = self._uses(coupon, holder)
            if made := self._made_by(attempt, coupon, holder, uses):
                return RedemptionResult(made, repeated=True)
            nth = _used(uses) + 1
            confirmed = self._recheck(coupon, nth, now)
            if confirmed is not coupon:
                coupon = confirmed  # what counts as a use, and where the next one lies, goes by the coupon as it is
                continue
            slot = _till_slot(coupon, uses, attempt)
            try:
                return self._redeemer.redeem(coupon, use(slot, nth if keys.is_numbered(slot) else UNLIMITED_ORDINAL), now)
            except UseTakenError:
                continue  # somebody else made that very use: there is one fewer to try
            except CustomerMaxUsesReached:
                if coupon.max_redemptions_per_customer is not None:
                    raise
                coupon = self._terms.refresh(coupon)  # customers got a limit in between: count them all

    def _coupon_and_holder(self, token: str) -> tuple[Coupon, RedeemPage, Holder]:
        """What the link is of. Raises CouponNotFound."""
        coupon_id = links.read_coupon_id(token)
        if coupon_id is None:
            raise CouponNotFound
        coupon, page = self._terms.get_coupon_and_page(coupon_id)
        holder = links.read_holder(token, coupon)
        if holder is None or coupon.archived_at:
            raise CouponNotFound
        observability.set_customer(holder.coupon_id, holder.mac)
        return coupon, page, holder

    def _uses(self, coupon: Coupon, holder: Holder) -> list[Redemption]:
        """The customer's redemptions, as they are now, as far as they count against a limit."""
        if coupon.max_redemptions_per_customer is None:
            return self._redemptions.list_numbered(holder)
        return self._redemptions.list_all(holder)

    def _made_by(self, attempt: str, coupon: Coupon, holder: Holder, uses: list[Redemption]) -> Redemption | None:
        made = next((use for use in uses if use.attempt == attempt), None)
        if made is None and coupon.max_redemptions_per_customer is None:
            made = self._redemptions.get(holder, keys.attempt_slot(attempt))
        return made

    def _expects_refusal(self, coupon: Coupon, now: datetime) -> bool:
        return rules.refusal(coupon, now) is not None or self._sold_out.is_known(coupon)

    def _recheck(self, coupon: Coupon, nth: int, now: datetime) -> Coupon:
        """The coupon, to go on with. What is remembered of it may be old, so it is read again before a refusal is raised."""
        if rules.refusal(coupon, now, nth):
            coupon = self._terms.refresh(coupon)
            if refusal := rules.refusal(coupon, now, nth):
                raise refusal
        if self._sold_out.is_known(coupon):
            raise CouponMaxUsesReached
        return coupon


def _used(redemptions: list[Redemption]) -> int:
    return sum(redemption.is_redeemed for redemption in redemptions)


def _next_slot(redemptions: list[Redemption]) -> str:
    """The lowest number that is not used yet, given out or not."""
    return keys.slot(1 + sum(made.is_redeemed and keys.is_numbered(made.slot) for made in redemptions))


def _next_use(redemptions: list[Redemption], use: Use, number: int, coupon: Coupon) -> Use:
    """A use of that number, which stands only on the one before it: else anybody could redeem what was never given out.

    Raises ValidationFailed; UseTaken if it is made already.
    """
    by_slot = {redemption.slot: redemption for redemption in redemptions}
    it, before = by_slot.get(use.slot), by_slot.get(keys.slot(number - 1))
    if it is not None and it.is_redeemed or (it is None and number == 1):
        raise UseTakenError(it)
    if number == 1:
        return use
    if before is None or not before.is_redeemed:
        raise ValidationFailed.for_field("use", "is not the customer's next use")
    nth = UNLIMITED_ORDINAL if coupon.max_redemptions_per_customer is None else _used(redemptions) + 1
    return replace(use, nth=nth, may_be_new=True, customer_id=before.customer_id, inbox_id=before.inbox_id)


def _needs_attempt_claim(slot: str) -> bool:
    """Whether a till that knows of no limit for customers, or no more, would make the same use by its attempt."""
    return keys.is_numbered(slot) and slot != keys.FIRST_SLOT


def _till_slot(coupon: Coupon, redemptions: list[Redemption], attempt: str) -> str:
    """The next number, given out or not. Without a limit, later uses lie by their attempt: who repeats one meets it there."""
    if coupon.max_redemptions_per_customer is None and any(made.is_redeemed for made in redemptions):
        return keys.attempt_slot(attempt)
    return _next_slot(redemptions)
