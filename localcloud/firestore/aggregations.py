"""Aggregations over a query's documents: count, sum, avg."""

from typing import Any

from localcloud.firestore.errors import invalid
from localcloud.firestore.messages import Value
from localcloud.firestore.transforms import LARGEST, SMALLEST
from localcloud.firestore.values import get_value, parse_field_path


class Aggregation:
    """One aggregation, fed document by document."""

    def __init__(self, definition: Any, alias: str) -> None:
        self.alias = alias
        self._kind = definition.WhichOneof("operator")
        if self._kind is None:
            raise invalid("An aggregation has no operator.")
        self._most = definition.count.up_to.value if definition.count.HasField("up_to") else None
        self._path = parse_field_path(_field_path(definition, self._kind))
        self._count = 0
        self._sum: float = 0

    @property
    def needs_field(self) -> bool:
        """Whether documents have to be parsed."""
        return bool(self._kind != "count")

    def add(self, document: Any) -> None:
        """Take in one Document; for a sum or an average only its number counts."""
        if self.needs_field:
            value = get_value(document.fields, self._path)
            kind = None if value is None else value.WhichOneof("value_type")
            if kind not in ("integer_value", "double_value"):
                return
            self._sum += getattr(value, kind)
        self._count += 1

    def result(self) -> Any:
        """Return the result so far as a Value."""
        if self._kind == "count":
            return Value(integer_value=self._count if self._most is None else min(self._count, self._most))
        if self._kind == "avg":
            return Value(double_value=self._sum / self._count) if self._count else Value(null_value=0)
        if isinstance(self._sum, int) and SMALLEST <= self._sum <= LARGEST:
            return Value(integer_value=self._sum)
        return Value(double_value=float(self._sum))


def _field_path(definition: Any, kind: str) -> str:
    return "" if kind == "count" else getattr(definition, kind).field.field_path


def aggregations(definitions: Any) -> list[Aggregation]:
    """Return the aggregations of a StructuredAggregationQuery, those without an alias numbered."""
    return [
        Aggregation(definition, definition.alias or f"field_{number}")
        for number, definition in enumerate(definitions, start=1)
    ]
