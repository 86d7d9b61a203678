"""Partition columns that come from `key=value` folders in the names of objects."""

import re
from collections.abc import Sequence

from local_bigquery.engine.database import quote
from local_bigquery.engine.types import duckdb_type
from local_bigquery.errors import BigQueryError
from local_bigquery.models import TableFieldSchema

FOLDER = re.compile(r"([^/=]+)=([^/]*)/")
GUESSES = (("DATE", r"\d{4}-\d{2}-\d{2}"), ("INT64", r"-?\d{1,18}"))


def partition_values(uri: str, prefix: str) -> dict[str, str]:
    """Return the keys and values of the folders of `uri` below `prefix`, as text."""
    if not uri.startswith(prefix.rstrip("/")):
        raise BigQueryError("invalid", f"{uri} is not under hive_partition_uri_prefix {prefix}")
    return dict(FOLDER.findall(uri.removeprefix(prefix.rstrip("/")).lstrip("/")))


def check_keys(uris: Sequence[str], prefix: str, fields: Sequence[TableFieldSchema]) -> None:
    """Raise BigQueryError for an object whose folders are not those of the partition columns."""
    wanted = [field.name for field in fields]
    for uri in uris:
        if (found := list(partition_values(uri, prefix))) != wanted:
            raise BigQueryError(
                "invalid", f"{uri} has partition keys {found}, but the table declares {wanted}"
            )


def infer_columns(uris: Sequence[str], prefix: str) -> list[TableFieldSchema]:
    """Return a column for each key found, typed DATE, INT64 or STRING by all its values."""
    rows = [partition_values(uri, prefix) for uri in uris]
    return [
        TableFieldSchema(name=key, type=_guess([row.get(key, "") for row in rows]))
        for key in (rows or [{}])[0]
    ]


def column(field: TableFieldSchema, file: str) -> str:
    """Return the SQL of a partition column, taken from the name of the row's file."""
    value = f"regexp_extract({file}, '/{field.name}=([^/]*)/', 1)"
    return (
        f"CAST(nullif({value}, '__HIVE_DEFAULT_PARTITION__') AS {duckdb_type(field)}) AS {quote(field.name)}"
    )


def _guess(values: list[str]) -> str:
    return next(
        (kind for kind, form in GUESSES if all(re.fullmatch(form, value) for value in values)), "STRING"
    )
