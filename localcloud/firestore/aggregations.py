"""Aggregations over a query's documents: count, sum, avg."""

from typing import Any

from localcloud.firestore.errors import invalid
from localcloud.firestore.messages import Document, Value
from localcloud.firestore.transforms import LARGEST, SMALLEST
from localcloud.firestore.values import get_value, parse_field_path


class Aggregates:
    """The aggregations of one query, fed document by document.

    As on the real service, a document without one of the fields counts for none of them.
    """

    def __init__(self, definitions: Any) -> None:
        self._definitions = {
            definition.alias or f"field_{number}": definition
            for number, definition in enumerate(definitions, start=1)
        }
        self._paths = {alias: _path(definition) for alias, definition in self._definitions.items()}
        self._sums: dict[str, float] = {alias: 0 for alias, path in self._paths.items() if path}
        self._counts = dict.fromkeys(self._sums, 0)
        self._documents = 0

    def add(self, data: bytes) -> None:
        """Take in a serialized Document, which is parsed only for a sum or an average."""
        if self._sums:
            fields = Document.FromString(data).fields
            values = {alias: get_value(fields, self._paths[alias]) for alias in self._sums}
            if None in values.values():
                return
            for alias, value in values.items():
                kind = value.WhichOneof("value_type")
                if kind in ("integer_value", "double_value"):
                    self._sums[alias] += getattr(value, kind)
                    self._counts[alias] += 1
        self._documents += 1

    def results(self) -> dict[str, Any]:
        """Return each aggregation's Value by its alias."""
        return {alias: self._result(alias, definition) for alias, definition in self._definitions.items()}

    def _result(self, alias: str, definition: Any) -> Any:
        if definition.HasField("count"):
            up_to = definition.count.up_to.value if definition.count.HasField("up_to") else self._documents
            return Value(integer_value=min(self._documents, up_to))
        total, count = self._sums[alias], self._counts[alias]
        if definition.HasField("sum"):
            return _sum(total)
        return Value(double_value=total / count) if count else Value(null_value=0)


def _sum(total: float) -> Any:
    if isinstance(total, int) and SMALLEST <= total <= LARGEST:
        return Value(integer_value=total)
    return Value(double_value=float(total))


def _path(definition: Any) -> tuple[str, ...]:
    """Return the field path of a sum or an average, an empty one for a count."""
    kind = definition.WhichOneof("operator")
    if kind is None:
        raise invalid("An aggregation has no operator.")
    return () if kind == "count" else parse_field_path(getattr(definition, kind).field.field_path)
