"""The training examples of a day, read from the table that holds them."""

from datetime import date
from pathlib import Path

from google.cloud.bigquery import Client

from components.churn_model.examples import Examples, collect_examples
from components.shared.errors import StepError
from components.shared.queries import Value, read_arrow, read_sql, run_query

FOLDER = Path(__file__).parent
MOST_ROWS = 500_000  # of training examples in memory: about 170 MB


def read_training_examples(
    client: Client,
    project: str,
    features_dataset: str,
    as_of: date,
    horizon_days: int,
    most_rows: int = MOST_ROWS,
) -> Examples:
    """Return about most_rows of a day's examples: of one customer in so many all cut-offs, always the same.

    Raises StepError when there is none.
    """
    identifiers = {"project": project, "features_dataset": features_dataset}
    parameters: dict[str, Value] = {"as_of": as_of, "horizon_days": horizon_days}
    [counted] = run_query(client, read_sql(FOLDER / "count_training_examples.sql", **identifiers), parameters)
    one_in = max(1, -(-int(counted.examples) // most_rows))
    sql = read_sql(FOLDER / "training_examples.sql", **identifiers)
    examples = collect_examples(read_arrow(client, sql, parameters | {"one_in": one_in}))
    if examples is None:
        raise StepError(
            f"{features_dataset}.churn_training_examples has no row of {as_of} with horizon_days="
            f"{horizon_days}: run extract_features for that date and horizon first"
        )
    return examples
