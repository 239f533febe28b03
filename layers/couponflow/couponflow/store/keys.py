"""Builds the key of every item; no other module does.

Each kind of item has a prefix of its own, because IAM policies allow or refuse by the prefix of
the partition key.
"""

from couponflow.domain.models import Coupon, Holder

INDEX = "listing"
OPENED = "opened"
FIRST_SLOT = "000001"
LAST_SLOT = "999999"


def organisation(organisation_id: str) -> dict[str, str]:
    """An organisation."""
    return {"pk": f"ORG#{organisation_id}", "sk": "ORG"}


def organisations() -> str:
    """The index partition of all organisations."""
    return "ORGANISATIONS"


def image(organisation_id: str, image_id: str) -> dict[str, str]:
    """An image of an organisation."""
    return {"pk": f"IMAGE#{organisation_id}#{image_id}", "sk": "IMAGE"}


def incoming_image(organisation_id: str, image_id: str) -> str:
    """Object key of an upload that is not checked yet."""
    return f"incoming/{organisation_id}/{image_id}"


def published_image(name: str) -> str:
    """The bucket key of a published image."""
    return f"images/{name}"


def export(organisation_id: str, export_id: str) -> str:
    """The bucket key of an export."""
    return f"exports/{organisation_id}/{export_id}.csv"


def api_key(key_id: str) -> dict[str, str]:
    """An API key."""
    return {"pk": f"KEY#{key_id}", "sk": "KEY"}


def api_keys_of(organisation_id: str) -> str:
    """The index partition of an organisation's API keys."""
    return f"KEYS#{organisation_id}"


def api_key_order(created_at: str, key_id: str) -> str:
    """The index sort key of an API key: oldest first."""
    return f"{created_at}#{key_id}"


def journal_entry(at: str, entry_id: str) -> dict[str, str]:
    """An entry of the audit log."""
    return {"pk": journal(at), "sk": f"{at}#{entry_id}"}


def journal(at: str) -> str:
    """Partition of one month of the audit log; `at` is any time of that month, or the month."""
    return f"JOURNAL#{at[:7]}"


def organisation_journal(organisation_id: str, at: str) -> str:
    """Partition of one month of an organisation's journal; `at` is a time of that month."""
    return f"ACTIVITY#{organisation_id}#{at[:7]}"


def idempotency(organisation_id: str, key_hash: str) -> dict[str, str]:
    """The item of one idempotency key, for 24 hours."""
    return {"pk": f"IDEMPOTENCY#{organisation_id}#{key_hash}", "sk": "IDEMPOTENCY"}


def counter(kind: str, subject: str) -> dict[str, str]:
    """A rate counter."""
    return {"pk": f"COUNTER#{kind}#{subject}", "sk": "COUNTER"}


def code(organisation_id: str, canonical: str) -> dict[str, str]:
    """The claim of a coupon code; it makes codes unique."""
    return {"pk": f"CODE#{organisation_id}#{canonical}", "sk": "CODE"}


def last_of_code(organisation_id: str, canonical: str) -> dict[str, str]:
    """The coupon that was archived last with a code, beside the code's claim."""
    return {"pk": f"CODE#{organisation_id}#{canonical}", "sk": "LAST"}


def coupon(coupon_id: str) -> dict[str, str]:
    """A coupon."""
    return {"pk": f"COUPON#{coupon_id}", "sk": "COUPON"}


def redeem_page(coupon_id: str) -> dict[str, str]:
    """The redeem page of a coupon, in the coupon's own partition."""
    return {"pk": f"COUPON#{coupon_id}", "sk": "PAGE"}


def block(organisation_id: str, block_id: str) -> dict[str, str]:
    """A saved Distribute Coupon block."""
    return {"pk": f"BLOCK#{organisation_id}#{block_id}", "sk": "BLOCK"}


def quota_shard(coupon_id: str, number: int) -> dict[str, str]:
    """A quota shard of a coupon."""
    return {"pk": f"QUOTA#{coupon_id}#{number}", "sk": "QUOTA"}


def shard_in(pk: str) -> tuple[str, int]:
    """Return the coupon id and the shard number of a partition key."""
    _, coupon_id, number = pk.split("#")
    return coupon_id, int(number)


def holder(holder: Holder) -> str:
    """The partition of a holder's redemptions."""
    return f"HOLDER#{holder.coupon_id}#{holder.mac}"


def holder_in(pk: str) -> Holder:
    """The holder of a redemption's partition key."""
    _, coupon_id, mac = pk.split("#")
    return Holder(coupon_id, mac)


def redemption(holder_: Holder, slot: str) -> dict[str, str]:
    """A redemption of a holder."""
    return {"pk": holder(holder_), "sk": slot}


def slot(number: int) -> str:
    """Sort key of the customer's use with that number. The number enforces the customer's limit."""
    return f"{number:06d}"


def attempt_slot(attempt: str) -> str:
    """Sort key of a till's use of a coupon without a customer limit. Sorts after every number."""
    return f"A#{attempt}"


def is_numbered(slot_: str) -> bool:
    """Whether the slot has a use number, not an attempt."""
    return slot_ <= LAST_SLOT


def coupons_of(organisation_id: str) -> str:
    """The index partition of an organisation's coupons."""
    return f"COUPONS#{organisation_id}"


def blocks_of(organisation_id: str) -> str:
    """The index partition of an organisation's blocks."""
    return f"BLOCKS#{organisation_id}"


def block_order(created_at: str, block_id: str) -> str:
    """The index sort key of a block."""
    return f"{created_at}#{block_id}"


def coupon_order(created_at: str, coupon_id: str) -> str:
    """The index sort key of a coupon."""
    return f"{created_at}#{coupon_id}"


def records(coupon_id: str, status: str, bucket: int) -> str:
    """The index partition of one bucket of a coupon's records in a status."""
    return f"RECORDS#{coupon_id}#{status}#{bucket}"


def records_of(coupon: Coupon, holder_: Holder, status: str) -> str:
    """Index partition of a customer's records. Customers are spread over the coupon's buckets."""
    return records(coupon.coupon_id, status, int(holder_.mac[:2], 36) % coupon.record_buckets)


def record_order(at: str, redemption_id: str) -> str:
    """The index sort key of a record, by the time of its status."""
    return f"{at}#{redemption_id}"


def opened_link(holder_: Holder) -> dict[str, str]:
    """A customer's first look at their page, apart from their redemptions: redeeming never meets
    its write.
    """
    return {"pk": f"OPENED#{holder_.coupon_id}#{holder_.mac}", "sk": "OPENED"}


def statistics(coupon_id: str) -> str:
    """The partition of a coupon's statistics."""
    return f"STATS#{coupon_id}"


def statistics_total(coupon_id: str) -> dict[str, str]:
    """The counts of all time by inbox."""
    return {"pk": statistics(coupon_id), "sk": "TOTAL"}


def statistics_day(coupon_id: str, generation: int, day: str) -> dict[str, str]:
    """The counts of one local day."""
    return {"pk": statistics(coupon_id), "sk": f"DAY#{generation:06d}#{day}"}


def statistics_inbox(coupon_id: str, number: int) -> dict[str, str]:
    """The id of the inbox with that number."""
    return {"pk": statistics(coupon_id), "sk": f"INBOX#{number:02d}"}


def coupon_in(pk: str) -> str:
    """The coupon id of a partition key of statistics, records or opened links."""
    return pk.split("#")[1]


def stream_mark(shard: str) -> dict[str, str]:
    """How far a shard of the table's stream is counted."""
    return {"pk": f"STREAM#{shard}", "sk": "MARK"}


# Sort keys of a coupon's statistics, without the days: the inboxes, then the total.
STATISTICS_FIRST, STATISTICS_LAST = "INBOX#", "TOTAL"
