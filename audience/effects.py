"""Measure a campaign whose window has closed, and store the result."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date

import numpy as np

from audience.verdicts import Arms, Effect, judge_churn, judge_spend
from audience.warehouse import Row, Warehouse
from components.shared.errors import StepError
from components.shared.queries import Value


def measure(warehouse: Warehouse, campaign: str, points: float, cost: float | None = None) -> list[Effect]:
    """Return a campaign's effect on churn and on spend in each currency, and store it in retention_effects.

    points is the effect on churn to detect, as a share; cost is the cost of treating one customer. Raises
    StepError for a campaign that does not exist, or whose window has not closed.
    """
    [found] = warehouse.ask("campaign", {"campaign": campaign})
    started_on, closes_on = _check_window(campaign, found)
    which: dict[str, Value] = {"campaign": campaign, "started_on": started_on}
    rows = warehouse.ask("outcomes", which | {"closes_on": closes_on})
    effects = [*_judge_effects(rows, found["holdout_share"], points, cost)]
    measured = {"measured_as_of": found["as_of"], "effects": [json.dumps(asdict(each)) for each in effects]}
    warehouse.ask("record_effects", which | measured)
    return effects


def _check_window(campaign: str, found: Row) -> tuple[date, date]:
    if not found["started_on"]:
        raise StepError(f"there is no campaign {campaign}, or all its customers have been erased")
    if found["as_of"] < found["closes_on"]:
        raise StepError(
            f"{campaign} cannot be measured yet: its window closes on {found['closes_on']}; the warehouse "
            f"is as of {found['as_of']}; measure it after the run of {found['closes_on']}"
        )
    return found["started_on"], found["closes_on"]


def _judge_effects(rows: list[Row], share: float, points: float, cost: float | None) -> Iterator[Effect]:
    arms = _arms(rows)
    yield judge_churn(arms, share, points, cost)
    currencies = np.array([row["currency"] for row in rows])
    for currency in sorted(set(currencies.tolist())):
        yield judge_spend(arms.take(currencies == currency), currency, share)


def _arms(rows: list[Row]) -> Arms:
    columns = ("churn_probability", "expected_spend", "churned", "spent")
    return Arms(
        np.array([row["listed"] for row in rows], dtype=bool),
        *(np.array([row[name] for row in rows], dtype=np.float64) for name in columns),
    )
