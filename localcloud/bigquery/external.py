"""External tables: what CREATE EXTERNAL TABLE does here.

The files are read when the table is created: its rows are those in the bucket at that time, kept as a DuckDB
table; a replacement with the same definition reads only files that changed. On the real service each query
reads the files, so whoever writes new files has to create the table again (CREATE OR REPLACE EXTERNAL TABLE)
before they are seen here, as Dataform does on every run.

As on the real service: an address holds at most one `*`, which also matches slashes; partition columns come
from `key=value` folders, and `_FILE_NAME` is the address of the row's file; a JSON number or boolean fills a
STRING column with its text; a row that is not JSON, does not fit its columns or holds an unknown key is bad,
and more than max_bad_records of them are an error. An address that matches no file is an error: for a table
with partition columns when it is created, as dbt-labs/dbt-external-tables and pipelines that catch the
message show; for others in each query. That is noticed here if the query names the table, not if a view does.
Unlike there: bad rows fail the statement that creates the table, not the one that reads it; CSV has to be
UTF-8. An option that Google does not list is refused as Google does; one that it lists but that is not
supported here is refused as not implemented.
"""

import json
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from local_bigquery.catalog import datasets, metadata, names, tables
from local_bigquery.engine import database
from local_bigquery.engine.database import quote
from local_bigquery.errors import BigQueryError, not_implemented
from local_bigquery.models import JobStatistics2, Table, TableFieldSchema
from sqlglot import exp

from localcloud.bigquery import external_files, hive, objects, readers
from localcloud.bigquery.external_files import ReadFiles
from localcloud.bigquery.file_names import FILE_NAME
from localcloud.bigquery.merging import is_in_transaction
from localcloud.bigquery.partition_decorators import transaction

STAGED = "temp.main.__external_rows"
SUPPORTED = {
    *("allow_jagged_rows", "allow_quoted_newlines", "description", "field_delimiter", "format"),
    *("hive_partition_uri_prefix", "ignore_unknown_values", "max_bad_records", "null_marker"),
    *("preserve_ascii_control_characters", "quote", "require_hive_partition_filter", "skip_leading_rows"),
    "uris",
}
# external_table_option_list of docs.cloud.google.com/bigquery/docs/reference/standard-sql/
# data-definition-language#create_external_table_statement: labels are not among them.
LISTED = SUPPORTED | {
    *("bigtable_options", "column_name_character_map", "compression", "date_format", "datetime_format"),
    *("decimal_target_types", "enable_list_inference", "enable_logical_types", "encoding", "enum_as_string"),
    *("expiration_timestamp", "file_set_spec_type", "json_extension", "max_staleness"),
    *("metadata_cache_mode", "null_markers", "object_metadata", "projection_fields"),
    *("reference_file_schema_uri", "sheet_range", "source_column_match", "tags", "time_format"),
    *("time_zone", "timestamp_format"),
}


@dataclass(frozen=True)
class Definition:
    """An external table, its options evaluated; `partitions` is None when it is not partitioned."""

    reference: tuple[str, str, str]
    replace: bool
    if_missing: bool
    fields: list[TableFieldSchema]
    partitions: list[TableFieldSchema] | None
    options: dict[str, Any]

    def __post_init__(self) -> None:
        """Refuse a definition that cannot be honoured; raises BigQueryError."""
        if unsupported := sorted(set(self.options) - SUPPORTED):
            raise not_implemented(f"External table option {unsupported[0]}")
        if not self.options.get("uris"):
            raise BigQueryError("invalidQuery", "CREATE EXTERNAL TABLE needs the option uris")
        if not self.reference[1]:
            raise BigQueryError(
                "invalidQuery", f'Table "{self.reference[2]}" must be qualified with a dataset'
            )

    @property
    def source_format(self) -> str:
        """The format by its name in the API."""
        name = str(self.options.get("format", "")).upper()
        return "NEWLINE_DELIMITED_JSON" if name == "JSON" else name

    @property
    def uris(self) -> list[str]:
        """The addresses as declared, with their wildcards."""
        return list(self.options["uris"])

    @property
    def prefix(self) -> str:
        """The address below which folders hold partition values."""
        return str(self.options.get("hive_partition_uri_prefix") or self.uris[0].partition("*")[0])

    @property
    def has_declared_columns(self) -> bool:
        """Whether the columns are declared, those of the folders included, rather than found in the files."""
        return bool(self.fields) and self.partitions != []

    @property
    def text(self) -> str:
        """All that decides the rows but the files."""
        fields = [[field.dump() for field in each or []] for each in (self.fields, self.partitions)]
        return json.dumps([fields, self.partitions is None, self.options], sort_keys=True, default=str)

    @property
    def allowed_bad_rows(self) -> int:
        """The number of bad rows that are skipped before they are an error."""
        return int(self.options.get("max_bad_records") or 0)


def check_listed(options: Iterable[str]) -> None:
    """Raise BigQueryError, in the words of GoogleSQL's analyzer, for an option that Google does not list."""
    if unknown := sorted(set(options) - LISTED):
        raise BigQueryError("invalidQuery", f"Unknown option: {unknown[0]}")


def expand_patterns(tree: exp.Expr, _: object) -> exp.Expr:
    """Refuse to read external tables with an address that matches no file: a statement rule of the engine."""
    if isinstance(tree, (exp.Query, *names.DML.__args__)):
        for table in tree.find_all(exp.Table):
            if table.catalog and (stored := metadata.load(Table, table.catalog, table.db, table.name)):
                _expand(f"{table.db}.{table.name}", stored)
    return tree


def _expand(name: str, stored: Table) -> None:
    declared = stored.externalDataConfiguration
    for uri in (declared.sourceUris or []) if declared and stored.type == "EXTERNAL" else []:
        if not objects.matches(uri):
            message = f"Failed to expand table {name} with file pattern {uri}: matched no files. File: {uri}"
            raise BigQueryError("invalid", message)


def create(cursor: duckdb.DuckDBPyConnection, definition: Definition, *, dry_run: bool) -> JobStatistics2:
    """Create the table with the rows of its files; return the job's statistics, or raise BigQueryError."""
    reference = definition.reference
    datasets.get(*reference[:2])
    found, label = tables.exists(*reference), names.label(*reference)
    operation = metadata.outcome("Table", label, found, False, definition.if_missing, definition.replace)
    if not dry_run and operation != "SKIP":
        with database.writing(*reference):
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
    found = {uri: one for each in definition.uris for uri, one in objects.list_matching(each).items()}
    if not found and definition.partitions is not None:
        table = ".".join(definition.reference)
        message = f"Cannot query hive partitioned data for table {table} without any associated files."
        raise BigQueryError("invalidQuery", message)
    if not definition.has_declared_columns or is_in_transaction(cursor):  # which may be rolled back
        _read(cursor, definition, sorted(found))
        return
    read = external_files.recall(definition.reference, definition.text)
    kept = read.unchanged(found)
    if kept and kept == found.keys() == read.generations.keys():
        return
    if kept and _read(cursor, definition, sorted(found.keys() - kept), kept):
        parts = read.parts + 1
    elif _read(cursor, definition, sorted(found)):
        parts = 0
    else:
        return
    external_files.note(definition.reference, definition.text, ReadFiles(found, parts))


def _read(
    cursor: duckdb.DuckDBPyConnection, definition: Definition, uris: Sequence[str], kept: Collection[str] = ()
) -> bool:
    """Write the rows of files beside those of the kept ones; return whether there was no bad row.

    If there is one, rows beside kept ones are not written: the message on bad rows counts those of all files.
    """
    with tempfile.TemporaryDirectory(prefix="external-table-") as folder:
        files = objects.fetch(uris, Path(folder))
        addresses = dict(zip(map(str, files), uris, strict=True))
        with _translate_errors(definition, addresses):
            _stage(cursor, definition, files)
            ((bad,),) = cursor.sql(f"SELECT count({readers.PROBLEM}) FROM {STAGED}").fetchall()
            if not (bad and kept):
                _check_bad_rows(cursor, definition, addresses)
                external_files.forget(definition.reference)
                _write(cursor, definition, addresses, kept)
            cursor.execute(f"DROP TABLE {STAGED}")
    return not bad


def _stage(cursor: duckdb.DuckDBPyConnection, definition: Definition, files: Sequence[Path]) -> None:
    query = readers.rows(cursor, definition.source_format, definition.fields, files, definition.options)
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE {STAGED} AS {query}")


@contextmanager
def _translate_errors(definition: Definition, addresses: Mapping[str, str]) -> Iterator[None]:
    """Make errors name the object: DuckDB's name our copy of it, or none."""
    try:
        yield
    except (duckdb.Error, BigQueryError) as error:
        message = error.message if isinstance(error, BigQueryError) else str(error)
        for file, uri in addresses.items():
            message = message.replace(file, uri)
        if not any(uri in message for uri in addresses.values()):
            message += _name_unreadable(definition, addresses)
        if isinstance(error, BigQueryError):
            raise BigQueryError(error.reason, message) from error
        raise _reading_error(definition, message) from error


def _name_unreadable(definition: Definition, addresses: Mapping[str, str]) -> str:
    """Return the end of a message that names the first file that cannot be read by itself, if any."""
    for file, uri in addresses.items():
        with database.cursor() as cursor:  # a new one each: after some errors a cursor answers nothing more
            try:
                _stage(cursor, definition, [Path(file)])
            except (duckdb.Error, BigQueryError):
                return f" File: {uri}"
    return ""


def _reading_error(definition: Definition, message: str) -> BigQueryError:
    table = ".".join(definition.reference)
    return BigQueryError("invalid", f"Error while reading table: {table}, error message: {message}")


def _check_bad_rows(
    cursor: duckdb.DuckDBPyConnection, definition: Definition, addresses: Mapping[str, str]
) -> None:
    first = f"any_value([{readers.PROBLEM}, {readers.FILE}]) FILTER ({readers.PROBLEM} IS NOT NULL)"
    counts = cursor.sql(f"SELECT count(*), count({readers.PROBLEM}), {first} FROM {STAGED}").fetchall()
    ((total, bad, example),) = counts
    if bad > definition.allowed_bad_rows:
        raise _reading_error(
            definition,
            f"too many errors, giving up. Rows: {total}; errors: {bad}. "
            f"One of them: {example[0]}. File: {addresses[example[1]]}",
        )


def _write(
    cursor: duckdb.DuckDBPyConnection,
    definition: Definition,
    addresses: Mapping[str, str],
    kept: Collection[str],
) -> None:
    fields = _partition_fields(definition, list(addresses.values()))
    columns = "".join(f", {hive.column(field, readers.FILE)}" for field in fields)
    files = "(SELECT unnest($places::VARCHAR[]) AS place, unnest($addresses::VARCHAR[]) AS address)"
    rows = (
        f"SELECT * EXCLUDE ({readers.PROBLEM}, {readers.FILE}, place, address){columns}, "
        f"address AS {quote(FILE_NAME)} FROM {STAGED} "
        f"LEFT JOIN {files} ON place = {readers.FILE} WHERE {readers.PROBLEM} IS NULL"
    )
    values = {"places": list(addresses), "addresses": list(addresses.values())}
    table = tables.name(*definition.reference)
    if not kept:
        cursor.execute(f"CREATE OR REPLACE TABLE {table} AS {rows}", values)
        return
    with transaction(cursor):
        stay = "(SELECT unnest($kept::VARCHAR[]))"
        cursor.execute(f"DELETE FROM {table} WHERE {quote(FILE_NAME)} NOT IN {stay}", {"kept": list(kept)})
        cursor.execute(f"INSERT INTO {table} BY NAME {rows}", values)


def _partition_fields(definition: Definition, uris: Sequence[str]) -> list[TableFieldSchema]:
    if definition.partitions is None:
        return []
    fields = definition.partitions or hive.infer_columns(uris, definition.prefix)
    hive.check_keys(uris, definition.prefix, fields)
    return fields


def _resource(definition: Definition) -> Table:
    external: dict[str, Any] = {
        "sourceUris": definition.uris,
        "sourceFormat": definition.source_format,
        "maxBadRecords": definition.allowed_bad_rows,
        "ignoreUnknownValues": bool(definition.options.get("ignore_unknown_values")),
        "autodetect": not definition.fields,
    }
    if definition.partitions is not None:
        external["hivePartitioningOptions"] = {
            "mode": "CUSTOM",
            "sourceUriPrefix": definition.prefix,
            "fields": [field.name for field in definition.partitions],
        }
    fields = [field.dump() for field in [*definition.fields, *(definition.partitions or [])]]
    resource = {"type": "EXTERNAL", "schema": {"fields": fields}, "externalDataConfiguration": external}
    if description := definition.options.get("description"):
        resource["description"] = description
    return Table.model_validate(resource | _required_filter(definition))


def _required_filter(definition: Definition) -> dict[str, Any]:
    """Make the engine refuse queries without a filter; it looks for one on the time partitioning's column."""
    if not definition.options.get("require_hive_partition_filter") or not definition.partitions:
        return {}
    return {"requirePartitionFilter": True, "timePartitioning": {"field": definition.partitions[0].name}}
