"""Use cases of marketers: create, change, list and archive coupons, and save their redeem pages."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from couponflow.domain import codes, links, rules, texts, times
from couponflow.domain.errors import (
    AddonDisabled,
    CodeTaken,
    CouponArchived,
    CouponNotFound,
    LimitBelowUsed,
    ValidationFailed,
    VersionConflict,
)
from couponflow.domain.models import Counts, Coupon, CouponStatus, RedeemPage
from couponflow.domain.opening_hours import OpeningWindow
from couponflow.domain.own_end import ValidFor
from couponflow.domain.use_periods import PeriodLimit
from couponflow.services.sold_out import SoldOut
from couponflow.store import coupons as coupon_items
from couponflow.store import quota_shards as quota_items
from couponflow.store import revisions
from couponflow.store.backoff import Backoff
from couponflow.store.coupons import Changes, CouponStore
from couponflow.store.dynamodb import ContentionError, UnknownResultError
from couponflow.store.idempotency import Creation, IdempotencyKey
from couponflow.store.limit_changes import LimitChangeStore
from couponflow.store.quota_shards import QuotaShardStore
from couponflow.store.redeem_pages import PageChangedError, RedeemPageStore
from couponflow.store.revisions import Seen
from couponflow.store.statistics import StatisticsStore
from couponflow.store.terms_cache import SECONDS_TO_FOLLOW, TermsCache

RECORD_BUCKETS = 4
# Fields for which the customer's uses are counted.
_COUNTS_USES = {"max_redemptions_per_customer", "period_limit"}
# A change is retried on a busy coupon for this long, well within the function's timeout.
SECONDS_FOR_A_CHANGE = 10
# A search through very many coupons continues in the next call, before the function's timeout.
MOST_PAGES_SEARCHED, SEARCHED_AT_ONCE = 10, 100


@dataclass(frozen=True, slots=True)
class NewCoupon:
    """The fields of a coupon to be created; without a code, one is generated."""

    name: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    code: str | None
    max_redemptions: int | None
    max_redemptions_per_customer: int | None
    active: bool
    hours: tuple[OpeningWindow, ...] | None = None
    valid_for: ValidFor | None = None
    period_limit: PeriodLimit | None = None


@dataclass(frozen=True, slots=True)
class CouponWithCounts:
    """A coupon with its used and remaining units, and how often it was distributed."""

    coupon: Coupon
    counts: Counts
    times_distributed: int = 0

    def status(self, now: datetime) -> CouponStatus:
        """The status at `now`."""
        return rules.status(self.coupon, self.counts.remaining, now)


@dataclass(frozen=True, slots=True)
class SavedPage:
    """A redeem page as it was saved, and its coupon, in its next version if the rule changed."""

    coupon: Coupon
    page: RedeemPage


class CouponService:
    """Creates, changes, archives and lists the coupons of organisations."""

    def __init__(
        self,
        terms: TermsCache,
        coupons: CouponStore,
        pages: RedeemPageStore,
        quotas: QuotaShardStore,
        limits: LimitChangeStore,
        sold_out: SoldOut,
        statistics: StatisticsStore,
        most_shards: int,
        backoff: Callable[[], Backoff] = lambda: Backoff(SECONDS_FOR_A_CHANGE),
        timer: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._terms, self._coupons, self._pages = terms, coupons, pages
        self._quotas, self._limits = quotas, limits
        self._sold_out, self._most_shards = sold_out, most_shards
        self._backoff, self._pause = backoff, pause
        self._statistics = statistics
        self._timer = timer

    def require_addon(self, organisation_id: str) -> None:
        """Raises AddonDisabled."""
        if not self._terms.has_addon(organisation_id):
            raise AddonDisabled

    def create(
        self,
        organisation_id: str,
        new: NewCoupon,
        now: datetime,
        key: IdempotencyKey | None = None,
    ) -> CouponWithCounts:
        """Create a coupon.

        Raises CodeTaken, ValidationFailed, KeyUsedError.
        """
        check_period(new.starts_at, new.ends_at)
        check_period_limit(new.period_limit, new.max_redemptions_per_customer)
        # Read before anything is written: a later failure would hide the creation.
        code_before = self._code_before(organisation_id, new.code)
        while True:
            code = new.code or codes.generate()
            coupon = replace(
                self._new_coupon(organisation_id, new, links.new_id(), code, now),
                code_before=code_before,
            )
            try:
                self._create(coupon, key, self._backoff())
            except CodeTaken:
                if new.code:
                    raise
            else:
                # A new coupon has no uses, so none are read: a failed read would hide its creation.
                return CouponWithCounts(coupon, Counts(0, coupon.units))

    def describe_creation(
        self, organisation_id: str, new: NewCoupon, made: Creation
    ) -> CouponWithCounts:
        """Return the coupon as an earlier request with the same body created it. Reads nothing."""
        code = made.code or new.code or ""
        coupon = self._new_coupon(organisation_id, new, made.resource_id, code, made.created_at)
        return CouponWithCounts(coupon, Counts(0, coupon.units))

    def get(self, organisation_id: str, coupon_id: str) -> CouponWithCounts:
        """Raises CouponNotFound, also for a coupon of another organisation."""
        return self._with_counts(self.coupon(organisation_id, coupon_id))

    def list_page(
        self,
        organisation_id: str,
        status: CouponStatus | None,
        text: str,
        before: str | None,
        at_most: int,
        now: datetime,
    ) -> tuple[list[CouponWithCounts], str | None]:
        """Return up to `at_most` coupons after the place `before`, newest first.

        Also returns the place of the next page, or None at the end. Archived coupons are listed
        only by that `status`. A rare `text` or `status` may need several calls, some of them
        without coupons.
        """
        self.require_addon(organisation_id)
        found, place = self._search(organisation_id, status, text, before, at_most, now)
        return self._with_distributions(found), place

    def change(
        self,
        organisation_id: str,
        coupon_id: str,
        version: int,
        changes: Changes,
        now: datetime,
        idempotency_key: str | None = None,
    ) -> CouponWithCounts:
        """Make the next version of a coupon: fields and their new values.

        When this returns, no use by older rules can be made, and after a raise no environment says
        that all uses are taken. A repetition of the last change, made
        on the same version, finishes what an earlier request began.

        Raises:
            CouponNotFound: also for a coupon of another organisation.
            CouponArchived: an archived coupon can't be changed.
            VersionConflict: another change was made since that version.
            LimitBelowUsed: nothing is changed, or the limit that it names was reached.
            TryAgain: the coupon was busy until the backoff ended.
        """
        request_hash = revisions.hash_request(version, sorted(changes.items()), idempotency_key)
        coupon = self.coupon(organisation_id, coupon_id)
        if coupon.archived_at is not None:
            raise CouponArchived
        is_repetition = coupon.version > version and revisions.is_save_of(
            coupon.last_change, request_hash
        )
        if coupon.version != version and not is_repetition:
            raise VersionConflict(version=coupon.version)
        if not is_repetition:
            changes |= _moved_period(coupon, changes)
        check_period(
            changes.get("starts_at", coupon.starts_at), changes.get("ends_at", coupon.ends_at)
        )
        changed = replace(coupon, **{name: changes[name] for name in _COUNTS_USES & changes.keys()})
        check_period_limit(changed.period_limit, changed.max_redemptions_per_customer)
        if changed.has_numbered_uses and not coupon.has_numbered_uses:
            changes["numbered_since"] = now
        target = self._target(coupon, changes.pop("max_redemptions", coupon.max_redemptions))
        # The hash recognises a repetition by a later request; the id recognises only this request's
        # own lost answers.
        last_change: Changes = {"last_change": revisions.new_revision(request_hash)}
        # The first step of the earlier request made all changes but the rest of the limit's.
        changes, backoff = last_change if is_repetition else changes | last_change, self._backoff()
        # The earlier request of a repetition may have raised the limit and ended before it waited.
        may_be_raise = target > coupon.units or is_repetition
        if target != coupon.units:
            coupon = self._move_limit(coupon, target, changes, now, backoff)
        elif not is_repetition:
            coupon = self._coupons.change(coupon, changes, now)
        self._fence_shards(coupon, backoff)
        if may_be_raise:
            self._wait_for_followers()
        campaign = self._with_counts(coupon)
        if coupon.units != target:
            raise _below_used(coupon, campaign.counts.used)
        if not campaign.counts.remaining:
            self._sold_out.prove(coupon)
        return campaign

    def archive(self, organisation_id: str, coupon_id: str, now: datetime) -> None:
        """Archive a coupon permanently: its links lead to the neutral page, its code is free again.

        Repeated, it changes nothing.

        Raises:
            CouponNotFound: also for a coupon of another organisation.
            TryAgain: the coupon was busy until the backoff ended.
        """
        backoff = self._backoff()
        while (coupon := self.coupon(organisation_id, coupon_id)).archived_at is None:
            try:
                self._coupons.archive(coupon, links.new_id(), now)
            except (VersionConflict, ContentionError, UnknownResultError):
                backoff.wait_or_raise()
        self._fence_shards(coupon, backoff)

    def void_open_calls(self, coupon_id: str, now: datetime) -> None:
        """Void every use beside the numbers that was permitted before now and is not written yet.

        Where customers have no limit, that takes a new version. Else only rules of an older
        version permit such a use; a change that crashed may not have fenced them.

        Raises:
            TryAgain: the coupon was busy until the backoff ended.
        """
        backoff, change_id = self._backoff(), links.new_id()
        coupon = self._coupons.get(coupon_id)
        while coupon.max_redemptions_per_customer is None and coupon.last_change != change_id:
            try:
                coupon = self._coupons.change(coupon, {"last_change": change_id}, now)
            except (VersionConflict, ContentionError, UnknownResultError):
                backoff.wait_or_raise()
                coupon = self._coupons.get(coupon_id)
        self._fence_shards(coupon, backoff)

    def rotate_links(
        self, organisation_id: str, coupon_id: str, older_than: datetime, now: datetime
    ) -> Coupon:
        """Give a coupon a new link secret, unless it has one since `older_than`.

        When this returns, no use can be made by a link of the old secret. Customers keep their
        uses: the next distribution sends them a new link.

        Raises:
            CouponNotFound: also for a coupon of another organisation.
            TryAgain: the coupon was busy until the backoff ended.
        """
        backoff, change_id = self._backoff(), links.new_id()
        secret = links.new_secret()
        while (coupon := self._owned(organisation_id, coupon_id)).linked_at < older_than:
            changes: Changes = {
                "link_secret": secret,
                "links_since": now,
                "last_change": change_id,
            }
            try:
                self._coupons.change(coupon, changes, now)
            except (VersionConflict, ContentionError, UnknownResultError):
                backoff.wait_or_raise()
        self._fence_shards(coupon, backoff)
        return coupon

    def rotate_all_links(
        self, organisation_id: str, older_than: datetime, after: str | None, now: datetime
    ) -> tuple[int, str | None]:
        """Rotate the links of up to a hundred coupons after a place, archived ones too.

        Returns the number of coupons looked at, and the place where the next call goes on; None at
        the end.
        """
        ends_at, place = self._timer() + SECONDS_FOR_A_CHANGE, after
        coupons = self._coupons.list_page(organisation_id, after, SEARCHED_AT_ONCE)
        for done, coupon in enumerate(coupons):
            if done and self._timer() > ends_at:
                return done, place
            self.rotate_links(organisation_id, coupon.coupon_id, older_than, now)
            place = coupon_items.place_of(coupon)
        return len(coupons), place if len(coupons) == SEARCHED_AT_ONCE else None

    def page(self, organisation_id: str, coupon_id: str) -> RedeemPage:
        """The redeem page of a coupon. Raises AddonDisabled, CouponNotFound."""
        self.coupon(organisation_id, coupon_id)
        return self._pages.get(coupon_id)

    def save_page(
        self,
        organisation_id: str,
        coupon_id: str,
        page: RedeemPage,
        now: datetime,
        seen: Seen = None,
        idempotency_key: str | None = None,
    ) -> SavedPage:
        """Save the redeem page; when this returns, no tap that it does not offer is redeemed.

        With `seen`, a repetition of the last save changes nothing and is answered like the first.

        Raises:
            CouponNotFound: also for a coupon of another organisation.
            CouponArchived: an archived coupon can't be changed.
            VersionConflict: the page was saved since the author saw it.
            TryAgain: the coupon was busy until the backoff ended.
        """
        request_hash = revisions.hash_request(asdict(page), seen, idempotency_key)
        change_id, backoff = revisions.new_revision(request_hash), self._backoff()
        page = replace(page, revision=change_id)
        while (coupon := self.coupon(organisation_id, coupon_id)).last_change != change_id:
            if coupon.archived_at is not None:
                raise CouponArchived
            try:
                coupon = self._coupons.save_page(coupon, page, change_id, now, seen)
                break
            except PageChangedError as changed:
                if not revisions.is_save_of(changed.page.revision, request_hash):
                    raise VersionConflict from changed
                page = changed.page
                break
            except (VersionConflict, ContentionError, UnknownResultError):
                backoff.wait_or_raise()
        self._fence_shards(coupon, backoff)
        return SavedPage(coupon, page)

    def coupon(self, organisation_id: str, coupon_id: str) -> Coupon:
        """Raises AddonDisabled; CouponNotFound, also for a coupon of another organisation."""
        self.require_addon(organisation_id)
        return self._owned(organisation_id, coupon_id)

    def _owned(self, organisation_id: str, coupon_id: str) -> Coupon:
        coupon = self._coupons.get(coupon_id) if links.is_id(coupon_id) else None
        if coupon is None or coupon.organisation_id != organisation_id:
            raise CouponNotFound
        return coupon

    def _new_coupon(
        self, organisation_id: str, new: NewCoupon, coupon_id: str, code: str, created_at: datetime
    ) -> Coupon:
        shards = rules.shards_for(new.max_redemptions, self._most_shards)
        return Coupon(
            coupon_id=coupon_id,
            organisation_id=organisation_id,
            code=code,
            name=new.name,
            starts_at=new.starts_at,
            ends_at=new.ends_at,
            timezone=new.timezone,
            max_redemptions_per_customer=new.max_redemptions_per_customer,
            active=new.active,
            units=quota_items.units_for(new.max_redemptions, shards),
            shards=shards,
            record_buckets=RECORD_BUCKETS,
            holder_secret=links.new_secret(),
            link_secret=links.new_secret(),
            created_at=created_at,
            updated_at=created_at,
            hours=new.hours,
            valid_for=new.valid_for,
            period_limit=new.period_limit,
        )

    def _code_before(self, organisation_id: str, code: str | None) -> str | None:
        """Return the coupon that has the code now, and must be archived first, or had it last."""
        if code is None:  # a generated code is new
            return None
        holder = self._coupons.id_by_code(organisation_id, code)
        return holder or self._coupons.last_of_code(organisation_id, code)

    def _wait_for_followers(self) -> None:
        """Wait until no environment refuses by what it confirmed before this change."""
        self._pause(SECONDS_TO_FOLLOW)

    def _create(self, coupon: Coupon, key: IdempotencyKey | None, backoff: Backoff) -> None:
        while True:
            try:
                return self._coupons.create(coupon, key)
            except (ContentionError, UnknownResultError):
                backoff.wait_or_raise()

    def _search(
        self,
        organisation_id: str,
        status: CouponStatus | None,
        text: str,
        before: str | None,
        at_most: int,
        now: datetime,
    ) -> tuple[list[CouponWithCounts], str | None]:
        """Return coupons and the place of the next page, as `list_page`."""
        found: list[CouponWithCounts] = []
        page_length = SEARCHED_AT_ONCE if status or text else at_most
        for _ in range(MOST_PAGES_SEARCHED):
            coupons = self._coupons.list_page(organisation_id, before, page_length)
            counts = self._quotas.counts(coupons, consistent=False)
            for coupon in coupons:
                campaign, before = (
                    CouponWithCounts(coupon, counts[coupon.coupon_id]),
                    coupon_items.place_of(coupon),
                )
                is_wanted = campaign.status(now) is status if status else coupon.archived_at is None
                if is_wanted and _matches(coupon, text):
                    found.append(campaign)
                if len(found) == at_most:
                    return found, before
            if len(coupons) < page_length:
                return found, None
        return found, before

    def _with_counts(self, coupon: Coupon) -> CouponWithCounts:
        counts = self._quotas.counts([coupon])[coupon.coupon_id]
        return self._with_distributions([CouponWithCounts(coupon, counts)])[0]

    def _with_distributions(self, campaigns: list[CouponWithCounts]) -> list[CouponWithCounts]:
        ids = [campaign.coupon.coupon_id for campaign in campaigns]
        distributed = self._statistics.times_distributed(ids)
        return [
            replace(campaign, times_distributed=distributed[campaign.coupon.coupon_id])
            for campaign in campaigns
        ]

    def _target(self, coupon: Coupon, max_redemptions: int | None) -> int:
        """Units of the coupon with that limit.

        Not the limits are compared, but the units: a raise to "no limit" reads as done after its
        first step, while most shards still lack their share.
        """
        shards = max(coupon.shards, rules.shards_for(max_redemptions, self._most_shards))
        return quota_items.units_for(max_redemptions, shards)

    def _move_limit(
        self, coupon: Coupon, target: int, changes: Changes, now: datetime, backoff: Backoff
    ) -> Coupon:
        if target > coupon.units:
            return self._limits.raise_to(coupon, target, self._most_shards, changes, now, backoff)
        used = self._quotas.counts([coupon])[coupon.coupon_id].used
        if target < used:
            raise _below_used(coupon, used)
        return self._limits.lower(coupon, target, changes, now, backoff)

    def _fence_shards(self, coupon: Coupon, backoff: Backoff) -> None:
        """Give each shard the coupon's version, after every change, whatever it changed.

        An earlier change may have crashed before it did so. These are single writes, each retried:
        one transaction over all shards would starve on a busy coupon.

        Raises:
            TryAgain: a shard was busy until the backoff ended.
        """
        for shard in range(coupon.shards):
            while not self._try_fence(coupon, shard):
                backoff.wait_or_raise()

    def _try_fence(self, coupon: Coupon, shard: int) -> bool:
        """Return whether the shard has the coupon's version now."""
        try:
            self._quotas.fence(coupon, shard)
        except (ContentionError, UnknownResultError):
            return False
        return True


def check_period(starts_at: datetime, ends_at: datetime) -> None:
    """Raises ValidationFailed."""
    if ends_at <= starts_at:
        raise ValidationFailed.for_field("ends_at", "must be later than starts_at")


def check_period_limit(limit: PeriodLimit | None, max_per_customer: int | None) -> None:
    """Raises ValidationFailed."""
    if limit is not None and max_per_customer is not None and limit.uses > max_per_customer:
        raise ValidationFailed.for_field(
            "period_limit.uses", "must be at most max_redemptions_per_customer"
        )


def _moved_period(coupon: Coupon, changes: Changes) -> Changes:
    """Return the ends of the period that a change of the time zone moves.

    Those that the change does not set keep their local date and time.

    Raises ValidationFailed.
    """
    timezone = changes.get("timezone", coupon.timezone)
    moved: Changes = {}
    for field in ("starts_at", "ends_at") if timezone != coupon.timezone else ():
        if field not in changes:
            try:
                moved[field] = times.move_to_zone(getattr(coupon, field), coupon.timezone, timezone)
            except ValueError as wrong:
                raise ValidationFailed.for_field(field, str(wrong)) from None
    return moved


def _below_used(coupon: Coupon, used: int) -> LimitBelowUsed:
    return LimitBelowUsed(times_redeemed=used, max_redemptions=coupon.max_redemptions)


def _matches(coupon: Coupon, text: str) -> bool:
    """Whether the name or the code has the text in it, in any case and Unicode form; codes as
    customers may write them.
    """
    wanted = texts.fold(text)
    canonical = codes.canonical(wanted.replace(" ", ""))
    return (
        not wanted
        or wanted in texts.fold(coupon.name)
        or wanted in texts.fold(coupon.code)
        or (bool(canonical) and canonical in codes.canonical(coupon.code))
    )
