"""What a statement is about to read, worked out of what Google's analyser found in it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
from local_bigquery.catalog import metadata, tables
from local_bigquery.engine import database, types
from local_bigquery.errors import BigQueryError
from local_bigquery.models import Table
from local_bigquery.sql.script import Interpreter

from localcloud.bigquery import sizes
from localcloud.bigquery.billing import Cost
from localcloud.bigquery.googlesql.reading import Comparison, Either, Filter, Scan
from localcloud.bigquery.partitions import Reference, partitioning
from localcloud.bigquery.pruning import UNKNOWN, Pruning

ARRIVAL = "_PARTITION_LOAD_TIME', '_PARTITIONDATE', '_PARTITIONTIME"
STANDARD = types.STANDARD
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COMPARED = {"DATE", "TIMESTAMP", "DATETIME", "INTEGER"}  # what tables are partitioned by

# Of a text, what it reads, as the analyser finds it.
type Find = Callable[[str, Interpreter], list[Scan]]
# Of parts of a name, the table that it means.
type Refer = Callable[[list[str], Interpreter], Reference]


@dataclass(frozen=True)
class Read:
    """A table that is read, or a temporary one by its name alone, and the text that its scan stands in."""

    table: Reference
    scan: Scan
    text: "Text"


@dataclass(frozen=True)
class Text:
    """A script whose constants are worked out where they stand, and the byte where its statement starts."""

    script: bytes
    start: int
    interpreter: Interpreter

    def evaluate(self, place: tuple[int, int], kind: str) -> Any:
        """Return the value of a constant as a type of GoogleSQL's, None of NULL, UNKNOWN of what fails."""
        context = self.interpreter.context
        before = context.position
        context.position += self.script[self.start : place[0]].count(b"?")
        text = self.script[slice(*place)].decode()
        try:
            if kind == "TIMESTAMP":  # as a number: DuckDB's own would need another library
                micros = self.interpreter.evaluate(f"UNIX_MICROS(CAST({text} AS TIMESTAMP))")
                return None if micros is None else EPOCH + timedelta(microseconds=micros)
            return self.interpreter.evaluate(f"CAST({text} AS {STANDARD.get(kind, kind)})")
        except (BigQueryError, duckdb.Error):
            return UNKNOWN
        finally:
            context.position = before


@dataclass(frozen=True)
class Costs:
    """Works out costs with the analyser's own eyes."""

    find: Find
    refer: Refer

    def of(self, scans: Sequence[Scan], text: Text) -> Cost:
        """Return what a statement costs; raises BigQueryError where it has to filter partitions."""
        by_table: dict[Reference, list[Read]] = {}
        for read in self._reads(scans, text):
            _check_filter(read)
            by_table.setdefault(read.table, []).append(read)
        return Cost.of([_bytes(table, reads) for table, reads in by_table.items()])

    def _reads(self, scans: Sequence[Scan], text: Text) -> Iterator[Read]:
        for scan in scans:
            parts = scan.name.split(".")
            is_temporary = len(parts) == 1 or parts[0].upper() == "_SESSION"
            if is_temporary and parts[-1].casefold() in text.interpreter.context.temporary:
                yield Read(("", "", parts[-1]), scan, text)
                continue
            table = self.refer(parts, text.interpreter)
            if query := _view(table):
                yield from self._of_view(table, query, scan, text)
            else:
                yield Read(table, scan, text)

    def _of_view(self, view: Reference, query: str, scan: Scan, text: Text) -> Iterator[Read]:
        """Yield what the columns of a view that are read take of its tables, by the filters on them."""
        kinds = {field.name.casefold(): field.type for field in tables.columns(*view)}
        columns = ", ".join(f"`{name}`" for name in scan.columns) or "1"
        filters = list(filter(None, (_written(each, kinds, text) for each in scan.filters)))
        where = f" WHERE {' AND '.join(filters)}" if filters else ""
        inner = f"SELECT {columns} FROM ({query}\n){where}"
        yield from self._reads(self.find(inner, text.interpreter), Text(inner.encode(), 0, text.interpreter))


def _view(table: Reference) -> str | None:
    stored = metadata.load(Table, *table)
    defined = stored and (stored.view or stored.materializedView)
    return str(defined.query) if defined else None


def _written(given: Filter, kinds: dict[str, str], text: Text) -> str | None:
    """Return a filter with its constants worked out, or None of what no partition is left out by."""
    if isinstance(given, Either):
        parts = [_written(each, kinds, text) for each in given.filters]
        return f"({' OR '.join(map(str, parts))})" if all(parts) else None
    kind = kinds.get(given.column.casefold())
    if kind not in COMPARED:
        return None
    return _compared(given, kind, text)


def _compared(given: Comparison, kind: str, text: Text) -> str | None:
    column = f"`{given.column}`"
    if given.operator in ("missing", "present"):
        return f"{column} IS {'NOT ' if given.operator == 'present' else ''}NULL"
    name, unit = given.rounded or ("", "")
    if name:
        column = f"{name}({column}, {unit})" if unit else f"CAST({column} AS {name})"
        kind = kind if unit else name.upper()
    values = [text.evaluate(place, kind) for place in given.constants]
    if UNKNOWN in values:
        return None
    literals = [f"CAST('{value}' AS {STANDARD.get(kind, kind)})" for value in values]
    if given.operator == "between":
        return f"{column} BETWEEN {literals[0]} AND {literals[1]}"
    return (
        f"{column} {given.operator} {f'({", ".join(literals)})' if given.operator == 'in' else literals[0]}"
    )


def _pruning(read: Read) -> Pruning | None:
    stored = metadata.load(Table, *read.table) if read.table[0] else None
    by = partitioning(stored) if stored and stored.type != "EXTERNAL" else None
    if by is None:
        return None
    kinds = {field.name.casefold(): field.type for field in tables.columns(*read.table)}
    return Pruning(by, kinds.get(by.column.casefold(), "TIMESTAMP"), read.text.evaluate)


def _check_filter(read: Read) -> None:
    stored = metadata.load(Table, *read.table) if read.table[0] else None
    pruning = _pruning(read) if stored and stored.requirePartitionFilter else None
    if pruning and not pruning.eliminating(read.scan.filters):
        columns = ARRIVAL if pruning.by.is_ingestion else pruning.by.column
        said = (
            f"Cannot query over table '{'.'.join(read.table)}' without a filter over column(s) '{columns}' "
            "that can be used for partition elimination"
        )
        raise BigQueryError("invalidQuery", said)


def _bytes(table: Reference, reads: Sequence[Read]) -> int:
    """Return the bytes of a table's columns that any of its scans reads, in the partitions of any."""
    names = {name for read in reads for name in read.scan.columns}
    if not table[0]:
        return _of_temporary(reads[0].text.interpreter.cursor, table[2], names)
    if any(read.scan.is_whole for read in reads):
        names = {field.name for field in tables.columns(*table)}
    prunings = [_pruning(read) for read in reads]
    if prunings[0] is None:
        return sizes.total_of(table, sorted(names))
    counted = sizes.partitions_of(table, prunings[0].by, sorted(names))
    ids = sorted({id_ for parts in counted.values() for id_ in parts})
    kept = {
        id_
        for read, pruning in zip(reads, prunings, strict=True)
        if pruning
        for id_ in pruning.kept(ids, read.scan.filters)
    }
    return sum(parts.get(id_, 0) for parts in counted.values() for id_ in kept)


def _of_temporary(cursor: duckdb.DuckDBPyConnection, name: str, columns: set[str]) -> int:
    relation = database.quote("temp", "main", name)
    found = cursor.sql(f"SELECT * FROM {relation} LIMIT 0")
    fields = [each for each in map(types.field, found.columns, found.types) if each.name in columns]
    return sum(sum(parts.values()) for parts in sizes.count(cursor, relation, None, fields).values())
