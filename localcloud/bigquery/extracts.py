"""Extract jobs and EXPORT DATA: BIGNUMERIC is written as text, or to Parquet as a decimal of 256 bits."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import duckdb
from local_bigquery.engine.database import quote
from local_bigquery.errors import not_implemented
from local_bigquery.jobs import extract
from local_bigquery.models import JobConfigurationExtract

from localcloud.bigquery.bignumeric import HELD
from localcloud.bigquery.googlesql.bignumeric import MEMBER
from localcloud.bigquery.wide_decimals import widen_file

MAGIC = b"PAR1"  # with which Parquet files begin


def write_bignumeric() -> None:
    """Patch extract jobs accordingly. Call once per process."""
    extract.write, extract.written = _wrap_write(extract.write), _wrap_written(extract.written)


def _wrap_write(write: Callable[..., int]) -> Callable[..., int]:
    def write_numbers(
        cursor: duckdb.DuckDBPyConnection, query: str, bound: Any, config: JobConfigurationExtract
    ) -> int:
        texts = [] if config.destinationFormat == "PARQUET" else list(_texts(cursor.sql(query, params=bound)))
        if texts:
            query = f"SELECT * REPLACE ({', '.join(texts)}) FROM ({query})"
        return write(cursor, query, bound, config)

    return write_numbers


def _texts(rows: duckdb.DuckDBPyRelation) -> Iterator[str]:
    for name, kind in zip(rows.columns, rows.types, strict=True):
        if HELD.holds(kind):
            yield f"bq.main._bignumeric_text({quote(name)}) AS {quote(name)}"
        elif MEMBER in str(kind):
            raise not_implemented(f"BIGNUMERIC within an array or a struct, other than in Parquet: {name}")


def _wrap_written(
    written: Callable[[str], AbstractContextManager[str]],
) -> Callable[[str], AbstractContextManager[str]]:
    @contextmanager
    def written_with_decimals(uri: str) -> Iterator[str]:
        with written(uri) as file:
            yield file
            with Path(file).open("rb") as content:
                is_parquet = content.read(len(MAGIC)) == MAGIC
            if is_parquet:
                widen_file(Path(file))

    return written_with_decimals
