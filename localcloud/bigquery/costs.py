"""What a statement is about to read, computed from what Google's analyser found in it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from localcloud.bigquery.googlesql.reading import Comparison, Either, Filter, Outline, Scan, Spot
from localcloud.bigquery.lake import one_look
from localcloud.bigquery.partitions import Partitioning, Reference, partitioning
from localcloud.bigquery.pruning import UNKNOWN, Pruning, compared_values

ARRIVAL = "_PARTITION_LOAD_TIME', '_PARTITIONDATE', '_PARTITIONTIME"
STANDARD = types.STANDARD
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A date that is always the same, such as DATE_SUB(DATE '2026-12-04', INTERVAL 35 DAY): a day's
# statements repeat a handful of them, and evaluating one takes 10 ms.
FIXED = re.compile(
    r"(?:\b(?:DATE|DATE_ADD|DATE_SUB|DATE_TRUNC|CAST|AS|INTERVAL|DAY|WEEK|MONTH|QUARTER|YEAR)\b"
    r"|'[^'\\]*'|[\d\s(),])+",
    re.IGNORECASE,
)
FIXED_KEPT = 1024
COMPARED = {"DATE", "TIMESTAMP", "DATETIME", "INTEGER"}  # types of partitioning columns

_fixed: dict[str, Any] = {}

# Finds what a view's query reads, with the analyser.
type FindOutline = Callable[[str, Interpreter], Outline | None]
# Finds the table that the parts of a name refer to.
type ResolveTable = Callable[[list[str], Interpreter], Reference]


@dataclass(frozen=True)
class Read:
    """A table that is read (a temporary one by its name alone), its scan, and the text holding that scan."""

    table: Reference
    scan: Scan
    text: "Text"


@dataclass(frozen=True)
class Text:
    """A script whose constants are evaluated by position, and the byte where its statement starts."""

    script: bytes
    start: int
    interpreter: Interpreter

    def evaluate(self, place: tuple[int, int], kind: str) -> Any:
        """Return the value of a constant as a GoogleSQL type: None for NULL, UNKNOWN if that fails."""
        text = self.script[slice(*place)].decode()
        variables = self.interpreter.context.variables  # one may be called `day`
        if kind != "DATE" or variables or not FIXED.fullmatch(text):
            return self._evaluate(text, place, kind)
        value = _fixed.get(text)
        if value is None:
            value = self._evaluate(text, place, kind)
            if value is not UNKNOWN:  # which it is as well when its job is cancelled
                if len(_fixed) >= FIXED_KEPT:
                    _fixed.clear()
                _fixed[text] = value
        return value

    def _evaluate(self, text: str, place: tuple[int, int], kind: str) -> Any:
        context = self.interpreter.context
        before = context.position
        context.position += self.script[self.start : place[0]].count(b"?")
        try:
            if kind == "TIMESTAMP":  # as a number: DuckDB's own type would need another library
                micros = self.interpreter.evaluate(f"UNIX_MICROS(CAST({text} AS TIMESTAMP))")
                return None if micros is None else EPOCH + timedelta(microseconds=micros)
            return self.interpreter.evaluate(f"CAST({text} AS {STANDARD.get(kind, kind)})")
        except (BigQueryError, duckdb.Error):
            return UNKNOWN
        finally:
            context.position = before


@dataclass(frozen=True)
class Costs:
    """A calculator of costs, with the look-ups of views and tables that it needs."""

    find_outline: FindOutline
    resolve_table: ResolveTable

    @one_look()
    def of(self, scans: Sequence[Scan], text: Text) -> Cost:
        """Return what a statement costs; raises BigQueryError if it lacks a required partition filter."""
        by_table: dict[Reference, list[Read]] = {}
        for read in self._reads(scans, text):
            _check_filter(read)
            by_table.setdefault(read.table, []).append(read)
        return Cost.of([_table_bytes(table, reads) for table, reads in by_table.items()])

    def _reads(self, scans: Sequence[Scan], text: Text) -> Iterator[Read]:
        for scan in scans:
            parts = scan.name.split(".")
            is_temporary = len(parts) == 1 or parts[0].upper() == "_SESSION"
            if is_temporary and parts[-1].casefold() in text.interpreter.context.temporary:
                yield Read(("", "", parts[-1]), scan, text)
                continue
            table = self.resolve_table(parts, text.interpreter)
            if query := _view_query(table):
                yield from self._view_reads(table, query, scan, text)
            else:
                yield Read(table, scan, text)

    def _view_reads(self, view: Reference, query: str, scan: Scan, text: Text) -> Iterator[Read]:
        """Yield the reads of a view's tables that its columns in use need, narrowed by the filters on it."""
        if outline := self.find_outline(query, text.interpreter):
            inner, scans = _inline_view(outline, query, scan, _Constants(text, view))
            yield from self._reads(scans, Text(inner.encode(), 0, text.interpreter))


@dataclass(frozen=True)
class _Constants:
    """The constants of filters on a view, evaluated where they stand as the types of its columns."""

    text: Text
    view: Reference

    def literals(self, given: Comparison) -> list[str] | None:
        """Return a filter's constants as literals, or None if no partition can be pruned by them."""
        kind = _column_types(self.view).get(given.column.casefold())
        if kind not in COMPARED:
            return None
        name, unit = given.rounded or ("", "")
        kind = name.upper() if name and not unit else kind
        values = compared_values(given, kind, self.text.evaluate)
        if UNKNOWN in values:
            return None
        return [f"CAST('{value}' AS {STANDARD.get(kind, kind)})" for value in values]


def _inline_view(outline: Outline, query: str, scan: Scan, constants: _Constants) -> tuple[str, list[Scan]]:
    """Return a text (the view's query, then filters' constants) and the scans that replace a scan of it."""
    needs = {name.casefold(): spots for name, spots in outline.needs.items()}
    plain = {name.casefold(): spots for name, spots in outline.plain.items()}
    spots = {*outline.always}.union(*(needs.get(column.casefold(), []) for column in scan.columns))
    appended = [query]
    scans = [
        Scan(each.name, [column for place, column in sorted(spots) if place == number], [*each.filters])
        for number, each in enumerate(outline.scans)
    ]
    for given in scan.filters:
        for number, moved in _push_down_filter(given, plain, constants, appended).items():
            scans[number].filters.append(moved)
    return "\n".join(appended), scans


def _push_down_filter(
    given: Filter, plain: dict[str, list[Spot]], constants: _Constants, appended: list[str]
) -> dict[int, Filter]:
    """Return a filter on a view as a filter on each scan whose column it compares; append its constants."""
    if isinstance(given, Either):
        parts = [_push_down_filter(each, plain, constants, appended) for each in given.filters]
        common = set(parts[0]).intersection(*parts[1:])
        return {number: Either(tuple(part[number] for part in parts)) for number in common}
    literals = constants.literals(given)
    if literals is None:
        return {}
    places = []
    for literal in literals:
        start = len("\n".join(appended).encode()) + 1
        appended.append(literal)
        places.append((start, start + len(literal.encode())))
    operator = "in" if given.operator == "in array" else given.operator
    return {
        number: replace(given, column=column, operator=operator, constants=tuple(places))
        for number, column in plain.get(given.column.casefold(), [])
    }


def _view_query(table: Reference) -> str | None:
    stored = metadata.load(Table, *table)
    defined = stored and (stored.view or stored.materializedView)
    return str(defined.query) if defined else None


def _pruning(read: Read) -> Pruning | None:
    stored = metadata.load(Table, *read.table) if read.table[0] else None
    kinds = _column_types(read.table) if stored else {}
    by = _partitioned_by(stored, kinds) if stored else None
    if by is None:
        return None
    return Pruning(by, kinds.get(by.column.casefold(), "TIMESTAMP"), read.text.evaluate)


def _column_types(table: Reference) -> dict[str, str]:
    return {field.name.casefold(): field.type for field in tables.columns(*table)}


def _partitioned_by(stored: Table, kinds: Mapping[str, str]) -> Partitioning | None:
    """Return a table's partitioning; an external table's is by the first of its folder keys of type DATE."""
    if stored.type != "EXTERNAL":
        return partitioning(stored)
    declared = stored.externalDataConfiguration and stored.externalDataConfiguration.hivePartitioningOptions
    names = declared.fields if declared else None
    return next((Partitioning(name, "DAY") for name in names or () if kinds[name.casefold()] == "DATE"), None)


def _check_filter(read: Read) -> None:
    stored = metadata.load(Table, *read.table) if read.table[0] else None
    is_required = stored and stored.requirePartitionFilter and stored.type != "EXTERNAL"
    pruning = _pruning(read) if is_required else None
    if pruning and not pruning.usable_filters(read.scan.filters):
        columns = ARRIVAL if pruning.by.is_ingestion else pruning.by.column
        message = (
            f"Cannot query over table '{'.'.join(read.table)}' without a filter over column(s) '{columns}' "
            "that can be used for partition elimination"
        )
        raise BigQueryError("invalidQuery", message)


def _table_bytes(table: Reference, reads: Sequence[Read]) -> int:
    """Return the bytes of the columns that any scan of a table reads, in the partitions that any reads."""
    names = {name for read in reads for name in read.scan.columns}
    if not table[0]:
        return _temporary_table_bytes(reads[0].text.interpreter.cursor, table[2], names)
    if any(read.scan.is_whole for read in reads):
        names = {field.name for field in tables.columns(*table)}
    prunings = [_pruning(read) for read in reads]
    if prunings[0] is None:
        return sizes.total_bytes(table, sorted(names))
    counted = sizes.partition_bytes(table, prunings[0].by, sorted(names))
    ids = sorted({id_ for parts in counted.values() for id_ in parts})
    kept = {
        id_
        for read, pruning in zip(reads, prunings, strict=True)
        if pruning
        for id_ in pruning.kept(ids, read.scan.filters)
    }
    return sum(parts.get(id_, 0) for parts in counted.values() for id_ in kept)


def _temporary_table_bytes(cursor: duckdb.DuckDBPyConnection, name: str, columns: set[str]) -> int:
    relation = database.quote("temp", "main", name)
    found = cursor.sql(f"SELECT * FROM {relation} LIMIT 0")
    fields = [each for each in map(types.field, found.columns, found.types) if each.name in columns]
    return sum(sum(parts.values()) for parts in sizes.count(cursor, relation, None, fields).values())
