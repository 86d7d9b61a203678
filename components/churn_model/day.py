"""Adapt the model to a day: the parts that need no labels are fitted to that day's own customers."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
from google.cloud.bigquery import Client
from scipy.optimize import brentq
from scipy.special import expit

from components.churn_model.amounts import AmountModel
from components.churn_model.examples import Floats, Texts, to_currencies, to_matrix
from components.churn_model.expected_spend import SpendFit, fit_spend_day
from components.churn_model.features import NAMES
from components.churn_model.model import ChurnModel
from components.churn_model.purchase_model import MOST_CUSTOMERS, PurchaseModel, fit_purchases
from components.churn_model.spend_model import SpendModel
from components.shared.errors import StepError
from components.shared.queries import Value, read_arrow, read_sql

SQL = Path(__file__).with_name("scoring_sample.sql")
VISITS, GAP_VARIATION = (NAMES.index(name) for name in ("visits", "gap_variation"))
RHYTHM_VISITS = 5  # from this many visits on, a customer's gaps show how regular they are
RHYTHM_CUSTOMERS = 50
# Gaps drawn at random deviate by about their mean, less where there are few: shops with irregular buying have
# a median variation of .65 and more, subscription renewals .1.
REGULAR, IRREGULAR = 0.15, 0.45


@dataclass(frozen=True)
class DayFit:
    """The day's MBG/NBD, how far it is trusted (0 to 1), and level, the shift of all log odds.

    spend is what the day adds to the spend model, if there is one. The fields are stored by name.
    """

    purchases: PurchaseModel
    trust: float
    level: float
    spend: SpendFit | None = None


class Customers(NamedTuple):
    """The customers of a day, or a sample of them: features by NAMES, and each customer's currency."""

    features: Floats
    currencies: Texts


def fit_day(model: ChurnModel, features: Floats, at: date, purchases: PurchaseModel | None = None) -> DayFit:
    """Fit to a day's customers (rows by NAMES) or a sample; pass purchases if already fitted."""
    purchases = purchases or fit_purchases(features)
    fitted = DayFit(purchases, trust_of(features), 0.0)
    return replace(fitted, level=_level(on_day(model, fitted), features, at))


def fit_whole_day(
    churn_model: ChurnModel, spend_model: SpendModel | None, customers: Customers, at: date
) -> DayFit:
    """Fit the churn model, and its spend model if any, to the customers of a day.

    Done once, so that any subset of the customers gets the same result as when all are scored together.
    """
    fitted = fit_day(churn_model, customers.features, at)
    if spend_model is None or not churn_model.ranks:
        return fitted
    day_spend = fit_spend_day(on_day(churn_model, fitted), spend_model, *customers, at)
    return replace(fitted, spend=day_spend.fit)


def on_day(model: ChurnModel, day: DayFit) -> ChurnModel:
    """Return the model adapted to the day; its version stays the same."""
    return replace(model, purchases=day.purchases, trust=day.trust, level=day.level)


def trust_of(features: Floats) -> float:
    """Return how far MBG/NBD, which assumes irregular buying, can be trusted."""
    variation = features[features[:, VISITS] >= RHYTHM_VISITS, GAP_VARIATION]
    variation = variation[~np.isnan(variation)]
    if len(variation) < RHYTHM_CUSTOMERS:
        return 1.0
    return float(np.clip((np.median(variation) - REGULAR) / (IRREGULAR - REGULAR), 0.0, 1.0))


def _level(model: ChurnModel, features: Floats, at: date) -> float:
    """Return the shift that moves the mean halfway to MBG/NBD's if last year's season is unknown, else 0.

    The other members learnt their level at cut-offs of other seasons; MBG/NBD has no labels that could
    mislead it. The less it is trusted, the smaller the shift.
    """
    if model.linear is None or model.season is None or model.season.reaches(at, model.horizon_days):
        return 0.0
    log_odds = model.blend(features, at).log_odds
    own = float(expit(log_odds).mean())
    target = float(model.purchases.silence_probability(features, model.horizon_days).mean())
    goal = own + model.trust * (target - own) / 2
    return float(brentq(lambda level: expit(log_odds + level).mean() - goal, -50.0, 50.0))


def read_sample(
    client: Client, project: str, features_dataset: str, as_of: date, horizon_days: int
) -> Customers | None:
    """Return a day's customers, at most MOST_CUSTOMERS of them; None if there are none."""
    sql = read_sql(SQL, project=project, features_dataset=features_dataset)
    parameters: dict[str, Value] = {"as_of": as_of, "horizon_days": horizon_days, "most": MOST_CUSTOMERS}
    parts = [(to_matrix(table), to_currencies(table)) for table in read_arrow(client, sql, parameters)]
    return Customers(*map(np.concatenate, zip(*parts, strict=True))) if parts else None


def as_json(day: DayFit, version: str) -> str:
    """Return the JSON that stores how a model version is adapted to a day."""
    return json.dumps({"version": version} | asdict(day), indent=1)


def from_json(text: str, version: str) -> DayFit:
    """Return the fit that as_json stored; raise StepError if it belongs to another model."""
    kept = json.loads(text)
    if kept.pop("version") != version:
        raise StepError(f"the day's fit belongs to another model than {version}: train again")
    spend = kept.get("spend")
    return DayFit(
        **kept
        | {
            "purchases": PurchaseModel(**kept["purchases"]),
            "spend": SpendFit(**spend | {"amounts": AmountModel(**spend["amounts"])}) if spend else None,
        }
    )
