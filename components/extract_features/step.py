"""Extract churn features from the sales facts: at past cut-offs to train on, at the as-of date to score."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple, cast

from google.cloud.bigquery import Client

from components.extract_features.cutoffs import choose_cutoffs, choose_horizon
from components.extract_features.first_sale import find_first_sale
from components.shared.artifacts import Artifact, Table, describe_table, table_of
from components.shared.clients import bigquery_client
from components.shared.dates import parse_date
from components.shared.defaults import CUTOFFS, HORIZON_DAYS, TRAINING_ROWS_DAYS
from components.shared.errors import StepError
from components.shared.queries import Value, column_names, read_sql, run_query
from components.shared.retries import retry_transient
from components.shared.run_record import step_record

FOLDER = Path(__file__).parent
MOST_ROWS = 500_000  # to train on: about 170 MB of memory


class Chosen(NamedTuple):
    """What the step returns to the pipeline.

    If horizon_days was 0, the data determine it. One customer in one_in is trained on.
    """

    horizon_days: int
    one_in: int


@dataclass(frozen=True)
class ExtractedFeatures:
    """What an extraction wrote: rows per table, and the training rows' cut-offs, oldest first.

    One customer in one_in is trained on. bytes_read is what BigQuery reports for the sales and sessions, once
    for all cut-offs.
    """

    horizon_days: int
    bytes_read: int
    training_rows: int
    churned_rows: int
    scoring_rows: int
    one_in: int
    cutoff_dates: tuple[date, ...]


def run(
    *,
    project: str,
    location: str,
    bucket: str,
    features_dataset: str,
    as_of: str,
    run_id: str,
    max_query_gib: int,
    horizon_days: int,
    cutoffs: int,
    training_rows_days: int,
    fct_sales: Artifact,
    training_examples: Artifact,
    scoring_examples: Artifact,
) -> Chosen:
    """Extract as the pipeline's step, describe its two tables as artifacts, and return the choices."""
    with step_record(project, bucket, run_id, "extract_features", max_query_gib) as counts:
        extracted = extract_features(
            project=project,
            location=location,
            warehouse_dataset=table_of(fct_sales).dataset,
            features_dataset=features_dataset,
            as_of=as_of,
            horizon_days=horizon_days,
            cutoffs=cutoffs,
            training_rows_days=training_rows_days,
        )
        counts.update(asdict(extracted))
        describe_table(training_examples, Table(project, features_dataset, "churn_training_examples"))
        describe_table(scoring_examples, Table(project, features_dataset, "churn_scoring_examples"))
        return Chosen(extracted.horizon_days, extracted.one_in)


@retry_transient
def extract_features(
    *,
    project: str,
    location: str,
    warehouse_dataset: str,
    features_dataset: str,
    as_of: str,
    horizon_days: int = HORIZON_DAYS,
    cutoffs: int = CUTOFFS,
    training_rows_days: int = TRAINING_ROWS_DAYS,
    most_rows: int = MOST_ROWS,
) -> ExtractedFeatures:
    """Replace the as-of date's partition of churn_training_examples and churn_scoring_examples.

    If there would be more than most_rows to train on, one customer in one_in is trained on, always the same
    ones; every customer is scored. Training rows from training_rows_days or more before as_of are deleted.
    With a horizon_days of 0 the data determine the horizon. Raises StepError if as_of is not a date,
    no sale precedes it, no label window has closed before it, or training_rows_days is less than one.
    """
    day = parse_date(as_of)
    if training_rows_days < 1:
        raise StepError(f"training_rows_days={training_rows_days}: give at least 1")
    client = bigquery_client(project, location)
    first_sale_date = find_first_sale(client, project, warehouse_dataset, day)
    if horizon_days == 0:
        usual_gap = _find_usual_gap(client, project, warehouse_dataset, day)
        horizon_days = choose_horizon(usual_gap, first_sale_date, day)
    cutoff_dates = choose_cutoffs(day, first_sale_date, horizon_days, cutoffs)
    written = f"{project}.{features_dataset}"
    replacing = read_sql(
        FOLDER / "replace_examples.sql",
        project=project,
        features_dataset=features_dataset,
        training_columns=column_names(client, f"{written}.churn_training_examples"),
        scoring_columns=column_names(client, f"{written}.churn_scoring_examples"),
    )
    sql = features_statement(project, warehouse_dataset) + replacing
    parameters = features_parameters(day, horizon_days, cutoff_dates, most_rows)
    rows = run_query(client, sql, parameters | {"training_rows_days": training_rows_days})
    [counts] = rows
    return ExtractedFeatures(
        **dict(counts),
        horizon_days=horizon_days,
        bytes_read=rows.total_bytes_processed or 0,
        cutoff_dates=cutoff_dates,
    )


def features_statement(project: str, warehouse_dataset: str) -> str:
    """Return the statement that makes the temporary table `features`, one row per cut-off and customer."""
    return read_sql(FOLDER / "extract_features.sql", project=project, warehouse_dataset=warehouse_dataset)


def features_parameters(
    as_of: date, horizon_days: int, cutoff_dates: Sequence[date], most_rows: int = MOST_ROWS
) -> dict[str, Value]:
    """Return that statement's parameters for these cut-offs, oldest first, and the as-of date."""
    all_dates = [*cutoff_dates, as_of]
    return {
        "as_of": as_of,
        "horizon_days": horizon_days,
        "first_window_date": all_dates[0] - timedelta(days=horizon_days),
        "cutoff_dates": all_dates,
        "most_rows": most_rows,
    }


def _find_usual_gap(client: Client, project: str, warehouse_dataset: str, as_of: date) -> int | None:
    sql = read_sql(FOLDER / "usual_gap.sql", project=project, warehouse_dataset=warehouse_dataset)
    rows = list(run_query(client, sql, {"as_of": as_of}))
    return cast("int", rows[0].gap) if rows else None
