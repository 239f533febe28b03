"""What each use case may cost, counted on the real service and a real engine: one call more fails here."""

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
def test_a_use_case_costs_what_it_must_at_most(name, bills):
    assert request_units.MUSTS[name].allows(bills[name]), bills[name]


def test_the_obvious_transaction_would_not_do(bills):
    assert not request_units.MUSTS["redeem"].allows(bills["peer: four items"])
    assert bills["redeem"].units <= 0.6 * bills["peer: four items"].units


def test_the_table_of_costs_goes_by_these_units(bills):
    counted = [(bills[name].units, bills[name].read_units) for name in ("distribute", "page, warm", "redeem")]
    assert [(use.write_units, use.read_units) for use in cost.USES] == counted


def test_taps_in_vain_cost_one_read_and_no_write(dynamodb, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb)
    read, written = request_units.sold_out_storm(environments=4, taps=100)
    assert (read <= 1.2, written) == (True, 0)


def test_a_page_of_records_costs_the_same_however_many_there_are(dynamodb, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb)
    found = records.records(100, 1_000, pages=1)
    few, many = found[100][0], found[1_000][0]
    assert abs(many - few) <= records.BY_CHANCE and max(few, many) <= 6
