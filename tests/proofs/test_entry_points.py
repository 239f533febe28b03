"""Access checks: forged links, other tenants' coupons, disabled add-on, page without a redeem
button.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from couponflow.domain import codes, links
from couponflow.domain.errors import (
    AddonDisabled,
    CodeTaken,
    CouponArchived,
    CouponNotFound,
    RedeemNotOffered,
    VersionConflict,
)
from couponflow.domain.models import CouponStatus, Organisation, RedeemButton, RedeemPage
from couponflow.store.dynamodb import Table
from couponflow.store.organisations import OrganisationStore
from couponflow.store.redemptions import RedemptionStore
from simulator.environments import ORGANISATION, START, environment, found_organisation, new_coupon
from simulator.faults import FaultyClient


class EntryPoints:
    """Entry points to a coupon distributed to ann, each called in a new environment."""

    def __init__(self, per_customer: int | None = None) -> None:
        self.client = FaultyClient()
        found_organisation(self.client)
        OrganisationStore(Table(self.client, "couponflow")).create(
            Organisation("other", "Other", addon_enabled=True)
        )
        self.coupon = (
            self.new()
            .coupon_service.create(ORGANISATION, new_coupon(9, per_customer), START)
            .coupon
        )
        self.token = self.new().redemption_service.distribute(self.coupon, "ann", None, START).token

    def new(self) -> Any:
        return environment(self.client, lambda _: None, lambda: 0.0, random.Random(0))

    def link_calls(self, token: str) -> list[Callable[[], object]]:
        return [
            lambda: self.new().redemption_service.open_link(token, START),
            lambda: self.new().redemption_service.open_link(token, START, look_again=True),
            lambda: self.new().redemption_service.redeem_by_link(token, 1, START),
        ]

    def marketer_calls(self, organisation_id: str) -> list[Callable[[], object]]:
        campaigns, coupon_id = self.new().coupon_service, self.coupon.coupon_id
        return [
            lambda: campaigns.get(organisation_id, coupon_id),
            lambda: campaigns.page(organisation_id, coupon_id),
            lambda: campaigns.save_page(organisation_id, coupon_id, RedeemPage(), START),
            lambda: campaigns.change(organisation_id, coupon_id, 1, {"name": "theirs"}, START),
            lambda: campaigns.archive(organisation_id, coupon_id, START),
        ]

    def program_calls(self, organisation_id: str) -> list[Callable[[], object]]:
        service = self.new().redemption_service
        return [
            lambda: service.find_coupon(organisation_id, coupon_id=self.coupon.coupon_id),
            lambda: service.find_coupon(organisation_id, code=self.coupon.code),
        ]

    def assert_refused(self, refusal: type[Exception], calls: list[Callable[[], object]]) -> None:
        before = dict(self.client.engine.items)
        for call in calls:
            with pytest.raises(refusal):
                call()
        assert self.client.engine.items == before


def test_every_entry_point_accepts_a_valid_call():
    entries = EntryPoints()
    for call in [
        *entries.link_calls(entries.token),
        *entries.program_calls(ORGANISATION),
        *entries.marketer_calls(ORGANISATION),
    ]:
        call()


@pytest.mark.parametrize("forged", ["", "x", "COUPON#", "0" * 51, "-" * 52])
def test_malformed_link_costs_no_read(forged):
    entries = EntryPoints()
    entries.client.begin(lambda *_: None)
    entries.assert_refused(CouponNotFound, entries.link_calls(forged))
    assert entries.client.calls == []


def test_forged_link_is_not_found():
    entries = EntryPoints()
    entries.assert_refused(
        CouponNotFound,
        entries.link_calls(entries.token[:-1] + ("1" if entries.token[-1] == "0" else "0")),
    )
    entries.assert_refused(
        CouponNotFound,
        entries.link_calls(
            links.format_token(entries.coupon, links.derive_holder(entries.coupon, "eve"))
        ),
    )


def test_authentic_undistributed_link_hides_the_refusal():
    entries = EntryPoints()
    entries.new().coupon_service.change(
        ORGANISATION, entries.coupon.coupon_id, 1, {"active": False}, START
    )
    entries.assert_refused(
        CouponNotFound,
        entries.link_calls(
            links.format_token(entries.coupon, links.derive_holder(entries.coupon, "eve"))
        ),
    )


def test_used_link_of_an_archived_coupon_is_not_found():
    entries = EntryPoints()
    entries.new().redemption_service.redeem_by_link(entries.token, 1, START)
    entries.new().coupon_service.archive(ORGANISATION, entries.coupon.coupon_id, START)
    entries.assert_refused(CouponNotFound, entries.link_calls(entries.token))
    entries.assert_refused(CouponArchived, entries.marketer_calls(ORGANISATION)[2:4])


def test_unknown_coupon_is_not_found():
    entries = EntryPoints()
    service, campaigns, unknown = (
        entries.new().redemption_service,
        entries.new().coupon_service,
        links.new_id(),
    )
    entries.assert_refused(
        CouponNotFound, [lambda: service.find_coupon(ORGANISATION, coupon_id=unknown)]
    )
    entries.assert_refused(
        CouponNotFound, [lambda: service.find_coupon(ORGANISATION, code="NO-SUCH")]
    )
    entries.assert_refused(CouponNotFound, [lambda: campaigns.get(ORGANISATION, unknown)])


def test_code_is_free_only_after_archiving(monkeypatch):
    entries = EntryPoints()
    entries.assert_refused(
        CodeTaken, [lambda: entries.new().coupon_service.create(ORGANISATION, new_coupon(1), START)]
    )
    generated = iter([entries.coupon.code, "FREE"])
    monkeypatch.setattr(codes, "generate", lambda: next(generated))
    another = replace(new_coupon(1), code=None)
    assert entries.new().coupon_service.create(ORGANISATION, another, START).coupon.code == "FREE"
    entries.new().coupon_service.archive(ORGANISATION, entries.coupon.coupon_id, START)
    assert (
        entries.new().coupon_service.create(ORGANISATION, new_coupon(1), START).coupon.code
        == entries.coupon.code
    )


def test_list_has_each_matching_coupon_once():
    entries = EntryPoints()
    campaigns = entries.new().coupon_service
    for number, code in enumerate(["SAVE-10", "AUTUMN", "WINTER"], 1):
        new = replace(
            new_coupon(9), code=code, name=f"Coupon of {code[:4].title()}", active=code != "WINTER"
        )
        campaigns.create(ORGANISATION, new, START + timedelta(seconds=number))
    campaigns.archive(ORGANISATION, entries.coupon.coupon_id, START)

    def list_codes(
        status: CouponStatus | None = None, text: str = "", at_most: int = 10
    ) -> list[str]:
        found: list[str] = []
        before: str | None = None
        while True:
            page, before = campaigns.list_page(ORGANISATION, status, text, before, at_most, START)
            assert len(page) <= at_most
            found += [campaign.coupon.code for campaign in page]
            if before is None:
                return found

    assert (
        list_codes()
        == list_codes(at_most=1)
        == list_codes(at_most=2)
        == ["WINTER", "AUTUMN", "SAVE-10"]
    )
    assert list_codes(CouponStatus.ARCHIVED) == [entries.coupon.code]
    assert list_codes(CouponStatus.DISABLED) == ["WINTER"]
    assert list_codes(text="of aut") == ["AUTUMN"]
    assert (
        list_codes(text="E-1")
        == list_codes(text="savei0")
        == list_codes(text="coupon of save")
        == ["SAVE-10"]
    )
    assert list_codes(text="-") == ["SAVE-10"]
    assert list_codes(text="ten off") == list_codes(text="--") == []
    assert campaigns.list_page(ORGANISATION, None, "", None, 10, START)[1] is None


def test_coupon_of_another_organisation_is_not_found():
    entries = EntryPoints()
    entries.assert_refused(
        CouponNotFound, [*entries.marketer_calls("other"), entries.program_calls("other")[0]]
    )


def test_disabled_addon_closes_every_entry_point():
    entries = EntryPoints()
    key = next(key for key in entries.client.engine.items if key == (f"ORG#{ORGANISATION}", "ORG"))
    entries.client.engine.store(
        key, entries.client.engine.items[key] | {"addon_enabled": {"BOOL": False}}
    )
    entries.assert_refused(CouponNotFound, entries.link_calls(entries.token))
    programs = [*entries.program_calls(ORGANISATION), *entries.marketer_calls(ORGANISATION)]
    programs.append(
        lambda: entries.new().coupon_service.list_page(ORGANISATION, None, "", None, 10, START)
    )
    entries.assert_refused(AddonDisabled, programs)


@pytest.mark.parametrize("behavior", ["none", "open_url"])
def test_tap_is_refused_without_a_redeem_button(behavior):
    entries = EntryPoints()
    entries.new().coupon_service.save_page(
        ORGANISATION,
        entries.coupon.coupon_id,
        RedeemPage(redeem_button=RedeemButton(behavior)),
        START,
    )
    entries.assert_refused(RedeemNotOffered, entries.link_calls(entries.token)[2:])


def test_change_of_an_old_version_gets_the_current_version():
    entries = EntryPoints()
    campaigns = entries.new().coupon_service
    campaigns.change(ORGANISATION, entries.coupon.coupon_id, 1, {"name": "second"}, START)
    with pytest.raises(VersionConflict) as conflict:
        campaigns.change(ORGANISATION, entries.coupon.coupon_id, 1, {"name": "third"}, START)
    assert conflict.value.members["version"] == 2


def test_page_of_unlimited_customer_reads_numbered_uses_only():
    entries = EntryPoints()
    for number in range(3):
        entries.new().redemption_service.redeem_at_till(
            entries.coupon, "ann", None, f"sale {number}", START
        )
    holder = links.derive_holder(entries.coupon, "ann")
    store = RedemptionStore(Table(entries.client, "couponflow"))
    assert (len(store.list_within(holder, 3, 10)), len(store.list_newest(holder, 10))) == (3, 1)
    assert len(entries.new().redemption_service.open_link(entries.token, START).redemptions) == 1


def test_use_keeps_the_inbox_of_its_flow_or_till():
    entries = EntryPoints(per_customer=3)
    service, coupon = entries.new().redemption_service, entries.coupon
    service.distribute(coupon, "bob", "line", START)
    service.redeem_at_till(coupon, "bob", "pos", None, START)
    service.redeem_at_till(coupon, "bob", "pos", None, START)
    made = RedemptionStore(Table(entries.client, "couponflow")).list_newest(
        links.derive_holder(coupon, "bob"), 10
    )
    assert [(use.customer_id, use.inbox_id) for use in made] == [("bob", "line"), ("bob", "pos")]
