"""The main flow: distribute a coupon to a customer, open its link, redeem it by link or at
a till.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from couponflow import observability
from couponflow.domain import codes, links, rules
from couponflow.domain.errors import (
    AddonDisabled,
    CouponflowError,
    CouponMaxUsesReached,
    CouponNotFound,
    Refusal,
    TryAgain,
    UseOutOfOrder,
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

Result = TypeVar("Result")

# A request is answered "try again" if the coupon changes this often while its use is being made.
MOST_CHANGES = 8
# A repetition by code is looked for on this many coupons that had the code before.
MOST_EARLIER = 10
# A period limit that is set later counts this many uses that tills made beside the numbers.
MOST_UNNUMBERED = 100


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
        self,
        organisation_id: str,
        *,
        coupon_id: str | None = None,
        code: str | None = None,
        look_again: bool = False,
    ) -> Terms:
        """Return a coupon of the organisation, by id or code.

        `look_again` reads the code instead of taking it from the cache.

        Raises:
            CouponNotFound: also for a coupon of another organisation.
            AddonDisabled: the organisation has no coupon add-on.
        """
        if not self._terms.has_addon(organisation_id):
            raise AddonDisabled
        if coupon_id is not None:
            terms = self._terms.get(coupon_id) if links.is_id(coupon_id) else None
        else:
            is_code = code is not None and codes.is_code(code)
            terms = (
                self._terms.get_by_code(organisation_id, code, look_again=look_again)
                if code and is_code
                else None
            )
        if terms is None or terms.coupon.organisation_id != organisation_id:
            raise CouponNotFound
        return terms

    def with_coupon(
        self,
        organisation_id: str,
        use_case: Callable[[Coupon], Result],
        *,
        coupon_id: str | None = None,
        code: str | None = None,
    ) -> Result:
        """Return the result of the use case on the coupon with that id or code.

        If the coupon of a code is gone, the code is read again: another coupon may have it now.

        Raises the errors of `find_coupon` and of the use case.
        """
        coupon = self.find_coupon(organisation_id, coupon_id=coupon_id, code=code).coupon
        try:
            return use_case(coupon)
        except CouponNotFound:
            if coupon_id is not None:
                raise
            heir = self.find_coupon(organisation_id, code=code, look_again=True).coupon
            if heir.coupon_id == coupon.coupon_id:
                raise
            return use_case(heir)

    def distribute(
        self, coupon: Coupon, customer_id: str, inbox_id: str | None, now: datetime
    ) -> DistributionResult:
        """Give the customer (a canonical id) a link to their next use; repeated, return the same
        one.

        Raises:
            Refusal: the coupon can't be distributed, and why.
        """
        holder = links.derive_holder(coupon, customer_id)
        observability.set_customer(holder.coupon_id, holder.mac)
        for _ in range(MOST_CHANGES):
            try:
                return self._distribute(coupon, holder, customer_id, inbox_id, now)
            except Refusal as refusal:
                coupon = self._changed_coupon(coupon, refusal)
        raise TryAgain

    def open_link(self, token: str, now: datetime, *, look_again: bool = False) -> OpenedLink:
        """Return what the customer of this link sees; writes nothing.

        `look_again` reads the terms instead of taking them from the cache, up to two seconds old.

        Raises:
            CouponNotFound: the link is not one of ours, or its coupon is archived.
        """
        coupon, page, holder = self._coupon_and_holder(token, look_again=look_again)
        run = (
            run_sequential if self._terms.is_remembered(coupon.organisation_id) else self._read_all
        )
        redemptions, organisation, is_sold_out = run(
            lambda: self._uses(coupon, holder, now),
            lambda: self._terms.organisation(coupon.organisation_id),
            lambda: self._sold_out.check(coupon, marks=False),
        )
        if (
            not redemptions
            or _are_erased(redemptions)
            or not (organisation.addon_enabled or self._terms.has_addon(coupon.organisation_id))
        ):
            raise CouponNotFound
        return OpenedLink(Terms(coupon, page, organisation), holder, redemptions, is_sold_out)

    def is_own_link(self, path: str) -> bool:
        """Whether the link in a path was made by this service, whatever became of its coupon.

        Costs no read if the coupon's terms are cached.
        """
        token = links.recover_token(path)
        coupon_id = links.read_coupon_id(token) if token else None
        if token is None or coupon_id is None or self._terms.is_missing(coupon_id):
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

    def confirm_link(self, opened: OpenedLink, *, is_sold_out: bool) -> OpenedLink:
        """Return the link as it is now, before its page says that the coupon can't be used.

        `is_sold_out`: the page would say that all uses are taken.

        Raises:
            CouponNotFound: the coupon is archived.
        """
        coupon = opened.terms.coupon
        fresh = self._terms.confirm(coupon) if is_sold_out else self._terms.read_again(coupon)
        if fresh.has_terms_of(coupon):
            return opened
        if fresh.archived_at:
            raise CouponNotFound
        return replace(
            opened,
            terms=replace(opened.terms, coupon=fresh),
            is_sold_out=self._sold_out.is_known(fresh),
        )

    def redeem_by_link(self, token: str, number: int, now: datetime) -> RedemptionResult:
        """Use the coupon for the `number`-th time; repeated, return the same redemption.

        Raises:
            CouponNotFound: the link is not one of ours, or was never distributed.
            RedeemNotOffered: the page has no redeem button.
            UseOutOfOrder: the use before this one is still open.
            Refusal: the coupon can't be used, and why.
            TryAgain: too busy; the same request may be sent again.
        """
        coupon, _, holder = self._coupon_and_holder(token)
        if not self._terms.has_addon(coupon.organisation_id):
            raise CouponNotFound
        use, call = Use(holder, keys.slot(number), links.new_id()), self._redeemer.begin()
        for _ in range(MOST_CHANGES):
            try:
                permit = self._permit_first(coupon, now, by_link=True) if number == 1 else None
                if permit is None:
                    self._redeemer.fence_unnumbered_uses(coupon)
                    uses = self._uses(coupon, holder, now)
                    if _are_erased(uses):
                        raise CouponNotFound
                    use = _next_use(self._with_slot(uses, holder, use.slot), use, number)
                    permit = self._permit(coupon, uses, now, by_link=True)
                return self._redeemer.redeem(permit, use, now, call)
            except UseTakenError as taken:
                if taken.redemption.is_closed:
                    raise CouponNotFound from taken
                return call.result(taken.redemption, use.attempt)
            except NeverDistributedError as error:
                raise CouponNotFound from error
            except TermsChangedError as changed:
                coupon = changed.coupon or self._terms.refresh(coupon.coupon_id)[0]
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

        def use(slot: str, uses: list[Redemption]) -> Use:
            claims = (
                keys.attempt_slot(attempt)
                if idempotency_key and _needs_attempt_claim(slot)
                else None
            )
            received_at = rules.last_received(uses)
            return Use(holder, slot, attempt, True, customer_id, inbox_id, claims, received_at)

        call, changes, may_be_first = self._redeemer.begin(), 0, True
        tried, uses = set[str](), list[Redemption]()
        while changes < MOST_CHANGES:
            try:
                permit = self._permit_first(coupon, now) if may_be_first else None
                slot, uses, may_be_first = keys.FIRST_SLOT, [], False
                if permit is None:
                    self._redeemer.fence_unnumbered_uses(coupon)
                    uses = self._uses(coupon, holder, now)
                    if made := self._made_by(attempt, coupon, holder, uses, tried):
                        return call.result(made, attempt)
                    permit, slot = (
                        self._permit(coupon, uses, now),
                        _till_slot(coupon, uses, attempt),
                    )
                tried.add(slot)
                return self._redeemer.redeem(permit, use(slot, uses), now, call)
            except (UseTakenError, AttemptClaimedError):
                continue  # another request made this very use: the next one is to be tried
            except TermsChangedError as changed:
                coupon = changed.coupon or self._terms.refresh(coupon.coupon_id)[0]
                changes += 1
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

        def redeem(coupon: Coupon) -> RedemptionResult:
            made = self._find_earlier(coupon.code_before, customer_id, idempotency_key, now)
            return made or self.redeem_at_till(coupon, customer_id, inbox_id, idempotency_key, now)

        try:
            return self.with_coupon(organisation_id, redeem, code=code)
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
            if made := self._made_by(attempt, coupon, holder, uses, set()):
                return RedemptionResult(made, repeated=True)
            coupon_id = coupon.code_before
        return None

    def _distribute(
        self,
        coupon: Coupon,
        holder: Holder,
        customer_id: str,
        inbox_id: str | None,
        now: datetime,
    ) -> DistributionResult:
        """Raises Refusal: by the rules of this coupon, which may be outdated."""
        if refusal := rules.distribution_refusal(coupon, (), now):
            raise refusal
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

    def _coupon_and_holder(
        self, token: str, *, look_again: bool = False
    ) -> tuple[Coupon, RedeemPage, Holder]:
        """Return what the link is for.

        Raises:
            CouponNotFound: the link is not one of ours, or its coupon is archived.
        """
        coupon_id = links.read_coupon_id(token)
        if coupon_id is None:
            raise CouponNotFound
        read = self._terms.refresh if look_again else self._terms.get_coupon_and_page
        coupon, page = read(coupon_id)
        holder = links.read_holder(token, coupon)
        if holder is None:
            # Made-up links come by the thousand, so the cached coupon is not read for each of them.
            coupon = self._terms.confirm(coupon)
            holder = links.read_holder(token, coupon)
        if holder is None:
            raise CouponNotFound
        if coupon.archived_at:
            coupon = self._terms.read_again(coupon)
        if coupon.archived_at:
            raise CouponNotFound
        observability.set_customer(holder.coupon_id, holder.mac)
        return coupon, page, holder

    def _uses(self, coupon: Coupon, holder: Holder, now: datetime) -> list[Redemption]:
        """Read as many of the customer's newest redemptions as the rules and the page need,
        strongly: numbered ones first, in order.

        Where no rule counts them, uses that tills made beside the numbers are left out. The limits
        of the coupon bound the reads, whatever the customer used before.
        """
        limit, newest = coupon.max_redemptions_per_customer, rules.newest_uses_needed(coupon)
        if limit is not None:
            return self._redemptions.list_within(holder, limit, newest)
        uses = self._redemptions.list_newest(holder, newest)
        if rules.has_uses_without_number(coupon, now):
            uses += self._redemptions.list_unnumbered(holder, MOST_UNNUMBERED)
        return uses

    def _with_slot(self, uses: list[Redemption], holder: Holder, slot: str) -> list[Redemption]:
        """Return the uses and the one in the slot, which may be older than they are."""
        if slot >= keys.slot(rules.lowest_number(uses)):
            return uses
        made = self._redemptions.get(holder, slot)
        return uses if made is None else [made, *uses]

    def _made_by(
        self,
        attempt: str,
        coupon: Coupon,
        holder: Holder,
        uses: list[Redemption],
        tried: set[str],
    ) -> Redemption | None:
        """Return the redemption that the attempt made earlier, if there is one.

        It is among the newest `uses`, in the attempt's own slot, or in a slot that it does not
        claim: the first one, or one that this call `tried`.
        """
        made = next((use for use in uses if use.attempt == attempt), None)
        lacks_some = rules.lowest_number(uses) > 1
        left = rules.uses_left(coupon, uses)
        # Without a redeemed use, none was made beside the numbers.
        may_be_beside = left is None and any(use.is_redeemed for use in uses)
        if made is None and (may_be_beside or lacks_some or (left is not None and left <= 0)):
            made = self._redemptions.get(holder, keys.attempt_slot(attempt))
        if made is None and lacks_some:
            older = [self._redemptions.get(holder, slot) for slot in {keys.FIRST_SLOT, *tried}]
            made = next((use for use in older if use and use.attempt == attempt), None)
        return made

    def _changed_coupon(self, coupon: Coupon, refusal: CouponflowError) -> Coupon:
        """Return the coupon as it is now, if it changed since the refusal's coupon was read.

        Raises the refusal if it did not: then it is true, not a memory of the cache.
        """
        is_sold_out = isinstance(refusal, CouponMaxUsesReached)
        fresh = self._terms.confirm(coupon) if is_sold_out else self._terms.read_again(coupon)
        if fresh.has_terms_of(coupon):
            raise refusal
        return fresh

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
        if isinstance(permit, Permit) and not self._sold_out.is_known(coupon):
            return permit
        refusal = CouponMaxUsesReached() if isinstance(permit, Permit) else permit
        raise TermsChangedError(self._changed_coupon(coupon, refusal))


def _are_erased(uses: list[Redemption]) -> bool:
    """Return whether the customer was erased: links that they have lead nowhere."""
    return any(use.is_closed for use in uses)


def next_slot(uses: list[Redemption]) -> str:
    """Return the slot of the number after the last one that is redeemed, distributed or not."""
    return keys.slot(rules.next_number(uses))


def _next_use(redemptions: list[Redemption], use: Use, number: int) -> Use:
    """Return the use of that number, which needs the one before it to be redeemed.

    Without this look, anybody could redeem on a holder that was never distributed to.

    Raises:
        UseTakenError: it was made before.
        NeverDistributedError: a first use that the customer was not given.
        UseOutOfOrder: the use before it is still open.
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
        raise UseOutOfOrder.for_field("use", "is not the customer's next use")
    return replace(
        use,
        may_be_new=True,
        customer_id=before.customer_id,
        inbox_id=before.inbox_id,
        received_at=rules.last_received([before]),
    )


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
