"""Score every customer of a day and make fact_predictions_churn's partition of that day say so."""

import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
from google.cloud.bigquery import Client

from components.churn_model import saved_model
from components.churn_model.model import ChurnModel
from components.shared.artifacts import Artifact, Table, describe_table, table_of
from components.shared.clients import bigquery_client
from components.shared.dates import parse_date, parse_time
from components.shared.errors import StepError
from components.shared.queries import Value, read_arrow, read_sql, run_query
from components.shared.retries import retried
from components.shared.run_record import step_record
from components.write_predictions.scores import loaded_scores, write_scores

FOLDER = Path(__file__).parent
RISK_BANDS: dict[str, Value] = {"high_risk": 0.7, "medium_risk": 0.4}


@dataclass(frozen=True)
class WrittenPredictions:
    """Customers in the day's partition by risk band, and how many rows this run changed."""

    customers: int
    high_risk: int
    medium_risk: int
    low_risk: int
    changed: int
    model_version: str


def run(
    *,
    project: str,
    location: str,
    bucket: str,
    warehouse_dataset: str,
    as_of: str,
    run_id: str,
    max_query_gib: int,
    scored_at: str,
    horizon_days: int,
    scoring_examples: Artifact,
    model: Artifact,
    predictions: Artifact,
) -> None:
    """Predict as the pipeline's step, and describe the predictions table as its artifact."""
    with step_record(project, bucket, run_id, "write_predictions", max_query_gib) as counts:
        written = write_predictions(
            project=project,
            location=location,
            features_dataset=table_of(scoring_examples).dataset,
            warehouse_dataset=warehouse_dataset,
            as_of=as_of,
            horizon_days=horizon_days,
            model_path=model.path,
            run_id=run_id,
            scored_at=scored_at,
        )
        counts.update(asdict(written))
        describe_table(predictions, Table(project, warehouse_dataset, "fact_predictions_churn"))


@retried
def write_predictions(
    *,
    project: str,
    location: str,
    features_dataset: str,
    warehouse_dataset: str,
    as_of: str,
    horizon_days: int,
    model_path: str,
    run_id: str,
    scored_at: str,
    batch_rows: int = 50_000,
) -> WrittenPredictions:
    """Replace the as-of date's predictions at once; rows that stay the same keep their run and time.

    Raises StepError when there is nobody to score or the model looks ahead by another horizon.
    """
    day, time = parse_date(as_of), parse_time(scored_at, "scored_at")
    datasets = {
        "project": project,
        "features_dataset": features_dataset,
        "warehouse_dataset": warehouse_dataset,
    }
    model = _load_model(model_path, horizon_days)
    client = bigquery_client(project, location)
    provenance: dict[str, Value] = {
        "as_of": day,
        "horizon_days": horizon_days,
        "model_version": model.version,
        "pipeline_run_id": run_id,
        "scored_at": time,
    }
    with tempfile.TemporaryFile() as file:
        examples = _read_examples(client, datasets, day, horizon_days, batch_rows)
        if not write_scores(model, examples, day, file):
            raise StepError(
                f"{features_dataset}.churn_scoring_examples has no row of {as_of} with horizon_days="
                f"{horizon_days}: run extract_features for that date and horizon first"
            )
        with loaded_scores(client, features_dataset, run_id, file) as scores:
            run_query(client, _sql("replace_partition", datasets, scores=scores), provenance | RISK_BANDS)
    [counts] = run_query(
        client,
        _sql("count_predictions", datasets),
        {"as_of": day, "pipeline_run_id": run_id},
    )
    return WrittenPredictions(**dict(counts), model_version=model.version)


def _sql(name: str, datasets: dict[str, str], **more: str) -> str:
    return read_sql(FOLDER / f"{name}.sql", **datasets, **more)


def _read_examples(
    client: Client, datasets: dict[str, str], as_of: date, horizon_days: int, batch_rows: int
) -> Iterator[pa.Table]:
    parameters: dict[str, Value] = {"as_of": as_of, "horizon_days": horizon_days}
    return read_arrow(client, _sql("scoring_examples", datasets), parameters, batch_rows)


def _load_model(path: str, horizon_days: int) -> ChurnModel:
    model = saved_model.load(Path(path)).served
    if model.horizon_days != horizon_days:
        raise StepError(
            f"the model looks {model.horizon_days} days ahead, not horizon_days={horizon_days}: train one "
            "for that horizon"
        )
    return model
