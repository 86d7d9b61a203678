"""How far today's customers differ from those the model was trained on, stored in churn_drift."""

from pathlib import Path

import numpy as np
from google.cloud.bigquery import Client

from components.churn_model.examples import Floats, to_matrix
from components.shared.errors import StepError
from components.shared.queries import Value, read_arrow, read_sql, run_query
from components.watch_predictions.stability import Stability

FOLDER = Path(__file__).parent
MOST_ROWS = 50_000  # of customers to score in memory


def read_today(
    client: Client, identifiers: dict[str, str], parameters: dict[str, Value]
) -> tuple[int, Floats]:
    """Return how many customers there are to score, and the features of about MOST_ROWS of them.

    Raises StepError if there are none.
    """
    [counted] = run_query(client, read_sql(FOLDER / "count_scoring.sql", **identifiers), parameters)
    if not counted.examples:
        table = f"{identifiers['features_dataset']}.churn_scoring_examples"
        raise StepError(
            f"{table} has no rows for {parameters['as_of']}: run extract_features for that date first"
        )
    one_in = max(1, -(-counted.examples // MOST_ROWS))
    sql = read_sql(FOLDER / "scoring_sample.sql", **identifiers)
    sample = read_arrow(client, sql, parameters | {"one_in": one_in})
    return int(counted.examples), np.concatenate([to_matrix(table) for table in sample])


def keep_drift(client: Client, identifiers: dict[str, str], as_of: Value, columns: list[Stability]) -> None:
    """Replace a day's rows in churn_drift with the stability of its columns."""
    parameters: dict[str, Value] = {
        "as_of": as_of,
        "columns": [column.column for column in columns],
        "bounded": [column.bounded for column in columns],
        "stability": [round(column.index, 9) for column in columns],
        "missing_share": [column.missing_share for column in columns],
        "training_missing_share": [column.training_missing_share for column in columns],
    }
    run_query(client, read_sql(FOLDER / "churn_drift.sql", **identifiers), parameters)
