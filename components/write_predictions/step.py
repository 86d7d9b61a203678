"""Score every customer of a day and replace that day's partition of fact_predictions_churn."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
from google.api_core.exceptions import NotFound
from google.cloud.bigquery import Client

from components.churn_model import saved_model
from components.churn_model.saved_model import SavedModel
from components.shared.artifacts import Artifact, Table, describe_table, table_of
from components.shared.clients import bigquery_client, storage_client
from components.shared.dates import parse_date, parse_time
from components.shared.errors import StepError
from components.shared.logs import log
from components.shared.queries import Value, read_arrow, read_sql, run_query
from components.shared.retries import retry_transient
from components.shared.run_record import step_record
from components.write_predictions.bands import RISK_BANDS
from components.write_predictions.scores import (
    PREDICTED_COLUMNS,
    key_range,
    loaded_scores,
    part_name,
    write_scores,
)

FOLDER = Path(__file__).parent
BATCH_ROWS = 50_000


@dataclass(frozen=True)
class WrittenPredictions:
    """Customers in the day's partition by risk band, and how many rows this run changed.

    ranks says whether the model ranks customers; if the base rate serves, there are no bands.
    """

    customers: int
    high_risk: int
    medium_risk: int
    low_risk: int
    changed: int
    model_version: str
    ranks: bool


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
    scoring_shards: int,
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
            shards=scoring_shards,
            bucket=bucket,
        )
        counts.update(asdict(written))
        describe_table(predictions, Table(project, warehouse_dataset, "fact_predictions_churn"))


@retry_transient
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
    batch_rows: int = BATCH_ROWS,
    shards: int = 1,
    bucket: str = "",
) -> WrittenPredictions:
    """Replace the as-of date's predictions atomically; unchanged rows keep their run and time.

    With several shards, the scores are in the bucket, where score_shard wrote them, and are deleted once
    read: if an attempt that did so was then killed, they are computed here. Raises StepError if there is
    nobody to score or the model has another horizon.
    """
    day, time = parse_date(as_of), parse_time(scored_at, "scored_at")
    datasets = {
        "project": project,
        "features_dataset": features_dataset,
        "warehouse_dataset": warehouse_dataset,
    }
    saved = _load_model(model_path, horizon_days)
    model = saved.served
    client = bigquery_client(project, location)
    parts = [part_name(run_id, shard, shards) for shard in range(shards)] if shards > 1 else []
    is_loading = bool(parts) and _are_whole(project, bucket, parts)
    provenance: dict[str, Value] = {
        "as_of": day,
        "horizon_days": horizon_days,
        "ranks": model.ranks,
        "model_version": model.version,
        "pipeline_run_id": run_id,
        "scored_at": time,
    }
    with tempfile.TemporaryFile() as file:
        if not is_loading:
            examples = _read_examples(client, datasets, day, horizon_days, batch_rows)
            written = write_scores(model, examples, day, file, saved.day_spend)
            _refuse_nobody(written, datasets, day, horizon_days)
        source = [f"gs://{bucket}/{part}" for part in parts] if is_loading else file
        with loaded_scores(client, features_dataset, run_id, source) as (scores, rows):
            _refuse_nobody(rows, datasets, day, horizon_days)
            replacing = _sql(
                "replace_partition", datasets, scores=scores, predicted_columns=PREDICTED_COLUMNS
            )
            run_query(client, replacing, provenance | RISK_BANDS)
    [counts] = run_query(
        client,
        _sql("count_predictions", datasets),
        {"as_of": day, "pipeline_run_id": run_id},
    )
    _delete_parts(project, bucket, parts)
    return WrittenPredictions(**dict(counts), model_version=model.version, ranks=model.ranks)


@retry_transient
def score_shard(
    *,
    project: str,
    location: str,
    bucket: str,
    features_dataset: str,
    as_of: str,
    horizon_days: int,
    model_path: str,
    run_id: str,
    shard: int,
    shards: int,
    batch_rows: int = BATCH_ROWS,
) -> int:
    """Write the scores of a shard's customers to the bucket, for write_predictions; return the count."""
    day = parse_date(as_of)
    datasets = {"project": project, "features_dataset": features_dataset}
    saved = _load_model(model_path, horizon_days)
    client = bigquery_client(project, location)
    part = storage_client(project).bucket(bucket).blob(part_name(run_id, shard, shards))
    with tempfile.TemporaryFile() as file:
        examples = _read_examples(client, datasets, day, horizon_days, batch_rows, key_range(shard, shards))
        rows = write_scores(saved.served, examples, day, file, saved.day_spend)
        part.upload_from_file(file, rewind=True)
    return rows


def run_shard(
    *,
    project: str,
    location: str,
    bucket: str,
    as_of: str,
    run_id: str,
    max_query_gib: int,
    horizon_days: int,
    shard: int,
    shards: int,
    scoring_examples: Artifact,
    model: Artifact,
) -> None:
    """Score a shard as a task of the pipeline, with a record of its own."""
    with step_record(project, bucket, run_id, f"score_shard_{shard:05}", max_query_gib) as counts:
        counts["customers"] = score_shard(
            project=project,
            location=location,
            bucket=bucket,
            features_dataset=table_of(scoring_examples).dataset,
            as_of=as_of,
            horizon_days=horizon_days,
            model_path=model.path,
            run_id=run_id,
            shard=shard,
            shards=shards,
        )


def _refuse_nobody(rows: int, datasets: dict[str, str], as_of: date, horizon_days: int) -> None:
    if not rows:
        raise StepError(
            f"{datasets['features_dataset']}.churn_scoring_examples has no rows for {as_of} with "
            f"horizon_days={horizon_days}: run extract_features for that date and horizon first"
        )


def _are_whole(project: str, bucket: str, parts: Sequence[str]) -> bool:
    """Return whether the shards' scores are there: an earlier attempt may have begun to delete them."""
    if storage_client(project).bucket(bucket).blob(parts[0]).exists():  # the first that is deleted
        return True
    log("WARNING", f"gs://{bucket}/{parts[0]} is gone: every customer is scored here")
    return False


def _delete_parts(project: str, bucket: str, parts: Sequence[str]) -> None:
    for part in parts:
        with suppress(NotFound):  # an attempt whose response was lost
            storage_client(project).bucket(bucket).blob(part).delete()


def _sql(name: str, datasets: dict[str, str], **more: str | Sequence[str]) -> str:
    return read_sql(FOLDER / f"{name}.sql", **datasets, **more)


def _read_examples(
    client: Client,
    datasets: dict[str, str],
    as_of: date,
    horizon_days: int,
    batch_rows: int,
    keys: dict[str, str] | None = None,
) -> Iterator[pa.Table]:
    parameters: dict[str, Value] = {"as_of": as_of, "horizon_days": horizon_days}
    parameters |= keys or key_range(0, 1)
    return read_arrow(client, _sql("scoring_examples", datasets), parameters, batch_rows)


def _load_model(path: str, horizon_days: int) -> SavedModel:
    model = saved_model.load(Path(path))
    ahead = model.served.horizon_days
    if ahead != horizon_days:
        raise StepError(
            f"the model predicts {ahead} days ahead, not horizon_days={horizon_days}: "
            "train one for that horizon"
        )
    return model
