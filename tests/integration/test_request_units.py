"""What each use case may cost, counted on the real service and a real engine: one call more fails
here.
"""

from __future__ import annotations

import pytest

from bench import cost, records, request_units
from bench.meter import Bill


@pytest.fixture(scope="module")
def bills(dynamodb: str) -> dict[str, Bill]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb)
        return request_units.use_cases()


@pytest.mark.parametrize("name", request_units.MUSTS)
def test_use_case_costs_at_most_its_budget(name, bills):
    assert request_units.MUSTS[name].allows(bills[name]), bills[name]


def test_control_four_item_transaction_exceeds_the_budget(bills):
    assert not request_units.MUSTS["redeem"].allows(bills["peer: four items"])
    assert bills["redeem"].units <= 0.6 * bills["peer: four items"].units


def test_cost_table_uses_the_measured_units(bills):
    counted = [
        (bills[name].units, bills[name].read_units)
        for name in ("distribute", "page, warm", "redeem")
    ]
    assert [(use.write_units, use.read_units) for use in cost.USES] == counted


def test_tap_on_a_sold_out_coupon_costs_one_read_and_no_write(dynamodb, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb)
    read, written = request_units.sold_out_storm(environments=4, taps=100)
    assert (read <= 1.2, written) == (True, 0)


def test_event_costs_at_most_a_fifth_of_a_write_unit(dynamodb, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb)
    assert request_units.event_units(coupons=1) <= 0.1
    assert request_units.event_units(coupons=4) <= 0.2


def test_record_page_costs_the_same_for_any_number_of_records(dynamodb, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb)
    found = records.records(100, 1_000, pages=1)
    few, many = found[100][0], found[1_000][0]
    assert few == many <= 6
