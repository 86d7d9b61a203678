"""Load jobs: rows that BigQuery refuses are refused, and those that it may skip are counted.

JSON lines and CSV with a schema, the job's or the table's, are read here row by row; files whose schema
DuckDB infers, or their format declares, are read by the engine. Unlike in BigQuery, autodetect is DuckDB's.
"""

import json
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import duckdb
from local_bigquery.catalog import datasets, names, tables
from local_bigquery.engine import types
from local_bigquery.engine.database import quote
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import load, runner
from local_bigquery.jobs.storage import literal
from local_bigquery.models import Job, JobConfigurationLoad, JobStatistics3, Table
from local_bigquery.models import TableFieldSchema as Field

from localcloud.bigquery import bignumeric, lines, objects, schemas, wide_decimals
from localcloud.bigquery.partitions import Reference, split
from localcloud.bigquery.values import UnfitError, record

FORMATS = {"CSV": "CSV", "NEWLINE_DELIMITED_JSON": "JSON"}
ERRORS_REPORTED = 5  # errors of rows that a job reports
# What a Parquet column may hold besides the declared type, by BigQuery's names for the types of Parquet.
ALSO = {
    "TIMESTAMP": {"DATETIME"},
    "DATETIME": {"TIMESTAMP"},
    "STRING": {"BYTES"},
    "BYTES": {"STRING"},
    "JSON": {"STRING"},
    "GEOGRAPHY": {"STRING", "BYTES"},
    "BIGNUMERIC": {"NUMERIC"},
    "NUMERIC": {"BIGNUMERIC"},
}

_folder: ContextVar[Path] = ContextVar("folder")


class BadRowsError(BigQueryError):  # type: ignore[misc]
    """A load that failed, with what is wrong with its first bad rows."""

    def __init__(self, message: str, rows: Sequence[str]) -> None:
        """Keep the rows' errors, which the job reports besides its own."""
        super().__init__("invalid", message)
        self.rows = [
            {"reason": "invalid", "message": f"Error while reading data, error message: {row}"}
            for row in rows
        ]


def load_strictly() -> None:
    """Patch load jobs accordingly. Call once per process."""
    load.paths = _fetch_files
    runner.HANDLERS["load"] = _run_staged
    runner._done = _wrap_done(runner._done)


def _wrap_done(done: Callable[..., Job]) -> Callable[..., Job]:
    """Add the errors of rows to the job's list of errors."""

    def done_with_row_errors(job: Job, statistics: Any, error: BigQueryError | None = None) -> Job:
        ended = done(job, statistics, error)
        if not isinstance(error, BadRowsError):
            return ended
        return ended.replace(status=ended.status.replace(errors=[error.proto(), *error.rows]))

    return done_with_row_errors


def _fetch_files(_: duckdb.DuckDBPyConnection, uri: str) -> list[str]:
    """Return the files that hold the objects of an address, fetched for the current job."""
    found = list(objects.list_matching(uri)) if "*" in uri else [uri]
    return [str(file) for file in objects.fetch(found, _folder.get() / str(uuid.uuid4()))]


def _run_staged(cursor: duckdb.DuckDBPyConnection, config: Any, upload: str | None) -> JobStatistics3:
    """Run a load job with a temporary folder for what it reads."""
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        _folder.set(Path(folder))
        return _run(cursor, config, upload)


def _run(
    cursor: duckdb.DuckDBPyConnection, config: JobConfigurationLoad, upload: str | None
) -> JobStatistics3:
    reference = tables.reference(config.destinationTable)
    table, _ = split(reference)
    datasets.get(*table[:2])
    config = config.replace(sourceFormat=config.sourceFormat or "CSV")
    locations = _locations(cursor, config, upload)
    fields = _fields(config, table)
    sizes = [Path(file).stat().st_size for file in locations]
    bad = 0
    with load._reading(locations):
        if fields and config.sourceFormat in FORMATS and not config.hivePartitioningOptions:
            query, bad = _own_query(cursor, config, fields, locations)
        else:
            query = _engine_query(cursor, config, fields, list(locations))
        prefix = f"Provided Schema does not match Table {names.label(*table)}. "
        rows = cursor.sql(f"SELECT count(*) FROM ({query})").fetchall()[0][0]
        _relax(config, table, prefix)
        made = tables.write(cursor, query, None, reference, config, "WRITE_APPEND", prefix)
    if (
        fields
        and config.schema_
        and (made or (config.writeDisposition == "WRITE_TRUNCATE" and table == reference))
    ):
        _describe(cursor, table, fields)
    return JobStatistics3(
        inputFiles=str(len(sizes)),
        inputFileBytes=str(sum(sizes)),
        outputRows=str(rows),
        outputBytes=str(tables.logical_bytes(rows, len(tables.columns(*table)))),
        badRecords=str(bad),
    )


def _relax(config: JobConfigurationLoad, table: Reference, prefix: str) -> None:
    """Make the columns that the job's schema relaxes nullable; raises BigQueryError if it may not do so."""
    declared = config.schema_ and config.schema_.fields
    is_kept = config.writeDisposition != "WRITE_TRUNCATE" or "$" in config.destinationTable.tableId
    if declared and is_kept and tables.exists(*table):
        schemas.relax(table, declared, config.schemaUpdateOptions, prefix)


def _locations(
    cursor: duckdb.DuckDBPyConnection, config: JobConfigurationLoad, upload: str | None
) -> dict[str, str | None]:
    """Return the files to read with their addresses, or None for an uploaded file's."""
    if upload:
        return {upload: None}
    return {file: uri for uri in config.sourceUris or [] for file in load.paths(cursor, uri)}


def _fields(config: JobConfigurationLoad, table: Reference) -> list[Field]:
    """Return the columns to read: the job's, or the table's, or none if the file defines them."""
    if config.schema_ and config.schema_.fields:
        return list(config.schema_.fields)
    is_kept = not (config.autodetect and config.schemaUpdateOptions) and (
        config.writeDisposition != "WRITE_TRUNCATE" or "$" in config.destinationTable.tableId
    )
    if config.sourceFormat not in FORMATS or (config.autodetect and not is_kept):
        return []
    if tables.exists(*table) and (fields := tables.fields(tables.load(*table))):
        return list(fields)
    if config.autodetect:
        return []
    raise BigQueryError("invalid", "No schema specified on job or table.")


def _own_query(
    cursor: duckdb.DuckDBPyConnection,
    config: JobConfigurationLoad,
    fields: list[Field],
    locations: Mapping[str, str | None],
) -> tuple[str, int]:
    """Return the query for the good rows, which are written to a file, and how many were bad."""
    clean = _folder.get() / "rows.json"
    bad = _RowFilter(config, locations)
    with clean.open("w", encoding="utf-8") as file:
        for row in bad.good_rows(fields):
            file.write(json.dumps(row) + "\n")
    plain = JobConfigurationLoad(sourceFormat="NEWLINE_DELIMITED_JSON")
    reader = load._reader(cursor, f"[{literal(str(clean))}]", plain, fields)
    projection, _ = load._projection(plain, fields, [field.name for field in fields])
    return f"SELECT {projection} FROM {reader}", bad.count


class _RowFilter:
    """A filter for the good rows of a job's files, which may have a limited number of bad ones."""

    def __init__(self, config: JobConfigurationLoad, locations: Mapping[str, str | None]) -> None:
        self._config, self._locations = config, locations
        self.count = self._rows = 0
        self._errors: list[str] = []

    def good_rows(self, fields: list[Field]) -> Iterator[dict[str, Any]]:
        """Yield the rows that fit; raises BadRowsError after the last if too many did not."""
        for file, uri in self._locations.items():
            for row in _rows(file, uri, self._config, fields):
                self._rows += 1
                try:
                    if isinstance(row, UnfitError):
                        raise row
                    yield record(row, fields, lenient=bool(self._config.ignoreUnknownValues))
                except UnfitError as error:
                    self._record_error(error)
        if self.count > (self._config.maxBadRecords or 0):
            raise BadRowsError(self._message(), self._errors)

    def _record_error(self, error: UnfitError) -> None:
        self.count += 1
        if self.count <= ERRORS_REPORTED:
            self._errors.append(f"row {self._rows}: {error}")

    def _message(self) -> str:
        uris = [uri for uri in self._locations.values() if uri]
        return (
            f"Error while reading data, error message: {FORMATS[self._config.sourceFormat]} table "
            f"encountered too many errors, giving up. Rows: {self._rows}; errors: {self.count}. "
            "Please look into the errors[] collection for more details."
            f"{f' File: {uris[0]}' if len(uris) == 1 else ''}"
        )


def _rows(
    file: str, uri: str | None, config: JobConfigurationLoad, fields: list[Field]
) -> Iterator[lines.Row]:
    """Yield a file's rows; raises BigQueryError that names its address if it cannot be read."""
    try:
        yield from lines.rows(Path(file), config, fields)
    except BigQueryError as error:
        raise BigQueryError(error.reason, f"{error.message}{f' File: {uri}' if uri else ''}") from error


def _engine_query(
    cursor: duckdb.DuckDBPyConnection, config: JobConfigurationLoad, fields: list[Field], files: list[str]
) -> str:
    if config.sourceFormat == "PARQUET":
        files = [str(wide_decimals.hold_decimals(Path(file), _folder.get())) for file in files]
    reader = load._reader(cursor, f"[{', '.join(map(literal, files))}]", config, fields)
    relation = cursor.sql(f"SELECT * FROM {reader} LIMIT 0")
    if config.sourceFormat not in FORMATS:
        _check_stored(fields, map(types.field, relation.columns, relation.types), config.sourceFormat)
    kinds = dict(zip(relation.columns, relation.types, strict=True))
    if packed := [
        field for field in fields if field.type == "GEOGRAPHY" and str(kinds.get(field.name)) == "BLOB"
    ]:
        points = ", ".join(f"ST_GeomFromWKB({quote(each.name)}) AS {quote(each.name)}" for each in packed)
        reader = f"(SELECT * REPLACE ({points}) FROM {reader})"
    if not fields:
        _check_decimals(config, kinds)
    if config.sourceFormat in FORMATS or not fields:
        projection, _ = load._projection(config, fields, relation.columns)
    else:
        known = {field.name.casefold() for field in fields}
        casts = [f"{bignumeric.convert(quote(each.name), each)} AS {quote(each.name)}" for each in fields]
        folders = [quote(name) for name in relation.columns if name.casefold() not in known]
        projection = ", ".join([*casts, *(folders if config.hivePartitioningOptions else [])])
    return f"SELECT {projection} FROM {reader}"


def _check_decimals(config: JobConfigurationLoad, kinds: Mapping[str, Any]) -> None:
    """Raise BigQueryError for a decimal that fits none of the types that the job names."""
    if not config.decimalTargetTypes or set(config.decimalTargetTypes) - {"NUMERIC"}:
        return
    for name, kind in kinds.items():
        if kind.id == "decimal" and types.field(name, kind).type != "NUMERIC":
            message = f"decimal column {name} is {kind}, which is out of valid NUMERIC range"
            raise BigQueryError("invalid", f"Error while reading data, error message: {message}")


def _check_stored(fields: list[Field], stored: Iterator[Field], source_format: str) -> None:
    """Raise BigQueryError for a column whose type in the file is not the declared one."""
    kinds = {field.name.casefold(): field for field in stored}
    for field in fields:
        found = kinds.get(field.name.casefold())
        wanted = types.STANDARD.get(field.type, field.type)
        if found is None or found.type == "RECORD" or wanted in ("RECORD", "STRUCT", "RANGE", "INTERVAL"):
            continue
        held = types.STANDARD.get(found.type, found.type)
        if held not in {wanted, *ALSO.get(wanted, ())}:
            name = source_format.capitalize()
            message = (
                f"{name} column '{field.name}' has type {held} which does not match the target type {wanted}"
            )
            raise BigQueryError("invalid", f"Error while reading data, error message: {message}")


def _describe(cursor: duckdb.DuckDBPyConnection, table: Reference, fields: list[Field]) -> None:
    """Record what the job's schema says of the columns of a table that was created or overwritten."""
    for field in fields:
        if field.mode == "REQUIRED":
            cursor.execute(f"ALTER TABLE {tables.name(*table)} ALTER COLUMN {quote(field.name)} SET NOT NULL")
    tables.annotate(table, Table(schema={"fields": [field.dump() for field in fields]}))
