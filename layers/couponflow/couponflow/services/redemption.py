"""The main flow: distribute a coupon to a customer, open its link, redeem it by link or at
a till.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from couponflow import observability
from couponflow.domain import codes, links, rules
from couponflow.domain.errors import (
    AddonDisabled,
    CouponMaxUsesReached,
    CouponNotFound,
    TryAgain,
    ValidationFailed,
)
from couponflow.domain.models import Coupon, Holder, RedeemPage, Redemption, Terms
from couponflow.domain.rules import Permit
from couponflow.services.shard_redeemer import RedemptionResult, ShardRedeemer, TermsChangedError
from couponflow.services.sold_out import SoldOut
from couponflow.store import keys
from couponflow.store.parallel import run_parallel, run_sequential
from couponflow.store.redemptions import (
    AttemptClaimedError,
    NeverDistributedError,
    RedemptionStore,
    Use,
    UseTakenError,
)
from couponflow.store.terms_cache import TermsCache

# A request is answered "try again" if the coupon changes this often while its use is being made.
MOST_CHANGES = 8
# A repetition by code is looked for on this many coupons that had the code before.
MOST_EARLIER = 10


@dataclass(frozen=True, slots=True)
class DistributionResult:
    """A customer's open redemption, to be sent as a link; `is_new` if this call made it.

    `ends_at`: the end of the coupon for this customer.
    """

    coupon: Coupon
    redemption: Redemption
    is_new: bool
    uses_left: int | None
    ends_at: datetime

    @property
    def token(self) -> str:
        """The token of the customer's link, the same for all their uses."""
        return links.format_token(self.coupon, self.redemption.holder)


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """What a customer's link leads to: the terms of the coupon and the customer's redemptions."""

    terms: Terms
    holder: Holder
    redemptions: list[Redemption]
    is_sold_out: bool


class RedemptionService:
    """What customers, flows and tills do with a coupon."""

    def __init__(
        self,
        terms: TermsCache,
        redemptions: RedemptionStore,
        redeemer: ShardRedeemer,
        sold_out: SoldOut,
        read_all: Callable[..., list[Any]] = run_parallel,
    ) -> None:
        self._terms, self._redemptions, self._redeemer, self._sold_out = (
            terms,
            redemptions,
            redeemer,
            sold_out,
        )
        self._read_all = read_all

    def find_coupon(
        self, organisation_id: str, *, coupon_id: str | None = None, code: str | None = None
    ) -> Terms:
        """Return a coupon of the organisation, by id or code.

        Raises:
            CouponNotFound: also for a coupon of another organisation.
            AddonDisabled: the organisation has no coupon add-on.
        """
        if not self._terms.organisation(organisation_id).addon_enabled:
            raise AddonDisabled
        if coupon_id is not None:
            terms = self._terms.get(coupon_id) if links.is_id(coupon_id) else None
        else:
            is_code = code is not None and codes.is_code(code)
            terms = self._terms.get_by_code(organisation_id, code) if code and is_code else None
        if terms is None or terms.coupon.organisation_id != organisation_id:
            raise CouponNotFound
        return terms

    def distribute(
        self, coupon: Coupon, customer_id: str, inbox_id: str | None, now: datetime
    ) -> DistributionResult:
        """Give the customer (a canonical id) a link to their next use; repeated, return the same
        one.

        Raises:
            Refusal: the coupon can't be distributed, and why.
        """
        if refusal := rules.distribution_refusal(coupon, (), now):
            raise refusal
        holder = links.derive_holder(coupon, customer_id)
        observability.set_customer(holder.coupon_id, holder.mac)
        if self._sold_out.check(coupon, marks=True):
            uses = self._uses(coupon, holder, now)
            raise rules.distribution_refusal(coupon, uses, now) or CouponMaxUsesReached
        slot = keys.FIRST_SLOT
        while True:
            redemption, is_new = self._redemptions.distribute(
                coupon, holder, slot, customer_id, inbox_id, now
            )
            observability.count("distributed", is_new)
            # While the first use is open, the customer has no other.
            is_only_one = slot == keys.FIRST_SLOT and not redemption.is_redeemed
            uses = [redemption] if is_only_one else self._uses(coupon, holder, now)
            if not is_new and (refusal := rules.distribution_refusal(coupon, uses, now)):
                raise refusal
            if not redemption.is_redeemed:
                left, ends_at = rules.uses_left(coupon, uses), rules.ends_at(coupon, uses)
                return DistributionResult(coupon, redemption, is_new, left, ends_at)
            slot = next_slot(uses)

    def open_link(self, token: str, now: datetime, *, look_again: bool = False) -> OpenedLink:
        """Return what the customer of this link sees; writes nothing.

        `look_again` reads the terms instead of taking them from the cache, up to two seconds old.

        Raises:
            CouponNotFound: the link is not one of ours, or its coupon is archived.
        """
        coupon, page, holder = self._coupon_and_holder(token)
        if look_again:
            coupon = self._terms.refresh(coupon)
        run = (
            run_sequential if self._terms.is_remembered(coupon.organisation_id) else self._read_all
        )
        redemptions, organisation, is_sold_out = run(
            lambda: self._uses(coupon, holder, now),
            lambda: self._terms.organisation(coupon.organisation_id),
            lambda: self._sold_out.check(coupon, marks=False),
        )
        if not redemptions or _are_erased(redemptions) or not organisation.addon_enabled:
            raise CouponNotFound
        return OpenedLink(Terms(coupon, page, organisation), holder, redemptions, is_sold_out)

    def is_own_link(self, path: str) -> bool:
        """Whether the link in a path was made by this service, whatever became of its coupon.

        Costs no read if the coupon's terms are cached.
        """
        token = links.recover_token(path)
        coupon_id = links.read_coupon_id(token) if token else None
        if token is None or coupon_id is None:
            return False
        try:
            coupon, _ = self._terms.get_coupon_and_page(coupon_id)
        except CouponNotFound:
            return False
        return links.read_holder(token, coupon) is not None

    def find_holder(self, token: str) -> tuple[Coupon, Holder]:
        """Return the coupon and the customer of a link.

        Raises:
            CouponNotFound: the link is not one of ours, or its coupon is archived.
        """
        coupon, _, holder = self._coupon_and_holder(token)
        return coupon, holder

    def redeem_by_link(self, token: str, number: int, now: datetime) -> RedemptionResult:
        """Use the coupon for the `number`-th time; repeated, return the same redemption.

        Raises:
            CouponNotFound: the link is not one of ours, or was never distributed.
            RedeemNotOffered: the page has no redeem button.
            ValidationFailed: the use before this one is still open.
            Refusal: the coupon can't be used, and why.
            TryAgain: too busy; the same request may be sent again.
        """
        coupon, _, holder = self._coupon_and_holder(token)
        if not self._terms.organisation(coupon.organisation_id).addon_enabled:
            raise CouponNotFound
        use, call = Use(holder, keys.slot(number), links.new_id()), self._redeemer.begin()
        for _ in range(MOST_CHANGES):
            try:
                permit = self._permit_first(coupon, now, by_link=True) if number == 1 else None
                if permit is None:
                    self._redeemer.fence_unnumbered_uses(coupon)
                    uses = self._uses(coupon, holder, now)
                    if _are_partial(uses) and use.slot < uses[0].slot:
                        made = self._redemptions.get(holder, use.slot)
                        uses = [made, *uses] if made else uses
                    if _are_erased(uses):
                        raise CouponNotFound
                    use = _next_use(uses, use, number)
                    permit = self._permit(coupon, uses, now, by_link=True)
                return self._redeemer.redeem(permit, use, now, call)
            except UseTakenError as taken:
                if taken.redemption.is_closed:
                    raise CouponNotFound from taken
                return call.result(taken.redemption, use.attempt)
            except NeverDistributedError as error:
                raise CouponNotFound from error
            except TermsChangedError as changed:
                coupon = changed.coupon or self._terms.refresh(coupon)
                if links.read_holder(token, coupon) is None:  # its links were rotated
                    raise CouponNotFound from changed
        raise TryAgain

    def redeem_at_till(
        self,
        coupon: Coupon,
        customer_id: str,
        inbox_id: str | None,
        idempotency_key: str | None,
        now: datetime,
    ) -> RedemptionResult:
        """Use the coupon for a customer (a canonical id), distributed to them before or not.

        The same key gives the same redemption, permanently. Without a key each call is an attempt
        of its own.

        Raises:
            Refusal: the coupon can't be used, and why.
            TryAgain: too busy; the same request may be sent again.
        """
        holder = links.derive_holder(coupon, customer_id)
        observability.set_customer(holder.coupon_id, holder.mac)
        attempt = (
            links.derive_attempt(idempotency_key, holder) if idempotency_key else links.new_id()
        )

        def use(slot: str) -> Use:
            claims = (
                keys.attempt_slot(attempt)
                if idempotency_key and _needs_attempt_claim(slot)
                else None
            )
            return Use(holder, slot, attempt, True, customer_id, inbox_id, claims)

        call, changes, may_be_first = self._redeemer.begin(), 0, True
        while changes < MOST_CHANGES:
            try:
                permit = self._permit_first(coupon, now) if may_be_first else None
                slot, may_be_first = keys.FIRST_SLOT, False
                if permit is None:
                    self._redeemer.fence_unnumbered_uses(coupon)
                    uses = self._uses(coupon, holder, now)
                    if made := self._made_by(attempt, coupon, holder, uses):
                        return call.result(made, attempt)
                    permit, slot = (
                        self._permit(coupon, uses, now),
                        _till_slot(coupon, uses, attempt),
                    )
                return self._redeemer.redeem(permit, use(slot), now, call)
            except (UseTakenError, AttemptClaimedError):
                continue  # another request made this very use: the next one is to be tried
            except TermsChangedError as changed:
                coupon, changes = changed.coupon or self._terms.refresh(coupon), changes + 1
        raise TryAgain

    def redeem_at_till_by_code(
        self,
        organisation_id: str,
        code: str,
        customer_id: str,
        inbox_id: str | None,
        idempotency_key: str | None,
        now: datetime,
    ) -> RedemptionResult:
        """Use the coupon that has the code, as `redeem_at_till`.

        The key holds for the code: a repetition returns its redemption after the coupon was
        archived, and uses no other coupon that has the code since.

        Raises the errors of `find_coupon` and `redeem_at_till`.
        """
        try:
            coupon = self.find_coupon(organisation_id, code=code).coupon
            made = self._find_earlier(coupon.code_before, customer_id, idempotency_key, now)
            return made or self.redeem_at_till(coupon, customer_id, inbox_id, idempotency_key, now)
        except CouponNotFound:
            last = self._terms.last_of_code(organisation_id, code) if idempotency_key else None
            if made := self._find_earlier(last, customer_id, idempotency_key, now):
                return made
            raise

    def _find_earlier(
        self, coupon_id: str | None, customer_id: str, idempotency_key: str | None, now: datetime
    ) -> RedemptionResult | None:
        """Return the redemption that the key made on this coupon or one that had its code before.

        Most codes never had another coupon: then nothing is read.
        """
        for _ in range(MOST_EARLIER):
            if coupon_id is None or idempotency_key is None:
                return None
            coupon, _ = self._terms.get_coupon_and_page(coupon_id)
            holder = links.derive_holder(coupon, customer_id)
            attempt = links.derive_attempt(idempotency_key, holder)
            uses = self._uses(coupon, holder, now)
            if made := self._made_by(attempt, coupon, holder, uses):
                return RedemptionResult(made, repeated=True)
            coupon_id = coupon.code_before
        return None

    def _coupon_and_holder(self, token: str) -> tuple[Coupon, RedeemPage, Holder]:
        """Return what the link is for.

        Raises:
            CouponNotFound: the link is not one of ours, or its coupon is archived.
        """
        coupon_id = links.read_coupon_id(token)
        if coupon_id is None:
            raise CouponNotFound
        coupon, page = self._terms.get_coupon_and_page(coupon_id)
        holder = links.read_holder(token, coupon)
        if holder is None or coupon.archived_at:
            raise CouponNotFound
        observability.set_customer(holder.coupon_id, holder.mac)
        return coupon, page, holder

    def _uses(self, coupon: Coupon, holder: Holder, now: datetime) -> list[Redemption]:
        """Read the customer's redemptions, strongly: numbered ones first, in order.

        Where customers have no limit, these are the numbered ones only. With a period limit, the
        newest hundred of them are enough, and those back to the last distribution.
        """
        if coupon.max_redemptions_per_customer is not None or rules.has_uses_without_number(
            coupon, now
        ):
            return self._redemptions.list_all(holder)
        if coupon.period_limit is None:
            return self._redemptions.list_numbered(holder)
        uses = self._redemptions.list_newest(holder)
        while _are_partial(uses) and rules.needs_older_uses(coupon, uses):
            uses = self._redemptions.list_newest(holder, before=uses[0].slot) + uses
        return uses

    def _made_by(
        self, attempt: str, coupon: Coupon, holder: Holder, uses: list[Redemption]
    ) -> Redemption | None:
        """Return the redemption that the attempt made earlier, if there is one."""
        made = next((use for use in uses if use.attempt == attempt), None)
        # Without a redeemed use, none was made beside the numbers.
        if (
            made is None
            and coupon.max_redemptions_per_customer is None
            and any(use.is_redeemed for use in uses)
        ):
            made = self._redemptions.get(holder, keys.attempt_slot(attempt))
        if made is None and _are_partial(uses):  # the first use claims no attempt
            first = self._redemptions.get(holder, keys.FIRST_SLOT)
            made = first if first and first.attempt == attempt else None
        return made

    def _permit_first(
        self, coupon: Coupon, now: datetime, *, by_link: bool = False
    ) -> Permit | None:
        """Return the permit for a first use, evaluated on the cached coupon alone.

        None if that takes a look at the customer's uses: the coupon's rules need it, or a refusal
        is to be expected.
        """
        if rules.has_rules_on_first_use(coupon):
            return None
        permit = rules.permit(coupon, (), now, by_link=by_link)
        if isinstance(permit, Permit) and not self._sold_out.is_known(coupon):
            return permit
        return None

    def _permit(
        self, coupon: Coupon, uses: list[Redemption], now: datetime, *, by_link: bool = False
    ) -> Permit:
        """Return the permit for the customer's next use.

        A refusal needs a still picture: the coupon at a version, then the uses, then the coupon at
        the same version. Then one moment had both. The uses were read after the coupon.

        Raises:
            RedeemNotOffered, Refusal: the coupon can't be used, and why.
            TermsChangedError: the coupon changed since it was read; a refusal would be a guess.
        """
        permit = rules.permit(coupon, uses, now, by_link=by_link)
        if not isinstance(permit, Permit):
            fresh = self._terms.refresh(coupon)
            if fresh.version != coupon.version:
                raise TermsChangedError(fresh)
            raise permit
        if self._sold_out.is_known(coupon):
            raise CouponMaxUsesReached
        return permit


def _are_partial(uses: list[Redemption]) -> bool:
    """Return whether the customer has numbered uses before these."""
    return bool(uses) and uses[0].slot != keys.FIRST_SLOT


def _are_erased(uses: list[Redemption]) -> bool:
    """Return whether the customer was erased: links that they have lead nowhere."""
    return any(use.is_closed for use in uses)


def next_slot(uses: list[Redemption]) -> str:
    """Return the slot of the number after the last one that is redeemed, distributed or not."""
    made = [use.slot for use in uses if use.is_redeemed and keys.is_numbered(use.slot)]
    return keys.slot(1 + int(max(made, default="0")))


def _next_use(redemptions: list[Redemption], use: Use, number: int) -> Use:
    """Return the use of that number, which needs the one before it to be redeemed.

    Without this look, anybody could redeem on a holder that was never distributed to.

    Raises:
        UseTakenError: it was made before.
        NeverDistributedError: a first use that the customer was not given.
        ValidationFailed: the use before it is still open.
    """
    by_slot = {redemption.slot: redemption for redemption in redemptions}
    made, before = by_slot.get(use.slot), by_slot.get(keys.slot(number - 1))
    if made is not None and made.is_redeemed:
        raise UseTakenError(made)
    if number == 1:
        if made is None:
            raise NeverDistributedError
        return use
    if before is None or not before.is_redeemed:
        raise ValidationFailed.for_field("use", "is not the customer's next use")
    return replace(use, may_be_new=True, customer_id=before.customer_id, inbox_id=before.inbox_id)


def _needs_attempt_claim(slot: str) -> bool:
    """Return whether a till with another customer limit in its cache would choose another slot."""
    return keys.is_numbered(slot) and slot != keys.FIRST_SLOT


def _till_slot(coupon: Coupon, redemptions: list[Redemption], attempt: str) -> str:
    """Return the slot of the till's next use: the next number, distributed or not.

    Where no rule counts a customer's uses, later ones are keyed by their attempt, so that a
    repetition finds its own.
    """
    if not coupon.has_numbered_uses and any(made.is_redeemed for made in redemptions):
        return keys.attempt_slot(attempt)
    return next_slot(redemptions)
