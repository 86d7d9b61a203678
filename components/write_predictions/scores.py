"""A run's scores: made batch by batch into a Parquet file, loaded to a table for as long as it is needed."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud.bigquery import Client, LoadJobConfig, SchemaField, Table
from google.cloud.bigquery.format_options import ParquetOptions

from components.churn_model.examples import to_matrix
from components.churn_model.model import ChurnModel
from components.shared.jobs import job_prefix, labels

PLACES = 6
COLUMNS = pa.schema(
    [
        pa.field("customer_key", pa.string(), nullable=False),
        pa.field("churn_probability", pa.float64(), nullable=False),
        pa.field("top_reasons", pa.list_(pa.string())),
    ]
)
FIELDS = [
    SchemaField("customer_key", "STRING", "REQUIRED"),
    SchemaField("churn_probability", "FLOAT64", "REQUIRED"),
    SchemaField("top_reasons", "STRING", "REPEATED"),
]


def score(model: ChurnModel, examples: pa.Table, as_of: date) -> pa.Table:
    """Return customer_key, churn_probability and top_reasons of scoring examples."""
    features = to_matrix(examples)
    probability, reasons = model.explain(features, as_of)
    columns = [examples["customer_key"], np.round(probability, PLACES), reasons]
    return pa.table(columns, schema=COLUMNS)


def write_scores(model: ChurnModel, tables: Iterable[pa.Table], as_of: date, file: IO[bytes]) -> int:
    """Write the scores of all tables to a Parquet file, one in memory at a time; return the rows."""
    rows = 0
    with pq.ParquetWriter(file, COLUMNS) as writer:
        for examples in tables:
            writer.write_table(score(model, examples, as_of))
            rows += examples.num_rows
    return rows


@contextmanager
def loaded_scores(client: Client, dataset: str, run_id: str, file: IO[bytes]) -> Iterator[str]:
    """Load a Parquet file of scores and give the table's name; the table is deleted afterwards.

    BigQuery itself deletes it after a day, should this process be killed.
    """
    digest = hashlib.sha256(run_id.encode()).hexdigest()[:16]
    table = Table(f"{client.project}.{dataset}.churn_scores_{digest}", schema=FIELDS)
    table.expires = datetime.now(UTC) + timedelta(days=1)
    client.delete_table(table, not_found_ok=True)
    client.create_table(table)
    try:
        client.load_table_from_file(
            file, table, rewind=True, job_config=_load_settings(), job_id_prefix=job_prefix()
        ).result()
        yield table.table_id
    finally:
        client.delete_table(table, not_found_ok=True)


def _load_settings() -> LoadJobConfig:
    lists = ParquetOptions()
    lists.enable_list_inference = True
    return LoadJobConfig(
        source_format="PARQUET",
        parquet_options=lists,
        schema=FIELDS,
        write_disposition="WRITE_TRUNCATE",
        labels=labels(),
    )
