"""Obvious alternative designs, as small as possible, measured in the same run as ours."""

from __future__ import annotations

from typing import Any

from couponflow.store.dynamodb import (
    ConditionFailedError,
    ContentionError,
    Table,
    UnknownResultError,
    put,
    update,
)

COUPON = {"pk": "PEER#coupon", "sk": "COUPON"}


def four_items(table: Table, customer: str, now: str) -> None:
    """The obvious transaction: check the coupon, count on it, count for the customer, redeem the
    record.
    """
    table.transact(
        [
            _check(
                COUPON,
                "active = :true AND starts_at <= :now AND :now < ends_at",
                {":true": True, ":now": now},
            ),
            _count({"pk": "PEER#counter", "sk": "COUNTER"}),
            update(
                {"pk": f"PEER#customer#{customer}", "sk": "CUSTOMER"},
                "SET used = if_not_exists(used, :zero) + :one",
                {":zero": 0, ":one": 1, ":most": 3},
                "attribute_not_exists(used) OR used < :most",
            ),
            update(
                _record_key(customer),
                "SET #status = :redeemed, redeemed_at = :now, gpk = :gpk, gsk = :gsk",
                {
                    ":redeemed": "redeemed",
                    ":open": "distributed",
                    ":now": now,
                    ":gpk": "PEER#redeemed",
                    ":gsk": f"{now}#{customer}",
                },
                "#status = :open",
                {"#status": "status"},
            ),
        ]
    )


def distributed(customer: str, now: str) -> dict[str, Any]:
    listing = {"gpk": "PEER#distributed", "gsk": f"{now}#{customer}"}
    return put(_record_key(customer) | listing | {"customer_id": customer, "status": "distributed"})


def transactional_counter(table: Table, customer: str, now: str) -> None:
    """One counter and the record in a transaction."""
    table.transact([_count({"pk": "PEER#counter", "sk": "COUNTER"}), _record(customer, now)])


def single_write_counter(table: Table, customer: str, now: str) -> None:
    """One counter by itself, then the record: a crash between the two loses a use."""
    table.update(_count({"pk": "PEER#counter", "sk": "COUNTER"}))
    table.put(_record(customer, now))


def read_then_write(table: Table, customer: str, now: str) -> None:
    """Read, then write, as a first draft does. It oversells: two concurrent readers both write."""
    counter = table.get({"pk": "PEER#counter", "sk": "COUNTER"}, consistent=True)
    assert counter is not None
    if counter["used"] >= counter["most"]:
        raise ConditionFailedError(counter)
    table.update(
        update(
            {"pk": "PEER#counter", "sk": "COUNTER"},
            "SET used = :used",
            {":used": counter["used"] + 1},
            "attribute_exists(pk)",
        )
    )
    table.put(_record(customer, now))


def stock(table: Table, most: int, now: str, ends_at: str) -> None:
    table.put(put(COUPON | {"active": True, "starts_at": now, "ends_at": ends_at}))
    table.put(
        put({"pk": "PEER#counter", "sk": "COUNTER", "used": 0, "remaining": most, "most": most})
    )


def with_retries(
    redeem: Any, table: Table, customer: str, now: str, pause: Any, dice: Any, tries: int = 8
) -> bool:
    """The same retries as ours: eight tries with full jitter."""
    for number in range(tries):
        if number:
            pause(dice.uniform(0, min(0.2, 0.005 * 2**number)))
        try:
            redeem(table, customer, now)
        except (ContentionError, UnknownResultError):
            continue
        except ConditionFailedError:
            return False
        return True
    return False


def _count(key: dict[str, str]) -> dict[str, Any]:
    return update(
        key,
        "SET used = used + :one, remaining = remaining - :one",
        {":one": 1, ":zero": 0},
        "remaining > :zero",
    )


def _record(customer: str, now: str) -> dict[str, Any]:
    return put(
        _record_key(customer)
        | {"gpk": "PEER#redeemed", "gsk": f"{now}#{customer}"}
        | {"customer_id": customer, "status": "redeemed", "redeemed_at": now}
    )


def _check(key: dict[str, str], condition: str, values: dict[str, Any]) -> dict[str, Any]:
    body = update(key, "", values, condition)["Update"]
    del body["UpdateExpression"]
    return {"ConditionCheck": body}


def _record_key(customer: str) -> dict[str, str]:
    return {"pk": f"PEER#record#{customer}", "sk": "RECORD"}
