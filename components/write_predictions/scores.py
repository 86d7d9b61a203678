"""A run's scores: written batch by batch to Parquet files, and loaded into a temporary table."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud.bigquery import Client, LoadJobConfig, SchemaField, Table
from google.cloud.bigquery.format_options import ParquetOptions

from components.churn_model import expected_spend, prospects
from components.churn_model.examples import to_currencies, to_matrix
from components.churn_model.expected_spend import DaySpend
from components.churn_model.model import ChurnModel
from components.shared.jobs import job_prefix, labels

PLACES = 6
PARTS = "mlops/pipeline_root/scores/{run_id}/{shard:05}-of-{shards:05}.parquet"  # among runs' artifacts
KEYS = 2**64  # a customer_key is a digest in hexadecimal, so its first 16 digits are spread evenly
COLUMNS = pa.schema(
    [
        pa.field("customer_key", pa.string(), nullable=False),
        pa.field("churn_probability", pa.float64(), nullable=False),
        pa.field("top_reasons", pa.list_(pa.string())),
        *prospects.COLUMNS,
        *expected_spend.COLUMNS,
    ]
)
PREDICTED_COLUMNS = [*COLUMNS.names, "risk_band", "decile"]  # replace_partition.sql adds the last two
TYPES = {pa.string(): "STRING", pa.float64(): "FLOAT64", pa.date32(): "DATE"}


def score(model: ChurnModel, examples: pa.Table, as_of: date, day_spend: DaySpend | None = None) -> pa.Table:
    """Return COLUMNS for scoring examples; those of spend are null without a spend model."""
    features = to_matrix(examples)
    probability, reasons = model.explain(features, as_of, to_currencies(examples))
    later = prospects.prospects(model, features, probability, as_of)
    spend = expected_spend.spend_columns(day_spend, features, to_currencies(examples), probability)
    columns = [examples["customer_key"], np.round(probability, PLACES), reasons, *later, *spend]
    return pa.table(columns, schema=COLUMNS)


def write_scores(
    model: ChurnModel,
    tables: Iterable[pa.Table],
    as_of: date,
    file: IO[bytes],
    day_spend: DaySpend | None = None,
) -> int:
    """Write the scores of all tables to a Parquet file, one in memory at a time; return the row count."""
    rows = 0
    with pq.ParquetWriter(file, COLUMNS) as writer:
        for examples in tables:
            writer.write_table(score(model, examples, as_of, day_spend))
            rows += examples.num_rows
    return rows


def key_range(shard: int, shards: int) -> dict[str, str]:
    """Return a shard's first customer_key, and the next shard's; the shards cover every possible text.

    Ranges rather than a modulus, since tables are clustered by the key: a shard reads only its rows.
    """
    first, end = (f"{KEYS * number // shards:016x}" for number in (shard, shard + 1))
    return {"first_key": first if shard else "", "end_key": end if shard + 1 < shards else "\U0010ffff"}


def part_name(run_id: str, shard: int, shards: int) -> str:
    """Return the name of the object that contains a shard's scores."""
    return PARTS.format(run_id=run_id, shard=shard, shards=shards)


@contextmanager
def loaded_scores(
    client: Client, dataset: str, run_id: str, source: IO[bytes] | Sequence[str]
) -> Iterator[tuple[str, int]]:
    """Load scores from a Parquet file or the shards' objects; provide the table's name and row count.

    The table is deleted afterwards, or by BigQuery itself after a day if this process is killed.
    """
    digest = hashlib.sha256(run_id.encode()).hexdigest()[:16]
    table = Table(f"{client.project}.{dataset}.churn_scores_{digest}", schema=bigquery_schema())
    table.expires = datetime.now(UTC) + timedelta(days=1)
    client.delete_table(table, not_found_ok=True)
    client.create_table(table)
    try:
        given: dict[str, Any] = {"job_config": _load_settings(), "job_id_prefix": job_prefix()}
        if isinstance(source, Sequence):
            job = client.load_table_from_uri(source, table, **given)
        else:
            job = client.load_table_from_file(source, table, rewind=True, **given)
        job.result()
        yield table.table_id, job.output_rows or 0
    finally:
        client.delete_table(table, not_found_ok=True)


def bigquery_schema() -> list[SchemaField]:
    """Return COLUMNS as BigQuery's fields."""
    return [_field(column) for column in COLUMNS]


def _field(column: pa.Field) -> SchemaField:
    if pa.types.is_list(column.type):
        return SchemaField(column.name, TYPES[column.type.value_type], "REPEATED")
    return SchemaField(column.name, TYPES[column.type], "NULLABLE" if column.nullable else "REQUIRED")


def _load_settings() -> LoadJobConfig:
    lists = ParquetOptions()
    lists.enable_list_inference = True
    return LoadJobConfig(
        source_format="PARQUET",
        parquet_options=lists,
        schema=bigquery_schema(),
        write_disposition="WRITE_TRUNCATE",
        labels=labels(),
    )
