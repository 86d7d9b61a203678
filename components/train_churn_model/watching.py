"""Watching: how today's customers differ from the training's, what came of predictions, what to warn of."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from google.cloud.bigquery import Client

from components.shared.queries import Value, read_arrow, read_sql, run_query
from components.train_churn_model.evaluation import newest, predict_newest
from components.train_churn_model.examples import Examples, to_matrix
from components.train_churn_model.model import ChurnModel
from components.train_churn_model.stability import Stability, compare

FOLDER = Path(__file__).parent
MOST_ROWS = 50_000
LARGE_SHIFT = 0.25  # population stability index of a bounded column
MISSING_SHIFT = 0.10
VOLUME_RATIO = 2.0
CALIBRATION_SHIFT = 0.05  # mean predicted against actual churn, once a window has closed
UNSEEN_SHARE = 0.10

type Places = dict[str, str]


@dataclass(frozen=True)
class Outcome:
    """What came of one day's predictions."""

    prediction_date: date
    model_version: str
    customers: int
    predicted: float
    churned: float
    log_loss: float
    brier: float


@dataclass(frozen=True)
class Watch:
    """A day's drift and past outcomes, the newest first, with warnings in words."""

    customers: int
    training_customers: int
    unseen_share: float
    columns: list[Stability]
    outcomes: list[Outcome]
    warnings: list[str]


def watch(
    client: Client, places: Places, as_of: date, horizon_days: int, examples: Examples, model: ChurnModel
) -> Watch | None:
    """Compare, judge past predictions and write both to tables; None when there is nobody to score.

    places holds project, features_dataset and warehouse_dataset.
    """
    asked: dict[str, Value] = {"as_of": as_of, "horizon_days": horizon_days}
    [counted] = run_query(client, _sql("count_scoring", places), asked)
    if not counted.examples:
        return None
    one_in = max(1, -(-counted.examples // MOST_ROWS))
    sample = read_arrow(client, _sql("scoring_sample", places), asked | {"one_in": one_in})
    today = np.concatenate([to_matrix(table) for table in sample])
    training = newest(examples)
    scores = predict_newest(model, training), model.predict(today, as_of)
    columns = compare(training.features, today, scores)
    _write_drift(client, places, as_of, columns)
    outcomes = [Outcome(**dict(row)) for row in run_query(client, _sql("churn_outcomes", places), asked)]
    [unseen] = run_query(client, _sql("unseen_categories", places), asked)
    share = float(unseen.unseen_share or 0)
    volumes = int(counted.examples), len(training.churned)
    return Watch(*volumes, share, columns, outcomes, _warnings(*volumes, share, columns, outcomes))


def _write_drift(client: Client, places: Places, as_of: date, columns: list[Stability]) -> None:
    parameters: dict[str, Value] = {
        "as_of": as_of,
        "columns": [column.column for column in columns],
        "bounded": [column.bounded for column in columns],
        "stability": [round(column.index, 9) for column in columns],
        "missing_share": [column.missing_share for column in columns],
        "training_missing_share": [column.training_missing_share for column in columns],
    }
    run_query(client, _sql("churn_drift", places), parameters)


def _warnings(
    customers: int, training: int, unseen: float, columns: list[Stability], outcomes: list[Outcome]
) -> list[str]:
    warnings = [
        f"{one.column} has shifted: stability index {one.index:.2f}, over {LARGE_SHIFT}"
        for one in columns
        if one.bounded and one.index > LARGE_SHIFT
    ]
    warnings += [
        f"{one.column} is missing for {one.missing_share:.0%} of customers, {one.training_missing_share:.0%} "
        "in training"
        for one in columns
        if one.bounded and abs(one.missing_share - one.training_missing_share) > MISSING_SHIFT
    ]
    if not 1 / VOLUME_RATIO <= customers / training <= VOLUME_RATIO:
        warnings.append(
            f"{customers:,} customers to score, {training:,} at the newest cut-off of the training"
        )
    if unseen > UNSEEN_SHARE:
        warnings.append(f"{unseen:.0%} of recent sales are in categories never sold before")
    if outcomes and abs(outcomes[0].predicted - outcomes[0].churned) > CALIBRATION_SHIFT:
        last = outcomes[0]
        warnings.append(
            f"of {last.prediction_date}'s customers {last.churned:.1%} churned, "
            f"{last.predicted:.1%} were predicted"
        )
    return warnings


def _sql(name: str, places: Places) -> str:
    return read_sql(FOLDER / f"{name}.sql", **places)
