"""External tables: what CREATE EXTERNAL TABLE does here.

The files are read when the table is created: its rows are those that lay in the bucket then, kept as a table
of DuckDB's. On the real service they are read by each query, so whoever writes new files has to create the table
again (CREATE OR REPLACE EXTERNAL TABLE) before they are seen; Dataform operations do so on every run.

As on the real service: an address holds at most one `*`, which crosses slashes; partition columns come from
`key=value` folders; a JSON number or boolean fills a STRING column with its text; a row that is not JSON, does not
fit its column or holds an unknown key is bad, and more bad rows than max_bad_records fail the statement.
Otherwise than there: no matching file gives an empty table, and the failure comes from the statement that creates.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from local_bigquery.catalog import datasets, metadata, names, tables
from local_bigquery.engine import database
from local_bigquery.errors import BigQueryError
from local_bigquery.models import JobStatistics2, Table, TableFieldSchema

from localcloud.bigquery import hive, objects, readers

Reference = tuple[str, str, str]
STAGED = "temp.main.__external_rows"


@dataclass(frozen=True)
class Definition:
    """An external table with everything evaluated: no fields means the files' own, no partitions not partitioned."""

    reference: Reference
    replace: bool
    if_missing: bool
    fields: list[TableFieldSchema]
    partitions: list[TableFieldSchema] | None
    options: dict[str, Any]

    @property
    def source_format(self) -> str:
        """The format by the name that the API gives it."""
        name = str(self.options.get("format", "")).upper()
        return "NEWLINE_DELIMITED_JSON" if name == "JSON" else name

    @property
    def uris(self) -> list[str]:
        """The addresses as declared, with their wildcards."""
        return list(self.options.get("uris") or [])

    @property
    def prefix(self) -> str:
        """The address below which folders are partition keys."""
        return str(self.options.get("hive_partition_uri_prefix") or self.uris[0].partition("*")[0])


def create(cursor: duckdb.DuckDBPyConnection, definition: Definition, *, dry_run: bool) -> JobStatistics2:
    """Create the table with the rows of its files; return what the job says of it, or raise BigQueryError."""
    reference = definition.reference
    datasets.get(*reference[:2])
    if not definition.uris:
        raise BigQueryError("invalidQuery", "Option uris is required by CREATE EXTERNAL TABLE")
    found = tables.exists(*reference)
    label = names.label(*reference)
    operation = metadata.outcome("Table", label, found, False, definition.if_missing, definition.replace)
    if not dry_run and operation != "SKIP":
        _load(cursor, definition)
        tables.record(*reference, tables.defaults(*reference).merged(_resource(definition)))
    target = dict(zip(("projectId", "datasetId", "tableId"), reference, strict=True))
    return JobStatistics2.model_validate(
        {
            "statementType": "CREATE_EXTERNAL_TABLE",
            "ddlOperationPerformed": operation,
            "ddlTargetTable": target,
        }
    )


def _load(cursor: duckdb.DuckDBPyConnection, definition: Definition) -> None:
    uris = sorted({found for uri in definition.uris for found in objects.matching(uri)})
    with tempfile.TemporaryDirectory(prefix="external-table-") as folder:
        files = dict(zip(map(str, objects.fetch(uris, Path(folder))), uris, strict=True))
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE {STAGED} AS {_staged(cursor, definition, list(files))}")
        try:
            _check(cursor, definition, files)
            _write(cursor, definition, uris)
        finally:
            cursor.execute(f"DROP TABLE {STAGED}")


def _staged(cursor: duckdb.DuckDBPyConnection, definition: Definition, files: Sequence[str]) -> str:
    if not files:
        return readers.no_rows(definition.fields)
    return readers.rows(cursor, definition.source_format, definition.fields, files, definition.options)


def _check(cursor: duckdb.DuckDBPyConnection, definition: Definition, files: dict[str, str]) -> None:
    query = (
        f"SELECT count(*), count({readers.PROBLEM}), any_value([{readers.PROBLEM}, {readers.FILE}]) FILTER "
    )
    row = cursor.sql(f"{query} ({readers.PROBLEM} IS NOT NULL) FROM {STAGED}").fetchone()
    assert row is not None  # noqa: S101 -- an aggregate always answers
    total, bad, first = row
    if bad > int(definition.options.get("max_bad_records") or 0):
        raise BigQueryError(
            "invalid",
            f"Error while reading table: {'.'.join(definition.reference[1:])}, error message: too many bad rows, "
            f"giving up. Rows: {total}; errors: {bad}. First: {first[0]}. File: {files[first[1]]}",
        )


def _write(cursor: duckdb.DuckDBPyConnection, definition: Definition, uris: Sequence[str]) -> None:
    fields = definition.partitions or []
    if definition.partitions is not None:
        fields = fields or hive.inferred(uris, definition.prefix)
        hive.check_keys(uris, definition.prefix, fields)
    columns = "".join(f", {hive.column(field, readers.FILE)}" for field in fields)
    values = f"SELECT * EXCLUDE ({readers.PROBLEM}, {readers.FILE}){columns}"
    name = tables.name(*definition.reference)
    with database.writing(*definition.reference):
        cursor.execute(
            f"CREATE OR REPLACE TABLE {name} AS {values} FROM {STAGED} WHERE {readers.PROBLEM} IS NULL"
        )


def _resource(definition: Definition) -> Table:
    schema = {"fields": [field.dump() for field in [*definition.fields, *(definition.partitions or [])]]}
    external: dict[str, Any] = {
        "sourceUris": definition.uris,
        "sourceFormat": definition.source_format,
        "maxBadRecords": int(definition.options.get("max_bad_records") or 0),
        "ignoreUnknownValues": bool(definition.options.get("ignore_unknown_values")),
        "autodetect": not definition.fields,
    }
    if definition.partitions is not None:
        external["hivePartitioningOptions"] = {"mode": "CUSTOM", "sourceUriPrefix": definition.prefix}
    resource = {"type": "EXTERNAL", "schema": schema, "externalDataConfiguration": external}
    described = {k: definition.options[k] for k in ("description",) if k in definition.options}
    return Table.model_validate(resource | described | _partition_filter(definition))


def _partition_filter(definition: Definition) -> dict[str, Any]:
    """Have the engine refuse a query without a filter, for which it looks at the partitioning column."""
    if not definition.options.get("require_hive_partition_filter") or not definition.partitions:
        return {}
    return {"requirePartitionFilter": True, "timePartitioning": {"field": definition.partitions[0].name}}
