"""Reference model of a coupon without shards, slots or caches, to compare the service with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Customer:
    """`numbered`: uses with a number, in order; `others`: later till uses of an unlimited
    coupon.
    """

    numbered: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    by_key: dict[str, str] = field(default_factory=dict)
    has_open: bool = False

    @property
    def used(self) -> int:
        return len(self.numbered) + len(self.others)

    @property
    def was_sent(self) -> bool:
        return self.has_open or bool(self.numbered)


@dataclass
class CouponModel:
    """Methods return the code of a refusal, or None for success."""

    code: str
    starts_at: datetime
    ends_at: datetime
    max_redemptions: int | None
    max_redemptions_per_customer: int | None
    active: bool
    archived: bool = False
    customers: dict[str, Customer] = field(default_factory=dict)

    @property
    def used(self) -> int:
        return sum(customer.used for customer in self.customers.values())

    @property
    def open(self) -> int:
        return sum(customer.has_open for customer in self.customers.values())

    @property
    def is_sold_out(self) -> bool:
        return self.max_redemptions is not None and self.used >= self.max_redemptions

    def customer(self, name: str) -> Customer:
        return self.customers.setdefault(name, Customer())

    def status(self, now: datetime) -> str:
        if self.archived:
            return "archived"
        if not self.active:
            return "disabled"
        if self.ends_at <= now:
            return "expired"
        if self.is_sold_out:
            return "sold_out"
        return "scheduled" if now < self.starts_at else "active"

    def distribute(self, name: str, now: datetime) -> str | None:
        if closed := self._closed(now):
            return closed
        customer = self.customer(name)
        if refused := self._used_up(customer):
            return refused
        customer.has_open = True
        return None

    def may_tap(self, name: str, number: int, now: datetime) -> str | None:
        """Refusal of a tap for a use that is not redeemed yet."""
        customer = self.customer(name)
        if self.archived or (number == 1 and not customer.was_sent):
            return "coupon_not_found"
        if number > 1 and number > len(customer.numbered) + 1:
            return "validation_failed"
        return self.may_redeem(name, now)

    def may_redeem(self, name: str, now: datetime) -> str | None:
        if closed := self._closed(now):
            return closed
        if now < self.starts_at:
            return "coupon_not_started"
        return self._used_up(self.customer(name))

    def redeemed(
        self, name: str, redemption_id: str, key: str | None = None, at_till: bool = False
    ) -> None:
        customer = self.customer(name)
        if at_till and self.max_redemptions_per_customer is None and customer.numbered:
            customer.others.append(redemption_id)
        else:
            customer.numbered.append(redemption_id)
            customer.has_open = False
        if key is not None:
            customer.by_key[key] = redemption_id

    def _closed(self, now: datetime) -> str | None:
        if self.archived:
            return "coupon_not_found"
        if not self.active:
            return "coupon_disabled"
        return "coupon_expired" if self.ends_at <= now else None

    def _used_up(self, customer: Customer) -> str | None:
        limit = self.max_redemptions_per_customer
        if limit is not None and customer.used >= limit:
            return "customer_max_uses_reached"
        return "coupon_max_uses_reached" if self.is_sold_out else None
