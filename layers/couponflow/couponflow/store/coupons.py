"""Coupons: created with their code and quota shards in one transaction, changed by version."""

import dataclasses
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from couponflow.domain import codes, times
from couponflow.domain.errors import CodeTaken, CouponNotFound, VersionConflict
from couponflow.domain.models import ButtonBehavior, Coupon, RedeemPage
from couponflow.domain.opening_hours import OpeningWindow, Weekday
from couponflow.domain.own_end import ValidFor
from couponflow.domain.use_periods import PeriodLimit, PeriodUnit
from couponflow.store import idempotency, keys, quota_shards, redeem_pages
from couponflow.store.dynamodb import (
    ConditionFailedError,
    Item,
    Key,
    Table,
    Write,
    delete,
    put,
    update,
)
from couponflow.store.idempotency import Creation, IdempotencyKey, KeyUsedError
from couponflow.store.redeem_pages import PageChangedError
from couponflow.store.revisions import Seen

# Fields of a coupon and their new values; `last_change` names the change, so that a lost answer is
# recognised.
Changes = dict[str, Any]

# The coupon and its redeem page.
ITEMS_OF_A_COUPON = 2
ABSENT = "attribute_not_exists(pk)"
# A lost update is refused: a change names the version that its author saw, and makes the next one.
UNCHANGED_SINCE = "version = :seen"
# The rule of a redeem page is on the coupon too; the two never differ.
HAS_SAME_RULE = "button_behavior = :behavior"


class CouponStore:
    """Coupons, their codes and the creation of their shards."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, coupon: Coupon, key: IdempotencyKey | None = None) -> None:
        """Create the coupon, its code and its shards.

        A repetition with the same coupon changes nothing.

        Raises CodeTaken, KeyUsedError.
        """
        creation = Creation(coupon.coupon_id, coupon.created_at, coupon.code)
        claims = [idempotency.claim(key, creation)] if key else []
        code = keys.code(coupon.organisation_id, codes.canonical(coupon.code)) | {
            "coupon_id": coupon.coupon_id
        }
        writes = [
            *claims,
            put(code, ABSENT),
            put(_to_item(coupon), ABSENT),
            *quota_shards.first_shards(coupon),
        ]
        try:
            self._table.transact(writes)
        except ConditionFailedError as refused:
            # An earlier try's answer may have been lost: then the key and the code are of this very
            # coupon.
            if refused.index < len(claims):
                if not idempotency.is_claimed_by(refused.old, coupon.coupon_id):
                    raise KeyUsedError from refused
            elif refused.old is None or refused.old.get("coupon_id") != coupon.coupon_id:
                raise CodeTaken from refused

    def get(self, coupon_id: str, *, consistent: bool = True) -> Coupon:
        """Raises CouponNotFound."""
        item = self._table.get(keys.coupon(coupon_id), consistent=consistent)
        if item is None:
            raise CouponNotFound
        return _from_item(item)

    def get_with_page(
        self, coupon_id: str, *, consistent: bool = False
    ) -> tuple[Coupon, RedeemPage]:
        """The coupon and its redeem page in one read, which may be some milliseconds old.

        Raises CouponNotFound.
        """
        pk = {":pk": keys.coupon(coupon_id)["pk"]}
        # A coupon made a moment ago may be missing from an eventual read; only the strong one can
        # say so.
        for strongly in dict.fromkeys((consistent, True)):
            items = {
                item["sk"]: item
                for item in self._table.query(
                    "pk = :pk", pk, consistent=strongly, at_most=ITEMS_OF_A_COUPON
                )
            }
            if coupon := items.get(keys.coupon(coupon_id)["sk"]):
                return _from_item(coupon), redeem_pages.redeem_page_of(
                    items.get(keys.redeem_page(coupon_id)["sk"])
                )
        raise CouponNotFound

    def id_by_code(self, organisation_id: str, code: str) -> str | None:
        """Return the id of the coupon with this code in the organisation, or None."""
        return self._id_at(keys.code(organisation_id, codes.canonical(code)))

    def last_of_code(self, organisation_id: str, code: str) -> str | None:
        """Return the id of the coupon that was archived last with this code, or None."""
        return self._id_at(keys.last_of_code(organisation_id, codes.canonical(code)))

    def _id_at(self, place: Key) -> str | None:
        item = self._table.get(place, consistent=True)
        return item["coupon_id"] if item else None

    def list_page(self, organisation_id: str, before: str | None, at_most: int) -> list[Coupon]:
        """Return up to `at_most` coupons, newest first, after the place `before` (`place_of`)."""
        condition, values = "gpk = :gpk", {":gpk": keys.coupons_of(organisation_id)}
        if before:
            condition, values = f"{condition} AND gsk < :before", values | {":before": before}
        items = self._table.query(
            condition, values, index=keys.INDEX, newest_first=True, at_most=at_most
        )
        return [_from_item(item) for item in items]

    def change(self, seen: Coupon, changes: Changes, now: datetime) -> Coupon:
        """Raises VersionConflict."""
        try:
            self._table.update(change(seen, changes, now))
        except ConditionFailedError as refused:
            old = self._table.find_conflicting_item(refused, keys.coupon(seen.coupon_id))
            if made := own_earlier_attempt(old, seen, changes):
                return made
            raise version_conflict(old) from refused
        return apply_change(seen, changes, now)

    def archive(self, seen: Coupon, change_id: str, now: datetime) -> None:
        """Archive the coupon and free its code, which remembers it. Raises VersionConflict."""
        changes: Changes = {"archived_at": now, "last_change": change_id}
        canonical, own_id = codes.canonical(seen.code), {"coupon_id": seen.coupon_id}
        code = keys.code(seen.organisation_id, canonical)
        try:
            self._table.transact(
                [
                    change(seen, changes, now),
                    delete(code, "coupon_id = :id", {":id": seen.coupon_id}),
                    put(keys.last_of_code(seen.organisation_id, canonical) | own_id),
                ]
            )
        except ConditionFailedError as refused:
            raise VersionConflict from refused

    def save_page(
        self,
        seen: Coupon,
        page: RedeemPage,
        change_id: str,
        now: datetime,
        seen_pages: Seen = None,
    ) -> Coupon:
        """Save the redeem page, and its rule on the coupon, in one transaction.

        Returns the coupon, in its next version if the rule changed.

        Raises:
            VersionConflict: another change of the coupon came first.
            PageChangedError: the stored page is none of `seen_pages`.
        """
        behavior = page.redeem_button.behavior
        changes: Changes = {"button_behavior": behavior, "last_change": change_id}
        is_change = behavior != seen.button_behavior
        rule = change(seen, changes, now) if is_change else _hold_rule(seen)
        try:
            self._table.transact([rule, redeem_pages.save(seen.coupon_id, page, seen_pages)])
        except ConditionFailedError as refused:
            if refused.index > 0:
                raise PageChangedError(redeem_pages.redeem_page_of(refused.old)) from refused
            raise VersionConflict from refused
        return apply_change(seen, changes, now) if is_change else seen

    def mark_sold_out(self, coupon: Coupon) -> None:
        """Mark the coupon sold out, as proved at its count of raises: a raise outdates the mark."""
        mark = update(
            keys.coupon(coupon.coupon_id),
            "SET sold_out_at_raises = :raises",
            {":raises": coupon.raises},
            "raises = :raises",
        )
        with suppress(ConditionFailedError):  # a concurrent raise: it is no longer sold out
            self._table.update_once(mark)


def place_of(coupon: Coupon) -> str:
    """Return the position of the coupon in its organisation's list."""
    return keys.coupon_order(times.format_utc(coupon.created_at), coupon.coupon_id)


def change(seen: Coupon, changes: Changes, now: datetime, *, is_raise: bool = False) -> Write:
    """The next version of a coupon as one write; None removes a value.

    A raise is counted in `raises`. The counter is added to, never set, because other writes may
    count one under the same version: a value that was read before would take theirs back.
    """
    values = _stored(changes | {"version": seen.version + 1, "updated_at": now})
    given = [name for name, value in values.items() if value is not None]
    taken = [name for name, value in values.items() if value is None]
    counted = ", raises = raises + :one" if is_raise else ""
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in given) + counted
    if taken:
        expression += " REMOVE " + ", ".join(f"#{name}" for name in taken)
    one = {":one": 1} if is_raise else {}
    return update(
        keys.coupon(seen.coupon_id),
        expression,
        {f":{name}": values[name] for name in given} | {":seen": seen.version} | one,
        UNCHANGED_SINCE,
        {f"#{name}": name for name in values},
    )


def _hold_rule(seen: Coupon) -> Write:
    """Keep the page's rule as it was seen, against a concurrent save of the other rule."""
    return update(
        keys.coupon(seen.coupon_id),
        "SET button_behavior = :behavior",
        {":behavior": seen.button_behavior},
        HAS_SAME_RULE,
    )


def apply_change(
    seen: Coupon, changes: Changes, now: datetime, *, is_raise: bool = False
) -> Coupon:
    """The coupon after `change`; its `raises` may be more by now."""
    next_version = changes | {"version": seen.version + 1, "updated_at": now}
    return replace(seen, **next_version, raises=seen.raises + is_raise)


def own_earlier_attempt(old: Item | None, seen: Coupon, changes: Changes) -> Coupon | None:
    """Return the coupon as an earlier try of this change left it; None after another change."""
    is_it = (
        old is not None
        and old["version"] == seen.version + 1
        and old.get("last_change") == changes["last_change"]
    )
    return _from_item(old) if old is not None and is_it else None


def version_conflict(old: Item | None) -> VersionConflict:
    """Return the refusal of a change of an outdated version. It carries the current version."""
    return VersionConflict(version=old["version"]) if old else VersionConflict()


def _stored(changes: Changes) -> Item:
    return {name: _to_value(value) for name, value in changes.items()}


def _to_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return times.format_utc(value)
    if isinstance(value, tuple):
        return [_to_value(each) for each in value]
    return dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value  # type: ignore[arg-type]


def _to_item(coupon: Coupon) -> Item:
    fields = {field.name: getattr(coupon, field.name) for field in dataclasses.fields(coupon)}
    listing = {"gpk": keys.coupons_of(coupon.organisation_id), "gsk": place_of(coupon)}
    return keys.coupon(coupon.coupon_id) | listing | _stored(fields)


_TIMES = {
    "starts_at",
    "ends_at",
    "created_at",
    "updated_at",
    "archived_at",
    "numbered_since",
    "links_since",
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "button_behavior": ButtonBehavior,
    "hours": lambda stored: tuple(map(_window_of, stored)),
    "valid_for": lambda stored: ValidFor(**stored),
    "period_limit": lambda stored: PeriodLimit(stored["uses"], PeriodUnit(stored["per"])),
    **dict.fromkeys(_TIMES, times.parse_utc),
}
_NOT_OF_THE_COUPON = {"pk", "sk", "gpk", "gsk"}


def _from_item(item: Item) -> Coupon:
    values = {name: value for name, value in item.items() if name not in _NOT_OF_THE_COUPON}
    values |= {name: _READERS[name](values[name]) for name in _READERS.keys() & values.keys()}
    return Coupon(**{"max_redemptions_per_customer": None} | values)


def _window_of(stored: Item) -> OpeningWindow:
    return OpeningWindow(tuple(map(Weekday, stored["days"])), stored["from_"], stored["until"])
