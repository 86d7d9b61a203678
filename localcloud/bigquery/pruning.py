"""Which partitions of a table a scan reads: those that its filters do not prune."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from local_bigquery.catalog import tables

from localcloud.bigquery.googlesql.reading import Comparison, Either, Filter
from localcloud.bigquery.partitions import NULL, UNPARTITIONED, Partitioning

UNKNOWN = object()
TICK = timedelta(microseconds=1)
DAY_OF_ARRIVAL = "_PARTITIONDATE"
UNITS = ("YEAR", "MONTH", "DAY", "HOUR")
TESTS: dict[str, Callable[[Any, Any, Any], bool]] = {
    "=": lambda first, last, value: first <= value <= last,
    "<": lambda first, _, value: first < value,
    "<=": lambda first, _, value: first <= value,
    ">": lambda _, last, value: last > value,
    ">=": lambda _, last, value: last >= value,
}


@dataclass(frozen=True)
class Pruning:
    """The partitioning of a table, the type of its column, and how a constant of a filter is evaluated.

    `evaluate` takes a constant's place in the script and the type it is compared as; it returns UNKNOWN for
    one that cannot be evaluated before the statement runs.
    """

    by: Partitioning
    kind: str
    evaluate: Callable[[tuple[int, int], str], Any]

    def usable_filters(self, filters: Sequence[Filter]) -> list[Filter]:
        """Return the filters by which partitions can be pruned."""
        return [each for each in filters if self._is_on_partitions(each)]

    def kept(self, ids: Sequence[str], filters: Sequence[Filter]) -> list[str]:
        """Return the ids of the partitions that may have a row that passes the filters."""
        tests = [self._test(each) for each in self.usable_filters(filters)]
        return [id_ for id_ in ids if all(test(id_) for test in tests)]

    def _is_on_partitions(self, given: Filter) -> bool:
        if isinstance(given, Either):
            return all(map(self._is_on_partitions, given.filters))
        column = given.column.casefold()
        if self.by.is_ingestion:
            return column in (tables.INGESTION_TIME.casefold(), DAY_OF_ARRIVAL.casefold())
        return column == self.by.column.casefold()

    def _test(self, given: Filter) -> Callable[[str], bool]:
        if isinstance(given, Either):
            tests = [self._test(each) for each in given.filters]
            return lambda id_: any(test(id_) for test in tests)
        rounding = _rounding(given)
        kind = rounding[0].upper() if rounding and not rounding[0].endswith("trunc") else self.kind
        values = compared_values(given, kind, self.evaluate)
        if UNKNOWN in values or (rounding and rounding[1] not in (*UNITS, "")):
            return lambda _: True
        return lambda id_: self._may_pass(id_, given.operator, values, rounding)

    def _may_pass(self, id_: str, operator: str, values: list[Any], rounding: tuple[str, str] | None) -> bool:
        if operator in ("missing", "present"):
            return (id_ == NULL) == (operator == "missing")
        if id_ == UNPARTITIONED:
            return True
        if id_ == NULL or None in values:
            return False
        first, last = (_round(bound, rounding) for bound in self._bounds(id_))
        if operator == "between":
            return last >= values[0] and first <= values[1]  # type: ignore[no-any-return]
        if operator in ("in", "in array"):
            return any(TESTS["="](first, last, value) for value in values)
        return TESTS[operator](first, last, values[0])

    def _bounds(self, id_: str) -> tuple[Any, Any]:
        """Return the first and the last value that a row of a partition may have."""
        if not self.by.span:
            return int(id_), int(id_) + self.by.interval - 1
        start = self.by.time(id_)
        last = _next(start, self.by.span) - TICK
        if self.kind == "DATE":
            return start.date(), last.date()
        zone = None if self.kind == "DATETIME" else UTC
        return start.replace(tzinfo=zone), last.replace(tzinfo=zone)


def compared_values(
    given: Comparison, kind: str, evaluate: Callable[[tuple[int, int], str], Any]
) -> list[Any]:
    """Return the values that a column is compared with: for an array of dates its elements, except NULL.

    That BigQuery prunes by a script's array is what dbt's insert_overwrite relies on (dbt-core #2198).
    """
    if given.operator != "in array":
        return [evaluate(place, kind) for place in given.constants]
    found: Any = evaluate(given.constants[0], "ARRAY<DATE>") if kind == "DATE" else UNKNOWN
    return [found] if found is UNKNOWN else [value for value in found or [] if value is not None]


def _rounding(given: Comparison) -> tuple[str, str] | None:
    is_day = given.column.casefold() == DAY_OF_ARRIVAL.casefold()
    return given.rounded or (("date", "") if is_day else None)


def _next(start: datetime, span: str) -> datetime:
    if span == "YEAR":
        return start.replace(year=start.year + 1)
    if span == "MONTH":
        return (start + timedelta(days=31)).replace(day=1)
    return start + (timedelta(days=1) if span == "DAY" else timedelta(hours=1))


def _round(value: Any, rounding: tuple[str, str] | None) -> Any:
    """Return a value as a GoogleSQL function would truncate it; all of these keep the order."""
    name, unit = rounding or ("", "")
    if name == "date":
        return value.date() if isinstance(value, datetime) else value
    if name in ("timestamp", "datetime"):
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        return moment.replace(tzinfo=UTC if name == "timestamp" else None)
    return _truncate(value, unit) if unit else value


def _truncate(value: date, unit: str) -> date:
    if unit in ("YEAR", "MONTH"):
        value = value.replace(month=1 if unit == "YEAR" else value.month, day=1)
    if not isinstance(value, datetime):
        return value
    return value.replace(hour=value.hour if unit == "HOUR" else 0, minute=0, second=0, microsecond=0)
