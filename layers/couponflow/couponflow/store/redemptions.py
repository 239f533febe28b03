"""Redemptions: a customer's right to one use, and its record.

The items are the per-customer limit.
"""

from dataclasses import dataclass
from datetime import datetime

from couponflow.domain import rules, times
from couponflow.domain.links import redemption_id
from couponflow.domain.models import Coupon, Holder, QuotaShard, Redemption, RedemptionStatus
from couponflow.domain.rules import Permit
from couponflow.store import keys, quota_shards
from couponflow.store.dynamodb import ConditionFailedError, Item, Table, put, update

DISTRIBUTED, REDEEMED = RedemptionStatus.DISTRIBUTED, RedemptionStatus.REDEEMED
# Stored for the number that an erasure took: neither distributed nor redeemed, so that every later
# write of this number is refused.
ERASED = "erased"

# A use happens once: the second attempt finds it redeemed, by which attempt and when.
IS_UNUSED = "#status = :distributed"
# A till may make a redemption that was never distributed; a link alone must not.
IS_NEW_OR_UNUSED = f"attribute_not_exists(pk) OR {IS_UNUSED}"
IS_NEW = "attribute_not_exists(pk)"
# Nearly every customer has fewer items for a coupon: one read finds all of them.
FIRST_LOOK = 12
# Enough for all claims where they are less than 100.
MOST_PAGES_OF_CLAIMS = 10
# Writes of a use, in order: the redemption, the quota shard, and perhaps the attempt's claim.
SHARD = 1


@dataclass(frozen=True, slots=True)
class Use:
    """One use that a request wants to make: its slot and its attempt.

    `attempt` distinguishes a repeated request from another one. Where a repetition may choose
    another slot, every one of them also takes the slot `claims`, so that one succeeds. The customer
    is known where the redemption `may_be_new`, and when a flow gave them the coupon last.
    """

    holder: Holder
    slot: str
    attempt: str
    may_be_new: bool = False
    customer_id: str | None = None
    inbox_id: str | None = None
    claims: str | None = None
    received_at: datetime | None = None


class UseTakenError(Exception):
    """The use was made before, by this attempt or by another; nothing was written."""

    def __init__(self, redemption: Redemption) -> None:
        super().__init__()
        self.redemption = redemption


class NeverDistributedError(Exception):
    """The customer was never given this use, and a link alone does not make it."""


class AttemptClaimedError(Exception):
    """The attempt has made a use in another slot; nothing was written."""


class ShardRefusedError(Exception):
    """The quota shard has no room, or knows of a newer version; nothing was written."""

    def __init__(self, shard: QuotaShard) -> None:
        super().__init__()
        self.shard = shard


class RedemptionStore:
    """The redemptions of all customers."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def distribute(
        self,
        coupon: Coupon,
        holder: Holder,
        slot: str,
        customer_id: str,
        inbox_id: str | None,
        now: datetime,
    ) -> tuple[Redemption, bool]:
        """Give the customer the right to the use in `slot`.

        Returns the redemption in the slot, and whether this call made it.
        """
        at, id_ = times.format_utc(now), redemption_id(coupon, holder, slot)
        item = keys.redemption(holder, slot) | {
            "gpk": keys.records_of(coupon, holder, DISTRIBUTED),
            "gsk": keys.record_order(at, id_),
            "redemption_id": id_,
            "status": DISTRIBUTED,
            "customer_id": customer_id,
            "inbox_id": inbox_id,
            "distributed_at": at,
        }
        try:
            self._table.put(put(item, IS_NEW))
        except ConditionFailedError as exists:
            found = self._table.find_conflicting_item(exists, keys.redemption(holder, slot))
            assert found is not None, "the condition fails only on what exists"
            return redemption_of(found), False
        return redemption_of(item), True

    def use(self, permit: Permit, use: Use, shard: int, now: datetime) -> Redemption:
        """Make the use in one transaction with a unit of the quota shard.

        Raises:
            UseTakenError, NeverDistributedError, AttemptClaimedError: final for this slot.
            ShardRefusedError: another shard, or another look at the coupon, may help.
            ContentionError: nothing was written.
            UnknownResultError: the use may have been made.
        """
        coupon, at = permit.coupon, times.format_utc(now)
        id_ = redemption_id(coupon, use.holder, use.slot)
        values: Item = {
            ":redeemed": REDEEMED,
            ":distributed": DISTRIBUTED,
            ":now": at,
            ":attempt": use.attempt,
            ":shard": shard,
            ":gpk": keys.records_of(coupon, use.holder, REDEEMED),
            ":gsk": keys.record_order(at, id_),
        }
        expression = (
            "SET #status = :redeemed, redeemed_at = :now, attempt = :attempt"
            ", quota_shard = :shard, gpk = :gpk, gsk = :gsk"
        )
        if use.may_be_new:
            values |= {":id": id_, ":customer": use.customer_id}
            expression += (
                ", redemption_id = :id, customer_id = if_not_exists(customer_id, :customer)"
            )
            if use.inbox_id is not None:
                values[":inbox"] = use.inbox_id
                expression += ", inbox_id = if_not_exists(inbox_id, :inbox)"
            if use.received_at is not None:
                values[":received"] = times.format_utc(use.received_at)
                expression += ", received_at = :received"
        redeemed = update(
            keys.redemption(use.holder, use.slot),
            expression,
            values,
            IS_NEW_OR_UNUSED if use.may_be_new else IS_UNUSED,
            {"#status": "status"},
        )
        writes = [redeemed, quota_shards.redeem_unit(coupon, shard)]
        if use.claims is not None:
            claim = keys.redemption(use.holder, use.claims)
            writes.append(update(claim, "SET claimed_by = :slot", {":slot": use.slot}, IS_NEW))
        try:
            self._table.transact(writes)
        except ConditionFailedError as refused:
            raise _refusal_of(refused) from refused
        return Redemption(
            id_,
            use.holder,
            use.slot,
            REDEEMED,
            use.customer_id or "",
            use.inbox_id,
            None,
            times.parse_utc(at),
            use.attempt,
        )

    def list_newest(self, holder: Holder, at_most: int) -> list[Redemption]:
        """Read the customer's newest numbered redemptions, strongly, in the order of their numbers.

        Lower numbers are used. The uses that tills made beside the numbers are left out.
        """
        values = {":pk": keys.holder(holder), ":last": keys.LAST_SLOT}
        newest = self._table.query(
            "pk = :pk AND sk <= :last", values, consistent=True, newest_first=True, at_most=at_most
        )
        return list(map(redemption_of, reversed(newest)))

    def list_within(self, holder: Holder, limit: int, at_most: int) -> list[Redemption]:
        """Read as `list_newest`, and then the customer's uses without a number.

        Tills made those while no rule counted uses. Uses beyond the limit are left out: they are
        not needed to refuse another one. So the limit bounds the reads.
        """
        values = {":pk": keys.holder(holder)}
        found = self._table.query("pk = :pk", values, consistent=True, at_most=FIRST_LOOK)
        if len(found) < FIRST_LOOK:
            return [made for item in found if (made := _redemption_in(item))]
        numbered = self.list_newest(holder, at_most)
        left = limit - rules.count_redeemed(numbered)
        return [*numbered, *self.list_unnumbered(holder, left)]

    def list_unnumbered(self, holder: Holder, at_most: int) -> list[Redemption]:
        """Read uses without a number, strongly, in no order of time.

        They are among claims, each of a number that was used. A customer whose limit is not reached
        by the numbers has less than 100.
        """
        found: list[Redemption] = []
        after, page = keys.LAST_SLOT, at_most + FIRST_LOOK
        for _ in range(MOST_PAGES_OF_CLAIMS):
            if len(found) >= at_most:
                break
            items = self._table.query(
                "pk = :pk AND sk > :after",
                {":pk": keys.holder(holder), ":after": after},
                consistent=True,
                at_most=page,
            )
            found += [made for item in items if (made := _redemption_in(item))]
            if len(items) < page:
                break
            after = items[-1]["sk"]
        return found[:at_most]

    def list_slots(
        self, holder: Holder, before: str | None, at_most: int
    ) -> list[tuple[str, Redemption | None]]:
        """Read a page of the customer's slots, last slot first; None for a slot that is claimed."""
        values = {":pk": keys.holder(holder)}
        condition = "pk = :pk"
        if before is not None:
            condition, values = f"{condition} AND sk < :before", values | {":before": before}
        items = self._table.query(
            condition, values, consistent=True, newest_first=True, at_most=at_most
        )
        return [(item["sk"], _redemption_in(item)) for item in items]

    def close_row(
        self, coupon: Coupon, holder: Holder, slot: str, now: datetime, expires_at: datetime | None
    ) -> bool:
        """Take the customer's next number, so that no use can be made after it.

        Returns whether an erasure has it now; False: it was redeemed concurrently.
        """
        values: Item = {
            ":erased": ERASED,
            ":distributed": DISTRIBUTED,
            ":id": redemption_id(coupon, holder, slot),
            ":now": times.format_utc(now),
        }
        expression = "SET #status = :erased, redemption_id = :id, erased_at = :now"
        if expires_at:
            values[":expires"] = int(expires_at.timestamp())
            expression += ", expires_at = :expires"
        key = keys.redemption(holder, slot)
        try:
            self._table.update(
                update(key, expression, values, IS_NEW_OR_UNUSED, {"#status": "status"})
            )
        except ConditionFailedError as refused:
            found = self._table.find_conflicting_item(refused, key)
            return found is not None and found["status"] == ERASED
        return True

    def list_named(self, holder: Holder, after: str, at_most: int) -> tuple[list[str], str | None]:
        """Return the slots after `after` that have a name, and where the list goes on."""
        items = self._table.query(
            "pk = :pk AND sk > :after",
            {":pk": keys.holder(holder), ":after": after},
            consistent=True,
            at_most=at_most,
        )
        named = [item["sk"] for item in items if "customer_id" in item or "inbox_id" in item]
        return named, items[-1]["sk"] if len(items) == at_most else None

    def erase_names(self, holder: Holder, slot: str, now: datetime) -> None:
        """Remove the customer's id and inbox; status, times and attempt stay."""
        self._table.update(
            update(
                keys.redemption(holder, slot),
                "SET erased_at = if_not_exists(erased_at, :now) REMOVE customer_id, inbox_id",
                {":now": times.format_utc(now)},
                "attribute_exists(pk)",
            )
        )

    def get(self, holder: Holder, slot: str) -> Redemption | None:
        """Read the redemption in the slot, strongly; of a claimed slot, the one that claimed it."""
        item = self._table.get(keys.redemption(holder, slot), consistent=True)
        if item and "claimed_by" in item:
            return self.get(holder, item["claimed_by"])
        return _redemption_in(item)


def _refusal_of(refused: ConditionFailedError) -> Exception:
    """Return why a use was refused, from the item that refused it."""
    if refused.index == SHARD:
        assert refused.old is not None, "shards are made with their coupon and stay"
        return ShardRefusedError(quota_shards.shard_of(refused.old))
    if refused.old is None:
        return NeverDistributedError()
    made = _redemption_in(refused.old)
    return AttemptClaimedError() if made is None else UseTakenError(made)


def _redemption_in(item: Item | None) -> Redemption | None:
    """Unmarshal a redemption; None for no item, and for a slot that is only claimed."""
    return redemption_of(item) if item and "claimed_by" not in item else None


def redemption_of(item: Item) -> Redemption:
    """Unmarshal a redemption."""
    is_closed = item["status"] == ERASED
    return Redemption(
        redemption_id=item["redemption_id"],
        holder=keys.holder_in(item["pk"]),
        slot=item["sk"],
        status=DISTRIBUTED if is_closed else RedemptionStatus(item["status"]),
        customer_id=item.get("customer_id", ""),
        inbox_id=item.get("inbox_id"),
        distributed_at=_time(item, "distributed_at"),
        redeemed_at=_time(item, "redeemed_at"),
        attempt=item.get("attempt"),
        erased_at=_time(item, "erased_at"),
        is_closed=is_closed,
        received_at=_time(item, "received_at"),
    )


def _time(item: Item, name: str) -> datetime | None:
    return times.parse_utc(item[name]) if name in item else None
