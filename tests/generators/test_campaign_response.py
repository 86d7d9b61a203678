"""A response's sales come on top of the usual ones, from customers it reaches who are still active."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from generators.campaign_response import CampaignResponse
from generators.population import Population
from generators.sales import documents

SHOP = Population(2000)
START, DAYS, SHARE = date(2026, 8, 29), 30, 0.5
LAST = START + timedelta(days=59)

type Documents = dict[str, dict[str, Any]]


def sold(response: CampaignResponse | None = None) -> Documents:
    return dict(documents(SHOP, START, LAST, response=response))


@pytest.fixture(scope="module")
def living() -> list[str]:
    return [SHOP.customer_id(number) for number in SHOP.living(START).number.tolist()]


@pytest.fixture(scope="module")
def anyway() -> Documents:
    return sold()


def brought(anyway: Documents, reached: list[str], share: float = SHARE) -> Documents:
    sales = sold(CampaignResponse(START, frozenset(reached), share, DAYS))
    assert {name: sales[name] for name in anyway} == anyway
    return {name: sale for name, sale in sales.items() if name not in anyway}


def test_half_of_those_reached_buy_once_more_within_its_days(living: list[str], anyway: Documents) -> None:
    reached = living[::2]
    answers = brought(anyway, reached)
    buyers = [sale["customer_id"] for sale in answers.values()]
    assert set(buyers) <= set(reached)
    assert len(set(buyers)) == len(buyers)
    assert len(buyers) / len(reached) == pytest.approx(SHARE, abs=0.05)
    days = {str(sale["sale_timestamp"])[:10] for sale in answers.values()}
    assert (min(days), max(days)) == (str(START), str(START + timedelta(days=DAYS - 1)))
    moments = {type(sale["sale_timestamp"]) for sale in answers.values()}
    assert moments == {str, datetime}  # as in all sales


def test_who_responds_does_not_depend_on_who_else_is_reached(living: list[str], anyway: Documents) -> None:
    buyers = [
        {sale["customer_id"] for sale in brought(anyway, reached).values()}
        for reached in (living, living[:500])
    ]
    assert buyers[1] == buyers[0] & set(living[:500])


def test_neither_lost_customers_nor_a_share_of_zero_respond(living: list[str], anyway: Documents) -> None:
    gone = SHOP.living(START - timedelta(days=400)).number.tolist()
    left = {SHOP.customer_id(number) for number in gone} - set(living)
    assert len(left) > 100
    assert brought(anyway, sorted(left)) == {}
    assert brought(anyway, living, share=0.0) == {}


def test_a_response_is_saved_and_loaded(tmp_path: Path) -> None:
    response = CampaignResponse(START, frozenset({"C1", "C2"}), 0.25, 7)
    response.save(tmp_path / "action.json")
    assert CampaignResponse.load(tmp_path / "action.json") == response
