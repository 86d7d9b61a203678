"""Read a day's training examples from their table."""

from datetime import date
from pathlib import Path

from google.cloud.bigquery import Client

from components.churn_model.examples import Examples, collect_examples
from components.shared.errors import StepError
from components.shared.queries import read_arrow, read_sql

FOLDER = Path(__file__).parent


def read_training_examples(
    client: Client, project: str, features_dataset: str, as_of: date, horizon_days: int
) -> Examples:
    """Return a day's examples, by cut-off and customer; raise StepError if there are none."""
    identifiers = {"project": project, "features_dataset": features_dataset}
    sql = read_sql(FOLDER / "training_examples.sql", **identifiers)
    examples = collect_examples(read_arrow(client, sql, {"as_of": as_of, "horizon_days": horizon_days}))
    if examples is None:
        raise StepError(
            f"{features_dataset}.churn_training_examples has no rows for {as_of} with horizon_days="
            f"{horizon_days}: run extract_features for that date and horizon first"
        )
    return examples
