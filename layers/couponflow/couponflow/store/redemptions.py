"""Redemptions: a customer's right to one use, and its record. The items themselves are the per-customer limit."""

from dataclasses import dataclass
from datetime import datetime

from couponflow.domain import times
from couponflow.domain.links import redemption_id
from couponflow.domain.models import Coupon, Holder, QuotaShard, Redemption, RedemptionStatus
from couponflow.store import keys, quota_shards
from couponflow.store.dynamodb import ConditionFailedError, Item, Table, put, update

DISTRIBUTED, REDEEMED = RedemptionStatus.DISTRIBUTED, RedemptionStatus.REDEEMED

# A use happens once: whoever comes second finds it redeemed, by whom and when.
IS_UNUSED = "#status = :distributed"
# Only distribute makes a customer's first redemption; a link alone must not.
IS_NEW_OR_UNUSED = f"attribute_not_exists(pk) OR {IS_UNUSED}"
IS_NEW = "attribute_not_exists(pk)"
# A use's writes in order: the redemption, the quota shard, and perhaps the attempt's claim.
SHARD = 1


@dataclass(frozen=True, slots=True)
class Use:
    """One use that somebody wants to make: where it lies, who tries, the how-manieth of the customer it would be.

    `attempt` tells a repetition of the same try from another one; it is made once, also where repetitions may go by different
    slots, as all of them take the slot `claims` too. Whom it is for is known where the redemption may be new.
    """

    holder: Holder
    slot: str
    nth: int
    attempt: str
    may_be_new: bool = False
    customer_id: str | None = None
    inbox_id: str | None = None
    claims: str | None = None


class UseTakenError(Exception):
    """The use is made already; or (None) was never given out, or the attempt has made one in another slot."""

    def __init__(self, redemption: Redemption | None) -> None:
        super().__init__()
        self.redemption = redemption


class ShardRefusedError(Exception):
    """The quota shard, as it was, has no room or its gate is closed; nothing was written."""

    def __init__(self, shard: QuotaShard) -> None:
        super().__init__()
        self.shard = shard


class RedemptionStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def distribute(
        self, coupon: Coupon, holder: Holder, slot: str, customer_id: str, inbox_id: str | None, now: datetime
    ) -> tuple[Redemption, bool]:
        """Give the customer the right to the use in `slot`, or find what lies there already; and whether it is new."""
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

    def use(self, coupon: Coupon, use: Use, shard: int, now: datetime) -> Redemption:
        """Make the use, in one transaction with a unit of the quota shard.

        Raises UseTaken, which is final; ShardRefused; Contended; NoAnswer.
        """
        at, id_ = times.format_utc(now), redemption_id(coupon, use.holder, use.slot)
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
            "SET #status = :redeemed, redeemed_at = :now, attempt = :attempt, quota_shard = :shard, gpk = :gpk, gsk = :gsk"
        )
        if use.may_be_new:
            values |= {":id": id_, ":customer": use.customer_id}
            expression += ", redemption_id = :id, customer_id = if_not_exists(customer_id, :customer)"
            if use.inbox_id is not None:
                values[":inbox"] = use.inbox_id
                expression += ", inbox_id = if_not_exists(inbox_id, :inbox)"
        redeemed = update(
            keys.redemption(use.holder, use.slot),
            expression,
            values,
            IS_NEW_OR_UNUSED if use.may_be_new else IS_UNUSED,
            {"#status": "status"},
        )
        writes = [redeemed, quota_shards.redeem_unit(coupon.coupon_id, shard, use.nth, at)]
        if use.claims is not None:
            claim = keys.redemption(use.holder, use.claims)
            writes.append(update(claim, "SET claimed_by = :slot", {":slot": use.slot}, IS_NEW))
        try:
            self._table.transact(writes)
        except ConditionFailedError as refused:
            if refused.index != SHARD:
                raise UseTakenError(_redemption_in(refused.old)) from refused
            assert refused.old is not None, "shards are made with their coupon and stay"
            raise ShardRefusedError(quota_shards.shard_of(refused.old)) from refused
        return Redemption(
            id_, use.holder, use.slot, REDEEMED, use.customer_id or "", use.inbox_id, None, times.parse_utc(at), use.attempt
        )

    def list_all(self, holder: Holder) -> list[Redemption]:
        """All the customer's redemptions of the coupon, as they are now: numbered ones first, in order."""
        items = self._table.query("pk = :pk", {":pk": keys.holder(holder)}, consistent=True)
        return [made for item in items if (made := _redemption_in(item))]

    def list_numbered(self, holder: Holder) -> list[Redemption]:
        """As `of`, without those that tills made while customers could use the coupon without limit."""
        values = {":pk": keys.holder(holder), ":last": keys.LAST_SLOT}
        return list(map(redemption_of, self._table.query("pk = :pk AND sk <= :last", values, consistent=True)))

    def get(self, holder: Holder, slot: str) -> Redemption | None:
        """What lies in the slot; where that is claimed, the redemption that claimed it."""
        item = self._table.get(keys.redemption(holder, slot), consistent=True)
        if item and "claimed_by" in item:
            return self.get(holder, item["claimed_by"])
        return _redemption_in(item)


def _redemption_in(item: Item | None) -> Redemption | None:
    """None for nothing, and for a slot that is only claimed."""
    return redemption_of(item) if item and "claimed_by" not in item else None


def redemption_of(item: Item) -> Redemption:
    return Redemption(
        redemption_id=item["redemption_id"],
        holder=keys.holder_in(item["pk"]),
        slot=item["sk"],
        status=RedemptionStatus(item["status"]),
        customer_id=item["customer_id"],
        inbox_id=item.get("inbox_id"),
        distributed_at=_time(item, "distributed_at"),
        redeemed_at=_time(item, "redeemed_at"),
        attempt=item.get("attempt"),
    )


def _time(item: Item, name: str) -> datetime | None:
    return times.parse_utc(item[name]) if name in item else None
