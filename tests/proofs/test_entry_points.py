"""Who is let in where: links not made by us, other organisations' coupons, an add-on that is off, a page without a button."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from couponflow.domain import codes, links
from couponflow.domain.errors import AddonDisabled, CodeTaken, CouponArchived, CouponNotFound, RedeemNotOffered, VersionConflict
from couponflow.domain.models import CouponStatus, Organisation, RedeemButton, RedeemPage
from couponflow.store.dynamodb import Table
from couponflow.store.organisations import OrganisationStore
from couponflow.store.redemptions import RedemptionStore
from simulator.environments import ORGANISATION, START, environment, found_organisation, new_coupon
from simulator.faults import TroubledClient


class Doors:
    """A coupon that ann was sent, and each way to it, by an environment that remembers nothing."""

    def __init__(self, per_customer: int | None = None) -> None:
        self.client = TroubledClient()
        found_organisation(self.client)
        OrganisationStore(Table(self.client, "couponflow")).create(Organisation("other", "Other", addon_enabled=True))
        self.coupon = self.new().coupon_service.create(ORGANISATION, new_coupon(9, per_customer), START).coupon
        self.token = self.new().redemption_service.distribute(self.coupon, "ann", None, START).token

    def new(self) -> Any:
        return environment(self.client, lambda _: None, lambda: 0.0, random.Random(0))

    def by_link(self, token: str) -> list[Callable[[], object]]:
        return [
            lambda: self.new().redemption_service.open_link(token),
            lambda: self.new().redemption_service.open_link(token, look_again=True),
            lambda: self.new().redemption_service.redeem_by_link(token, 1, START),
        ]

    def of_marketers(self, organisation_id: str) -> list[Callable[[], object]]:
        campaigns, coupon_id = self.new().coupon_service, self.coupon.coupon_id
        return [
            lambda: campaigns.get(organisation_id, coupon_id),
            lambda: campaigns.page(organisation_id, coupon_id),
            lambda: campaigns.save_page(organisation_id, coupon_id, RedeemPage(), START),
            lambda: campaigns.change(organisation_id, coupon_id, 1, {"name": "theirs"}, START),
            lambda: campaigns.archive(organisation_id, coupon_id, START),
        ]

    def of_programs(self, organisation_id: str) -> list[Callable[[], object]]:
        service = self.new().redemption_service
        return [
            lambda: service.find_coupon(organisation_id, coupon_id=self.coupon.coupon_id),
            lambda: service.find_coupon(organisation_id, code=self.coupon.code),
        ]

    def nothing_happens(self, refusal: type[Exception], calls: list[Callable[[], object]]) -> None:
        before = dict(self.client.engine.items)
        for call in calls:
            with pytest.raises(refusal):
                call()
        assert self.client.engine.items == before


def test_all_doors_open_to_whom_they_are_for():
    doors = Doors()
    for call in [*doors.by_link(doors.token), *doors.of_programs(ORGANISATION), *doors.of_marketers(ORGANISATION)]:
        call()


@pytest.mark.parametrize("forged", ["", "x", "COUPON#", "0" * 51, "-" * 52])
def test_what_is_no_link_costs_no_read(forged):
    doors = Doors()
    doors.client.begin(lambda *_: None)
    doors.nothing_happens(CouponNotFound, doors.by_link(forged))
    assert doors.client.calls == []


def test_a_link_that_somebody_else_made_opens_nothing():
    doors = Doors()
    doors.nothing_happens(CouponNotFound, doors.by_link(doors.token[:-1] + ("1" if doors.token[-1] == "0" else "0")))
    doors.nothing_happens(
        CouponNotFound, doors.by_link(links.format_token(doors.coupon, links.derive_holder(doors.coupon, "eve")))
    )


def test_a_link_that_was_never_given_out_is_not_told_why_others_are_refused():
    doors = Doors()
    doors.new().coupon_service.change(ORGANISATION, doors.coupon.coupon_id, 1, {"active": False}, START)
    doors.nothing_happens(
        CouponNotFound, doors.by_link(links.format_token(doors.coupon, links.derive_holder(doors.coupon, "eve")))
    )


def test_an_archived_coupons_link_opens_nothing_though_it_was_used():
    doors = Doors()
    doors.new().redemption_service.redeem_by_link(doors.token, 1, START)
    doors.new().coupon_service.archive(ORGANISATION, doors.coupon.coupon_id, START)
    doors.nothing_happens(CouponNotFound, doors.by_link(doors.token))
    doors.nothing_happens(CouponArchived, doors.of_marketers(ORGANISATION)[2:4])


def test_what_nobody_has_is_not_found():
    doors = Doors()
    service, campaigns, unknown = doors.new().redemption_service, doors.new().coupon_service, links.new_id()
    doors.nothing_happens(CouponNotFound, [lambda: service.find_coupon(ORGANISATION, coupon_id=unknown)])
    doors.nothing_happens(CouponNotFound, [lambda: service.find_coupon(ORGANISATION, code="NO-SUCH")])
    doors.nothing_happens(CouponNotFound, [lambda: campaigns.get(ORGANISATION, unknown)])


def test_an_archived_coupons_code_is_free_again_and_only_then(monkeypatch):
    doors = Doors()
    doors.nothing_happens(CodeTaken, [lambda: doors.new().coupon_service.create(ORGANISATION, new_coupon(1), START)])
    generated = iter([doors.coupon.code, "FREE"])
    monkeypatch.setattr(codes, "generate", lambda: next(generated))
    another = replace(new_coupon(1), code=None)
    assert doors.new().coupon_service.create(ORGANISATION, another, START).coupon.code == "FREE"
    doors.new().coupon_service.archive(ORGANISATION, doors.coupon.coupon_id, START)
    assert doors.new().coupon_service.create(ORGANISATION, new_coupon(1), START).coupon.code == doors.coupon.code


def test_a_list_has_each_coupon_once_that_was_asked_for():
    doors = Doors()
    campaigns = doors.new().coupon_service
    for number, code in enumerate(["SAVE-10", "AUTUMN", "WINTER"], 1):
        new = replace(new_coupon(9), code=code, name=f"Coupon of {code[:4].title()}", active=code != "WINTER")
        campaigns.create(ORGANISATION, new, START + timedelta(seconds=number))
    campaigns.archive(ORGANISATION, doors.coupon.coupon_id, START)

    def listed(status: CouponStatus | None = None, text: str = "", at_most: int = 10) -> list[str]:
        found: list[str] = []
        before: str | None = None
        while True:
            page, before = campaigns.list_page(ORGANISATION, status, text, before, at_most, START)
            assert len(page) <= at_most
            found += [campaign.coupon.code for campaign in page]
            if before is None:
                return found

    assert listed() == listed(at_most=1) == listed(at_most=2) == ["WINTER", "AUTUMN", "SAVE-10"]
    assert listed(CouponStatus.ARCHIVED) == [doors.coupon.code]
    assert listed(CouponStatus.DISABLED) == ["WINTER"]
    assert listed(text="of aut") == ["AUTUMN"]
    assert listed(text="E-1") == listed(text="savei0") == listed(text="coupon of save") == ["SAVE-10"]
    assert listed(text="-") == ["SAVE-10"]
    assert listed(text="ten off") == listed(text="--") == []
    assert campaigns.list_page(ORGANISATION, None, "", None, 10, START)[1] is None


def test_another_organisations_coupon_is_not_found():
    doors = Doors()
    doors.nothing_happens(CouponNotFound, [*doors.of_marketers("other"), doors.of_programs("other")[0]])


def test_all_doors_are_closed_where_the_addon_is_off():
    doors = Doors()
    key = next(key for key in doors.client.engine.items if key == (f"ORG#{ORGANISATION}", "ORG"))
    doors.client.engine.store(key, doors.client.engine.items[key] | {"addon_enabled": {"BOOL": False}})
    doors.nothing_happens(CouponNotFound, doors.by_link(doors.token))
    programs = [*doors.of_programs(ORGANISATION), *doors.of_marketers(ORGANISATION)]
    programs.append(lambda: doors.new().coupon_service.list_page(ORGANISATION, None, "", None, 10, START))
    doors.nothing_happens(AddonDisabled, programs)


@pytest.mark.parametrize("behavior", ["none", "open_url"])
def test_where_no_button_redeems_no_tap_does(behavior):
    doors = Doors()
    doors.new().coupon_service.save_page(
        ORGANISATION, doors.coupon.coupon_id, RedeemPage(redeem_button=RedeemButton(behavior)), START
    )
    doors.nothing_happens(RedeemNotOffered, doors.by_link(doors.token)[2:])


def test_a_change_from_an_older_version_is_told_the_one_that_holds():
    doors = Doors()
    campaigns = doors.new().coupon_service
    campaigns.change(ORGANISATION, doors.coupon.coupon_id, 1, {"name": "second"}, START)
    with pytest.raises(VersionConflict) as conflict:
        campaigns.change(ORGANISATION, doors.coupon.coupon_id, 1, {"name": "third"}, START)
    assert conflict.value.members["version"] == 2


def test_where_customers_are_not_counted_only_numbered_uses_are_read():
    doors = Doors()
    for number in range(3):
        doors.new().redemption_service.redeem_at_till(doors.coupon, "ann", None, f"sale {number}", START)
    holder = links.derive_holder(doors.coupon, "ann")
    store = RedemptionStore(Table(doors.client, "couponflow"))
    assert (len(store.list_all(holder)), len(store.list_numbered(holder))) == (3, 1)
    assert len(doors.new().redemption_service.open_link(doors.token).redemptions) == 1


def test_the_inbox_that_it_was_sent_to_stays_and_a_tills_is_kept():
    doors = Doors(per_customer=3)
    service, coupon = doors.new().redemption_service, doors.coupon
    service.distribute(coupon, "bob", "line", START)
    service.redeem_at_till(coupon, "bob", "pos", None, START)
    service.redeem_at_till(coupon, "bob", "pos", None, START)
    made = RedemptionStore(Table(doors.client, "couponflow")).list_all(links.derive_holder(coupon, "bob"))
    assert [(use.customer_id, use.inbox_id) for use in made] == [("bob", "line"), ("bob", "pos")]
