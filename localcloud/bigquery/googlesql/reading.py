"""What a resolved statement reads: the columns of each table, and filters that may prune partitions."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from zetasql.wasi._pb2.zetasql.public import type_pb2
from zetasql.wasi._pb2.zetasql.public.functions import datetime_pb2
from zetasql.wasi._pb2.zetasql.resolved_ast import resolved_ast_enums_pb2 as enums

# Fields that contain no scan, and would take long to walk.
LEAVES = {"type", "signature", "column_list", "function", "column", "table", "type_annotation_map"}
COMPARED = {
    "$equal": "=",
    "$less": "<",
    "$less_or_equal": "<=",
    "$greater": ">",
    "$greater_or_equal": ">=",
}
SEVERAL = {"$between": "between", "$in": "in", "$in_array": "in array"}
REVERSED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
ROUNDED = {"date", "timestamp", "datetime", "date_trunc", "timestamp_trunc", "datetime_trunc"}
CHANGING = {"ResolvedUpdateStmtProto", "ResolvedDeleteStmtProto", "ResolvedMergeStmtProto"}
READING = CHANGING | {
    "ResolvedQueryStmtProto",
    "ResolvedCreateTableAsSelectStmtProto",
    "ResolvedInsertStmtProto",
    "ResolvedExportDataStmtProto",
}
# Of types that a column may be cast to, and of units that it may be truncated to.
CASTS: Mapping[int, str] = {
    type_pb2.TYPE_DATE: "date",
    type_pb2.TYPE_TIMESTAMP: "timestamp",
    type_pb2.TYPE_DATETIME: "datetime",
}
UNITS: Mapping[int, str] = {
    datetime_pb2.YEAR: "YEAR",
    datetime_pb2.MONTH: "MONTH",
    datetime_pb2.DAY: "DAY",
    datetime_pb2.HOUR: "HOUR",
}


@dataclass(frozen=True)
class Comparison:
    """A comparison of a table's column with constants, which stand at these bytes of the script.

    `rounded` is the cast or truncation applied to the column first, with its unit: ("date_trunc", "MONTH").
    """

    column: str
    operator: str
    constants: tuple[tuple[int, int], ...] = ()
    rounded: tuple[str, str] | None = None


@dataclass(frozen=True)
class Either:
    """Filters of which a row passes at least one."""

    filters: tuple["Filter", ...]


type Filter = Comparison | Either


@dataclass
class Scan:
    """A table that is read, by its name as written: its columns, and the filters that its rows pass."""

    name: str
    columns: list[str]
    filters: list[Filter] = field(default_factory=list)
    is_whole: bool = False  # a statement that rewrites rows pays for all their columns


type Spot = tuple[int, str]  # the number of a scan, and one of its columns


@dataclass(frozen=True)
class Outline:
    """What a view reads, whichever of its columns are asked for: scans with their filters, and needs.

    `always` is needed by its conditions, keys and orders, `needs` by each of its own columns; `plain` has the
    columns of scans that a column of its own passes on unchanged.
    """

    scans: list[Scan]
    always: list[Spot]
    needs: dict[str, list[Spot]]
    plain: dict[str, list[Spot]]

    def to_json(self) -> Any:
        """Return the outline as JSON values."""
        return [to_json(self.scans), self.always, self.needs, self.plain]

    @classmethod
    def from_json(cls, text: Any) -> "Outline":
        """Return the outline that `to_json` returned as JSON values."""
        scans, always, *others = text
        needs, plain = ({name: list(map(tuple, spots)) for name, spots in each.items()} for each in others)
        return cls(from_json(scans), list(map(tuple, always)), needs, plain)

    def moved(self, by: int) -> "Outline":
        """Return the outline with its constants moved on by so many bytes."""
        scans = [
            replace(scan, filters=[_move_filter(each, by) for each in scan.filters]) for scan in self.scans
        ]
        return replace(self, scans=scans)


def _move_filter(given: Filter, by: int) -> Filter:
    if isinstance(given, Either):
        return Either(tuple(_move_filter(each, by) for each in given.filters))
    return replace(given, constants=tuple((start + by, end + by) for start, end in given.constants))


def to_json(scans: list[Scan]) -> list[Any]:
    """Return scans as JSON values."""
    return [
        [scan.name, scan.columns, list(map(_filter_to_json, scan.filters)), scan.is_whole] for scan in scans
    ]


def from_json(texts: list[Any]) -> list[Scan]:
    """Return the scans that `to_json` returned as JSON values."""
    return [
        Scan(name, columns, list(map(_filter_from_json, filters)), whole)
        for name, columns, filters, whole in texts
    ]


def _filter_to_json(given: Filter) -> Any:
    if isinstance(given, Either):
        return list(map(_filter_to_json, given.filters))
    return {**given.__dict__}


def _filter_from_json(text: Any) -> Filter:
    if isinstance(text, list):
        return Either(tuple(map(_filter_from_json, text)))
    cut = text["rounded"]
    constants = tuple((start, end) for start, end in text["constants"])
    return Comparison(text["column"], text["operator"], constants, (cut[0], cut[1]) if cut else None)


def scans(statement: Any) -> list[Scan]:
    """Return what a statement reads: nothing for one that only declares something."""
    if statement.DESCRIPTOR.name not in READING:
        return []
    reading = _Reading(statement)
    return [scan for scan in reading.scans if scan is not reading.inserted]


def outline(statement: Any) -> Outline:
    """Return what a query reads, or the query of a view that a statement creates."""
    reading = _Reading(statement, is_outline=True)
    return Outline(
        scans=reading.scans,
        always=reading.spots(reading.needed),
        needs={name: reading.spots({number}) for name, number in reading.outputs.items()},
        plain={name: reading.plain(number) for name, number in reading.outputs.items()},
    )


class _Reading:
    """A walk through a resolved statement, whose expressions refer to the columns of scans by number.

    A column is read if the statement needs it: for its output, or for a condition, a key or an order. What an
    expression of a subquery uses is needed if the column that it computes is.
    """

    def __init__(self, statement: Any, *, is_outline: bool = False) -> None:
        self.outputs: dict[str, int] = {}
        self._is_outline = is_outline
        self.scans: list[Scan] = []
        self.inserted: Scan | None = None
        self._places: dict[int, tuple[Scan, str]] = {}
        self._conditions: list[tuple[Any, Scan | None]] = []
        self.needed: set[int] = set()
        self._sources: dict[int, set[int]] = {}
        self._aliases: dict[int, list[int]] = {}
        self._queries: dict[str, list[int]] = {}
        self._walk(statement, self.needed)
        self._mark_target(statement)
        if not is_outline:
            self._drop_unneeded_columns()
        for condition, only in self._conditions:
            self._apply(condition, only)

    def _walk(self, node: Any, needed: set[int]) -> None:
        """Note what a node is; add the numbers of the columns that its expressions use to `needed`."""
        kind = node.DESCRIPTOR.name
        if note := self._NOTES.get(kind):
            note(self, node)
        if kind == "ResolvedColumnRefProto":
            needed.add(node.column.column_id)
        elif kind == "ResolvedComputedColumnProto" and needed is self.needed:
            needed = self._sources.setdefault(node.column.column_id, set())
        for described, value in node.ListFields():
            if not described.message_type or described.name in LEAVES:
                continue
            if described.message_type.name == "ResolvedColumnProto":
                if described.is_repeated and kind != "ResolvedSetOperationItemProto":
                    self.needed |= {column.column_id for column in value}
                continue
            # A grouping key is needed, whether or not it is used.
            inner = set(needed) if described.name == "group_by_list" else needed
            for each in value if described.is_repeated else [value]:
                self._walk(each, inner)
            if inner is not needed:
                self.needed |= inner

    def _drop_unneeded_columns(self) -> None:
        spots = self.spots(self.needed)
        for number, scan in enumerate(self.scans):
            scan.columns = [column for of_scan, column in spots if of_scan == number]

    def spots(self, numbers: set[int]) -> list[Spot]:
        """Return the columns of scans that the columns with these numbers need."""
        needed, found = set[int](), list(numbers)
        while found:
            number = found.pop()
            if number not in needed:
                needed.add(number)
                found += [*self._sources.get(number, ()), *self._aliases.get(number, ())]
        return [self._spot(number) for number in self._places if number in needed]

    def plain(self, number: int) -> list[Spot]:
        """Return the columns of scans that a column passes on unchanged."""
        return [self._spot(original) for original in self._originals(number) if original in self._places]

    def _spot(self, number: int) -> Spot:
        scan, column = self._places[number]
        return next(place for place, each in enumerate(self.scans) if each is scan), column

    def _note_output(self, node: Any) -> None:
        self.outputs[node.name] = node.column.column_id
        if not self._is_outline:
            self.needed.add(node.column.column_id)

    def _note_subquery(self, node: Any) -> None:
        if node.subquery_type != enums.ResolvedSubqueryExprEnums.EXISTS:
            self.needed |= {column.column_id for column in get_field(unwrap(node.subquery), "column_list")}

    def _note_recursion(self, node: Any) -> None:
        for item in (node.non_recursive_term, node.recursive_term):
            self.needed |= {column.column_id for column in item.output_column_list}

    def _note_filter(self, node: Any) -> None:
        self._conditions.append((node.filter_expr, None))

    def _note_join(self, node: Any) -> None:
        if node.join_type == enums.ResolvedJoinScanEnums.INNER and node.HasField("join_expr"):
            self._conditions.append((node.join_expr, None))

    def _note_where(self, node: Any) -> None:
        if node.HasField("where_expr"):
            self._conditions.append((node.where_expr, None))

    def _note_query(self, node: Any) -> None:
        query = unwrap(node.with_subquery)
        self._queries[node.with_query_name] = [column.column_id for column in get_field(query, "column_list")]

    def _note_reference(self, node: Any) -> None:
        ids = [column.column_id for column in get_field(node, "column_list")]
        self._alias(ids, self._queries.get(node.with_query_name, []))

    def _note_union(self, node: Any) -> None:
        ids = [column.column_id for column in get_field(node, "column_list")]
        for item in node.input_item_list:
            numbers = [column.column_id for column in item.output_column_list]
            self._alias(ids, numbers)
            if node.op_type != enums.ResolvedSetOperationScanEnums.UNION_ALL:
                self.needed |= set(numbers)

    def _alias(self, ids: list[int], originals: list[int]) -> None:
        for id_, original in zip(ids, originals, strict=False):
            self._aliases.setdefault(id_, []).append(original)

    def _note_scan(self, node: Any) -> None:
        columns = get_field(node, "column_list")
        scan = Scan(node.table.full_name or node.table.name, [column.name for column in columns])
        self.scans.append(scan)
        self._places |= {column.column_id: (scan, column.name) for column in columns}

    def _mark_target(self, statement: Any) -> None:
        """Mark the scan of the table that the statement writes."""
        kind = statement.DESCRIPTOR.name
        if kind == "ResolvedInsertStmtProto" and statement.HasField("table_scan"):
            self.inserted = self._scan_of(statement.table_scan)
        elif kind in CHANGING and statement.HasField("table_scan"):
            target = self._scan_of(statement.table_scan)
            target.is_whole = True
            if kind == "ResolvedMergeStmtProto":
                self._mark_merged(statement, target)

    def _mark_merged(self, statement: Any, target: Scan) -> None:
        """Mark the target of a MERGE: rows that cannot match stay as they are, and are not read."""
        whens, of = statement.when_clause_list, enums.ResolvedMergeWhenEnums
        target.is_whole = any(when.action_type != of.INSERT for when in whens)
        if all(when.match_type != of.NOT_MATCHED_BY_SOURCE for when in whens):
            self._conditions.append((statement.merge_expr, target))

    def _scan_of(self, node: Any) -> Scan:
        name, columns = node.table.full_name, [column.name for column in get_field(node, "column_list")]
        return next(scan for scan in self.scans if (scan.name, scan.columns) == (name, columns))

    def _apply(self, condition: Any, only: Scan | None) -> None:
        for part in _parts(unwrap(condition), "$and"):
            for scan, found in self._filters(part):
                if only is None or scan is only:
                    scan.filters.append(found)

    def _filters(self, node: Any) -> Iterator[tuple[Scan, Filter]]:
        """Yield, for each scan whose column a condition compares, the filter that it puts on the scan."""
        if _function(node) == "$or":
            options = [dict(_by_scan(self._filters(part))) for part in _parts(node, "$or")]
            for id_, (scan, _) in options[0].items() if options else ():
                if all(id_ in option for option in options):
                    yield scan, Either(tuple(option[id_][1] for option in options))
            return
        if not (found := _comparison(node)):
            return
        number, operator, constants, rounded = found
        for id_ in self._originals(number):
            if id_ in self._places:
                scan, column = self._places[id_]
                yield scan, Comparison(column, operator, constants, rounded)

    def _originals(self, number: int) -> Iterator[int]:
        yield number
        for original in self._aliases.get(number, []):
            yield from self._originals(original)

    _NOTES: ClassVar[dict[str, Callable[["_Reading", Any], None]]] = {
        "ResolvedTableScanProto": _note_scan,
        "ResolvedOutputColumnProto": _note_output,
        "ResolvedSubqueryExprProto": _note_subquery,
        "ResolvedRecursiveScanProto": _note_recursion,
        "ResolvedFilterScanProto": _note_filter,
        "ResolvedJoinScanProto": _note_join,
        "ResolvedUpdateStmtProto": _note_where,
        "ResolvedDeleteStmtProto": _note_where,
        "ResolvedWithEntryProto": _note_query,
        "ResolvedWithRefScanProto": _note_reference,
        "ResolvedSetOperationScanProto": _note_union,
    }


def _by_scan(filters: Iterator[tuple[Scan, Filter]]) -> Iterator[tuple[int, tuple[Scan, Filter]]]:
    for scan, found in filters:
        yield id(scan), (scan, found)


def _parts(node: Any, function: str) -> Iterator[Any]:
    if _function(node) != function:
        yield node
        return
    for argument in get_field(node, "argument_list"):
        yield from _parts(unwrap(argument), function)


def _comparison(node: Any) -> tuple[int, str, tuple[tuple[int, int], ...], tuple[str, str] | None] | None:
    """Return the number of the column that a condition compares with constants, and how; or None."""
    name = _function(node)
    arguments = [unwrap(each) for each in get_field(node, "argument_list")] if name else []
    if name == "$not" and _function(arguments[0]) == "$is_null":
        inner = unwrap(get_field(arguments[0], "argument_list")[0])
        return (inner.column.column_id, "present", (), None) if _is_column(inner) else None
    if name == "$is_null" and _is_column(arguments[0]):
        return arguments[0].column.column_id, "missing", (), None
    operator = COMPARED.get(name) or SEVERAL.get(name)
    if operator is None:
        return None
    column, others = _rounded_column(arguments[0]), arguments[1:]
    if column is None and name in COMPARED:
        column, others, operator = _rounded_column(arguments[1]), arguments[:1], REVERSED[operator]
    if column is None or not all(map(_is_constant, others)):
        return None
    places = [get_field(each, "parse_location_range") for each in others]
    return column[0], operator, tuple((place.start, place.end) for place in places), column[1]


def _rounded_column(node: Any) -> tuple[int, tuple[str, str] | None] | None:
    """Return the number of a column and the cast or truncation applied to it, or None for no column."""
    if _is_column(node):
        return node.column.column_id, None
    if node.DESCRIPTOR.name == "ResolvedCastProto":
        inner = unwrap(node.expr)
        to = CASTS.get(get_field(node, "type").type_kind)
        return (inner.column.column_id, (to, "")) if to and _is_column(inner) else None
    name = _function(node)
    if name not in ROUNDED:
        return None
    first, *rest = [unwrap(each) for each in get_field(node, "argument_list")]
    if not _is_column(first) or len(rest) > 1:
        return None
    unit = _unit(rest[0]) if rest else ""
    return (first.column.column_id, (name, unit)) if unit is not None else None


def _unit(node: Any) -> str | None:
    """Return the name of a date part, or None for any other argument."""
    return UNITS.get(node.value.value.enum_value) if node.DESCRIPTOR.name == "ResolvedLiteralProto" else None


def _is_constant(node: Any) -> bool:
    """Return whether a node reads no row: literals, parameters, variables, and functions of them."""
    if node.DESCRIPTOR.name in ("ResolvedColumnRefProto", "ResolvedSubqueryExprProto"):
        return False
    for described, value in node.ListFields():
        if described.message_type and described.name not in LEAVES:
            for inner in value if described.is_repeated else [value]:
                if not _is_constant(inner):
                    return False
    return True


def _is_column(node: Any) -> bool:
    return bool(node.DESCRIPTOR.name == "ResolvedColumnRefProto")


def _function(node: Any) -> str:
    if node.DESCRIPTOR.name != "ResolvedFunctionCallProto":
        return ""
    return str(get_field(node, "function").name).rpartition(":")[2].lower()


def unwrap(node: Any) -> Any:
    """Return the node inside the engine's messages that may hold any kind of node."""
    while (kind := node.WhichOneof("node") if "node" in node.DESCRIPTOR.oneofs_by_name else None) is not None:
        node = getattr(node, kind)
    return node


def get_field(node: Any, name: str) -> Any:
    """Return a field of a message or of one that it extends."""
    while name not in node.DESCRIPTOR.fields_by_name:
        node = node.parent
    return getattr(node, name)
