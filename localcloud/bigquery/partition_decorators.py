"""table$20260131: a single partition that is read, written, copied, extracted or deleted.

As in BigQuery, GoogleSQL has no decorators: they are for load and copy jobs, for a query's destination, and
for listing rows. A write changes a partition in one transaction, or leaves it as it was.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import duckdb
from local_bigquery.catalog import ddl, metadata, names, tabledata, tables
from local_bigquery.engine import database, results, types
from local_bigquery.engine.database import quote
from local_bigquery.errors import BigQueryError, already_exists, not_implemented
from local_bigquery.jobs import copy, extract
from local_bigquery.jobs.storage import literal
from local_bigquery.models import JobStatistics4, Table, TableFieldSchema
from local_bigquery.sql.rules import STATEMENT_RULES
from sqlglot import exp

from localcloud.bigquery import ingestion, lengths, partitions
from localcloud.bigquery.partitions import Partition, Reference

STAGED = "temp.main.__partition"
SUMMARY = "__PARTITIONS_SUMMARY__"


def support_decorators() -> None:
    """Patch the engine to read and write partitions. Call once per process."""
    ddl._partitioning = partitions.wrap_partitioning(ddl._partitioning)
    tables.write = _wrap_write(tables.write)
    tables.get = _wrap_get(tables.get)
    tables.delete = _wrap_delete(tables.delete)
    tabledata.list_rows = _wrap_list_rows(tabledata.list_rows)
    tabledata.insert_all = _wrap_insert_all(tabledata.insert_all)
    copy._source = _wrap_source(copy._source)
    extract.run = _wrap_extract(extract.run)
    STATEMENT_RULES.insert(0, _refuse_in_sql)


def _is_decorated(reference: Reference) -> bool:
    return "$" in reference[2]


def _refuse_in_sql(tree: exp.Expr, _: object) -> exp.Expr:
    for table in tree.find_all(exp.Table):
        if "$" in table.name:
            written = ".".join(part.name for part in table.parts)
            raise BigQueryError("invalidQuery", f'Table "{written}" cannot include decorator')
    return tree


def _wrap_write(write: Callable[..., bool]) -> Callable[..., bool]:
    def write_partition(
        cursor: duckdb.DuckDBPyConnection,
        query: str,
        params: dict[str, Any] | None,
        reference: Reference,
        config: Any,
        default: str = "WRITE_EMPTY",
        prefix: str = "Invalid schema update. ",
        isolated: bool = False,
    ) -> bool:
        _check_lengths(cursor, query, params, reference, config.writeDisposition or default)
        if not _is_decorated(reference):
            if _is_undefined(reference):
                config = config.replace(writeDisposition="WRITE_TRUNCATE")
            made = write(cursor, query, params, reference, config, default, prefix, isolated)
            ingestion.restore_time(reference)
            return made
        # Schema update options are allowed with WRITE_TRUNCATE too when it truncates a partition.
        layout = tables.layout(cursor.sql(query, params=params).columns, config, "WRITE_APPEND")
        partition = _destination(reference, config, layout)
        with ExitStack() as stack:
            stack.enter_context(database.writing(*partition.table))
            own = stack.enter_context(database.cursor()) if isolated else cursor
            _stage(cursor, own, query, params)
            return _replace(own, partition, config, layout, config.writeDisposition or default, prefix)

    return write_partition


def _is_undefined(reference: Reference) -> bool:
    """Return whether a table was declared without columns, so that the engine has not created it yet."""
    found = tables._lookup(*reference)
    return bool(found and found[0] == "EMPTY")


def _check_lengths(
    cursor: duckdb.DuckDBPyConnection,
    query: str,
    params: dict[str, Any] | None,
    reference: Reference,
    disposition: str,
) -> None:
    """Raise BigQueryError for a value that is too long for its column, if the write keeps the columns."""
    table, partition = partitions.split(reference)
    limits = lengths.limits(table) if partition or disposition == "WRITE_APPEND" else []
    if limits:
        lengths.check(cursor.sql(query, params=params), limits, "invalid")


def _stage(
    cursor: duckdb.DuckDBPyConnection,
    own: duckdb.DuckDBPyConnection,
    query: str,
    params: dict[str, Any] | None,
) -> None:
    relation = cursor.sql(query, params=params)
    columns = zip(results.unique(relation.columns), relation.types, strict=True)
    kinds = ", ".join(f"{quote(name)} {types.normalised(kind)}" for name, kind in columns)
    own.execute(f"CREATE OR REPLACE TEMP TABLE {STAGED} ({kinds})")
    results.materialise(cursor, query, STAGED, params, True, None if own is cursor else own)


def _destination(reference: Reference, config: Any, layout: Table) -> Partition:
    table, id_ = partitions.split(reference)
    if tables.exists(*table):
        return partitions.find_to_write(reference)
    if config.createDisposition == "CREATE_NEVER":
        raise tables.not_found("Table", names.label(*reference))
    if (by := partitions.partitioning(layout)) is None:
        message = "Partitioning specification must be provided in order to create partitioned table"
        raise BigQueryError("invalid", message)
    by.check(id_, names.label(*reference))
    return Partition(table, id_, by)


def _replace(
    cursor: duckdb.DuckDBPyConnection,
    partition: Partition,
    config: Any,
    layout: Table,
    disposition: str,
    prefix: str,
) -> bool:
    """Write the staged rows into the partition; return whether the table was created for it."""
    _check_rows(cursor, partition)
    is_new = not tables.exists(*partition.table)
    name = tables.name(*partition.table)
    with transaction(cursor):
        if is_new:
            _create_table(cursor, partition)
        else:
            _prepare_partition(cursor, partition, disposition)
            options = getattr(config, "schemaUpdateOptions", None)
            tables.evolve(cursor, partition.table, cursor.sql(f"FROM {STAGED}"), options, prefix)
        cursor.execute(f"INSERT INTO {name} BY NAME SELECT *{_ingestion_time(partition)} FROM {STAGED}")
    cursor.execute(f"DROP TABLE {STAGED}")
    if is_new:
        tables.annotate(partition.table, layout)
    return is_new


def _create_table(cursor: duckdb.DuckDBPyConnection, partition: Partition) -> None:
    if not partition.by.is_ingestion:
        cursor.execute(f"CREATE TABLE {tables.name(*partition.table)} AS FROM {STAGED} LIMIT 0")
        return
    staged = cursor.sql(f"FROM {STAGED}")
    fields = list(map(types.field, staged.columns, staged.types))
    ingestion.create_table(cursor, partition.table, partition.by, fields)


@contextmanager
def transaction(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Run what is within in one transaction, committed as a whole or not at all."""
    cursor.execute("BEGIN")
    try:
        yield
    except BaseException:
        cursor.execute("ROLLBACK")
        raise
    cursor.execute("COMMIT")


def _check_rows(cursor: duckdb.DuckDBPyConnection, partition: Partition) -> None:
    if partition.by.is_ingestion:
        return
    staged = cursor.sql(f"FROM {STAGED}").columns
    if partition.by.column.casefold() not in map(str.casefold, staged):
        message = f"The field specified for partitioning cannot be found in the schema: {partition.by.column}"
        raise BigQueryError("invalid", message)
    if cursor.sql(f"SELECT 1 FROM {STAGED} WHERE NOT ({partition.condition}) LIMIT 1").fetchone():
        message = (
            f"Some rows belong to different partitions rather than destination partition {partition.label}"
        )
        raise BigQueryError("invalid", message)


def _prepare_partition(cursor: duckdb.DuckDBPyConnection, partition: Partition, disposition: str) -> None:
    place = f"FROM {tables.name(*partition.table)} WHERE {partition.condition}"
    if disposition == "WRITE_TRUNCATE":
        cursor.execute(f"DELETE {place}")
    elif disposition == "WRITE_EMPTY" and cursor.sql(f"SELECT 1 {place} LIMIT 1").fetchone():
        raise already_exists("Table", partition.label)


def _ingestion_time(partition: Partition) -> str:
    """Return the SQL of the ingestion-time column, whose value the decorator gives."""
    if not partition.by.is_ingestion:
        return ""
    moment = partition.by.time(partition.id)
    return f", TIMESTAMPTZ '{moment:%Y-%m-%d %H:%M:%S+00}' AS {quote(tables.INGESTION_TIME)}"


def _wrap_list_rows(list_rows: Callable[..., Any]) -> Callable[..., Any]:
    def list_partition(
        project: str,
        dataset: str,
        table: str,
        most: int | None,
        start: int,
        selected: str | None,
        int64_timestamps: bool,
    ) -> tuple[results.Page, list[TableFieldSchema]]:
        reference = project, dataset, table
        if dataset != tables.RESULTS and _is_undefined(reference):
            return results.Page([], 0, None), []
        if not _is_decorated(reference):
            return list_rows(*reference, most, start, selected, int64_timestamps)  # type: ignore[no-any-return]
        fields = tables.fields(tables.get(*reference))
        if selected:
            wanted = {name.strip().casefold() for name in selected.split(",")}
            fields = [field for field in fields if field.name.casefold() in wanted]
        chosen = [field.name.casefold() for field in fields]
        with database.cursor() as cursor:
            page = results.page(cursor, _rows_sql(reference), most, start, chosen, int64_timestamps)
        return page, fields

    return list_partition


def _rows_sql(reference: Reference) -> str:
    return (
        _summary_sql(reference)
        if reference[2].endswith(f"${SUMMARY}")
        else partitions.find_to_read(reference).rows
    )


def _summary_sql(reference: Reference) -> str:
    """Return the SQL, for use in FROM, of the ids of a table's partitions."""
    table, _ = partitions.split(reference)
    stored = metadata.load(Table, *table)
    if (by := partitions.partitioning(stored)) is None:
        message = "Cannot read partition information from a table that is not partitioned"
        raise BigQueryError("invalid", f"{message}: {names.label(*reference)}")
    id_ = by.id_of(quote(by.column))
    named = zip(("project_id", "dataset_id", "table_id"), table, strict=True)
    place = ", ".join(f"{literal(value)} AS {key}" for key, value in named)
    distinct = f"SELECT DISTINCT {id_} AS partition_id FROM {tables.name(*table)}"
    return f"(SELECT partition_id AS rowid, {place}, partition_id FROM ({distinct}))"


def _wrap_get(get: Callable[..., Table]) -> Callable[..., Table]:
    def get_partition(project: str, dataset: str, table: str, *rest: Any) -> Table:
        reference = project, dataset, table
        if not _is_decorated(reference):
            return get(*reference, *rest)
        whole, _ = partitions.split(reference)
        resource = get(*whole, *rest)
        rows = _rows_sql(reference)
        target = resource.tableReference.replace(tableId=table)
        resource = resource.replace(id=names.label(*reference), tableReference=target)
        if table.endswith(f"${SUMMARY}"):
            ids = ("project_id", "dataset_id", "table_id", "partition_id")
            return resource.replace(schema={"fields": [{"name": name, "type": "STRING"} for name in ids]})
        [[count]] = database.fetch(f"SELECT count(*) FROM {rows}")
        return resource.replace(numRows=str(count))

    return get_partition


def _wrap_delete(delete: Callable[..., None]) -> Callable[..., None]:
    def delete_partition(*reference: str) -> None:
        project, dataset, table = reference
        if not _is_decorated((project, dataset, table)):
            return delete(*reference)
        partition = partitions.find_to_write((project, dataset, table))
        with database.writing(*partition.table):
            database.execute(f"DELETE FROM {tables.name(*partition.table)} WHERE {partition.condition}")
        return None

    return delete_partition


def _wrap_source(source: Callable[[Reference], str]) -> Callable[[Reference], str]:
    def partition_or_table(reference: Reference) -> str:
        if not _is_decorated(reference):
            return source(reference)
        return f"(SELECT * EXCLUDE (rowid) FROM {partitions.find_to_read(reference).rows})"

    return partition_or_table


def _wrap_extract(run: Callable[..., JobStatistics4]) -> Callable[..., JobStatistics4]:
    def extract_partition(
        cursor: duckdb.DuckDBPyConnection, config: Any, upload: str | None
    ) -> JobStatistics4:
        reference = tables.reference(config.sourceTable)
        if not _is_decorated(reference):
            return run(cursor, config, upload)
        rows = partitions.find_to_read(reference).rows
        extract.write(cursor, f"SELECT * EXCLUDE (rowid) FROM {rows}", {}, config)
        return JobStatistics4(destinationUriFileCounts=["1"] * len(extract._uris(config)), inputBytes="0")

    return extract_partition


def _wrap_insert_all(insert_all: Callable[..., Any]) -> Callable[..., Any]:
    def insert_whole(project: str, dataset: str, table: str, body: Any) -> Any:
        if "$" in table:
            raise not_implemented(f"insertAll into the partition {table}")
        return insert_all(project, dataset, table, body)

    return insert_whole
