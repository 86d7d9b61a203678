"""The features in plain Python, computed from a customer's purchases one by one."""

import itertools
import math
import statistics
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from components.extract_features.step import ExtractedFeatures, extract_features

type Row = dict[str, Any]

AS_OF = date(2025, 6, 30)
HORIZON = 30
KEYS = {"as_of_date", "horizon_days", "cutoff_date", "customer_key", "churned", "spent_in_horizon"}


def sale(customer: str | None, day: str, amount: float = 10.0, **more: Any) -> Row:
    row = {"customer_key": customer, "sale_date": date.fromisoformat(day), "total_amount": amount}
    usual = {"quantity": 1, "product_category": "hats", "status": "completed", "currency": "EUR"}
    return row | usual | more


def extract(
    warehouse: Any, as_of: date | str = AS_OF, cutoffs: int = 36, **settings: int
) -> ExtractedFeatures:
    return extract_features(
        **warehouse.place,
        warehouse_dataset=warehouse.warehouse_dataset,
        as_of=str(as_of),
        horizon_days=HORIZON,
        cutoffs=cutoffs,
        **settings,
    )


def seen(one: Row, cutoff: date, day: str = "sale_date") -> bool:
    """Return whether a version of a sale, or of a day on the site, was known at a cut-off."""
    known_from, known_until = one.get("known_from_date", one[day]), one.get("known_until_date", date.max)
    return one[day] < cutoff and known_from < cutoff <= known_until


def expected_sessions(sessions: pd.DataFrame, customer: str, cutoff: date) -> Row:
    """Return the features of a customer's days on the site, all missing where the first day is too late."""
    visits = [one for one in sessions.to_dict("records") if seen(one, cutoff, "event_date")]
    first = min((one["event_date"] for one in visits), default=cutoff)
    own = [
        ((cutoff - one["event_date"]).days, one["session_count"], int(one["add_to_cart_count"]))
        for one in visits
        if one["customer_key"] == customer and (cutoff - one["event_date"]).days <= HORIZON
    ]
    values = (
        min((age for age, _, _ in own), default=None),
        sum(count for age, count, _ in own if age <= HORIZON / 4),
        sum(count for _, count, _ in own),
        sum(carts for age, _, carts in own if age <= HORIZON / 2),
    )
    names = ("days_since_session", "sessions_in_quarter_horizon", "sessions_in_horizon")
    known = first <= cutoff - timedelta(days=HORIZON)
    return {
        name: value if known else None
        for name, value in zip((*names, "cart_adds_in_half_horizon"), values, strict=True)
    }


def only_currency(purchases: list[Row]) -> str | None:
    """Return the currency of all purchases, "unknown" if they name none, or None if they name several."""
    named = {one["currency"] or "unknown" for one in purchases}
    return named.pop() if len(named) == 1 else None


def expected(purchases: list[Row], cutoff: date, first_sale: date) -> Row:
    """Return the features of a customer's completed purchases, the first of which precedes the cut-off."""
    known = [one for one in purchases if seen(one, cutoff)]
    days = sorted({one["sale_date"] for one in known})
    ages = [(cutoff - day).days for day in days]
    spend = {day: sum(round(p["total_amount"] * 100) for p in known if p["sale_date"] == day) for day in days}
    gaps = [(after - before).days for before, after in itertools.pairwise(days)]
    recency, tenure, history = min(ages), max(ages), (cutoff - first_sale).days

    def visits_within(oldest: float, newest: int = 0) -> int:
        return sum(newest < age <= oldest for age in ages)

    def spend_within(oldest: float, newest: int = 0) -> float:
        return sum(spend[day] for day in days if newest < (cutoff - day).days <= oldest) / 100

    def decayed(scale: float) -> float:
        return sum(round(1e6 * math.exp(-age / scale)) for age in ages) / 1e6

    mean_gap = sum(gaps) / len(gaps) if gaps else None
    deviation = statistics.pstdev(gaps) if len(gaps) > 1 else None
    total = sum(spend.values())
    last_year = visits_within(364, 364 - HORIZON)
    return {
        "currency": only_currency(known),
        "recency_days": recency,
        "tenure_days": tenure,
        "visits": len(days),
        "sales": len(known),
        "items": sum(one["quantity"] for one in known),
        "categories": len({one["product_category"] for one in known} - {None}),
        "weekend_share": sum(day.weekday() >= 5 for day in days) / len(days),
        "spend": total / 100,
        "spend_largest": max(spend.values()) / 100,
        "spend_last": spend[days[-1]] / 100,
        "gap_mean": mean_gap,
        "gap_deviation": deviation,
        "gap_longest": max(gaps) if gaps else None,
        "gap_last": gaps[-1] if gaps else None,
        "longer_gap_share": sum(gap > recency for gap in gaps) / len(gaps) if gaps else None,
        "visits_in_quarter_horizon": visits_within(HORIZON / 4),
        "visits_in_half_horizon": visits_within(HORIZON / 2),
        "visits_in_horizon": visits_within(HORIZON),
        "visits_in_2_horizons": visits_within(2 * HORIZON),
        "visits_in_4_horizons": visits_within(4 * HORIZON),
        "spend_in_half_horizon": spend_within(HORIZON / 2),
        "spend_in_horizon": spend_within(HORIZON),
        "spend_in_2_horizons": spend_within(2 * HORIZON),
        "spend_in_4_horizons": spend_within(4 * HORIZON),
        "visits_decayed_fast": decayed(HORIZON / 2),
        "visits_decayed": decayed(HORIZON),
        "visits_decayed_slowly": decayed(3 * HORIZON),
        "history_days": history,
        "spend_mean": total / 100 / len(days),
        "spend_last_over_mean": spend[days[-1]] * len(days) / total if total else None,
        "visits_trend": visits_within(HORIZON) - visits_within(2 * HORIZON, HORIZON),
        "spend_trend": round(spend_within(HORIZON) - spend_within(2 * HORIZON, HORIZON), 2),
        "recency_over_tenure": recency / tenure,
        "recency_over_gap_mean": recency / mean_gap if mean_gap else None,
        "recency_over_gap_longest": recency / max(gaps) if gaps else None,
        "gap_variation": deviation / mean_gap if deviation is not None and mean_gap else None,
        "visits_same_window_last_year": last_year if history >= 364 and tenure > 364 - HORIZON else None,
    }


def all_expected(
    sales: pd.DataFrame, sessions: pd.DataFrame, cutoffs: tuple[date, ...]
) -> dict[tuple[date, str], Row]:
    """Return the features of every cut-off and customer who had bought before it."""
    purchases: dict[str, list[Row]] = {}
    for one in sales.astype(object).where(sales.notna(), None).to_dict("records"):
        if one["status"] == "completed" and one["customer_key"] and one["sale_date"] < AS_OF:
            purchases.setdefault(one["customer_key"], []).append(one)
    everyones = [one for of in purchases.values() for one in of]
    first_sales = {
        cutoff: min((one["sale_date"] for one in everyones if seen(one, cutoff)), default=None)
        for cutoff in cutoffs
    }
    return {
        (cutoff, customer): expected(of, cutoff, first_sale) | expected_sessions(sessions, customer, cutoff)
        for cutoff, first_sale in first_sales.items()
        for customer, of in purchases.items()
        if first_sale and any(seen(one, cutoff) for one in of)
    }


def without_keys(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in KEYS}


def assert_same(actual: dict[tuple[date, str], Row], wanted: dict[tuple[date, str], Row]) -> None:
    assert actual.keys() == wanted.keys()
    for key, row in wanted.items():
        assert actual[key] == {
            name: pytest.approx(value, rel=1e-12, abs=0) if isinstance(value, float) else value
            for name, value in row.items()
        }, key
