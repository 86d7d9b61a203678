"""The outcomes of past predictions, once their windows have closed."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from google.cloud.bigquery import Client

from components.shared.queries import Value, read_sql, run_query

SQL = Path(__file__).with_name("churn_outcomes.sql")


@dataclass(frozen=True)
class Outcome:
    """The outcome of one day's predictions: mean predicted churn, the share that churned, the errors."""

    prediction_date: date
    model_version: str
    customers: int
    predicted: float
    churned: float
    log_loss: float
    brier: float


def keep_outcomes(client: Client, identifiers: dict[str, str], parameters: dict[str, Value]) -> list[Outcome]:
    """Add the outcomes that are new since the last call, and return the newest twelve days'."""
    rows = run_query(client, read_sql(SQL, **identifiers), parameters)
    return [Outcome(**dict(row)) for row in rows]
