"""Aggregations over a query's documents: count, sum, avg.

The rules for aliases and for the number of aggregations are those in the documentation of the fields of
google.firestore.v1.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import count
from typing import Any

from localcloud.firestore.errors import invalid
from localcloud.firestore.messages import Document, Value
from localcloud.firestore.names import check_field_name
from localcloud.firestore.transforms import LARGEST, SMALLEST
from localcloud.firestore.values import FieldPath, get_value, parse_field_path

MOST_AGGREGATIONS = 5


class Aggregates:
    """The aggregations of one query, computed document by document."""

    def __init__(self, definitions: Any) -> None:
        """Take the definitions; raise INVALID_ARGUMENT if Firestore would refuse them."""
        if not 1 <= len(definitions) <= MOST_AGGREGATIONS:
            raise invalid(f"A query has 1 to {MOST_AGGREGATIONS} aggregations, not {len(definitions)}.")
        self._definitions = dict(zip(_aliases(definitions), definitions, strict=True))
        self._paths = {alias: _path(definition) for alias, definition in self._definitions.items()}
        self._sums: dict[str, float] = {alias: 0 for alias, path in self._paths.items() if path}
        self._counts = dict.fromkeys(self._sums, 0)
        self._documents = 0

    @property
    def needed(self) -> frozenset[FieldPath]:
        """The fields that a document must have to count for any of the aggregations, and for the limit."""
        return frozenset(self._paths[alias] for alias in self._sums)

    def add(self, data: bytes) -> None:
        """Add a serialized Document that has the needed fields; it is parsed only if there are any."""
        if self._sums:
            fields = Document.FromString(data).fields
            for alias in self._sums:
                value = get_value(fields, self._paths[alias])
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


def _aliases(definitions: Iterable[Any]) -> list[str]:
    numbers = count(1)  # for aggregations without an alias
    aliases = [definition.alias or f"field_{next(numbers)}" for definition in definitions]
    for alias, times in Counter(aliases).items():
        if times > 1:
            raise invalid(f"{times} aggregations have the alias {alias!r}.")
        check_field_name(alias)
    return aliases


def _sum(total: float) -> Any:
    if isinstance(total, int) and SMALLEST <= total <= LARGEST:
        return Value(integer_value=total)
    return Value(double_value=float(total))


def _path(definition: Any) -> tuple[str, ...]:
    """Return the field path of a sum or an average, or an empty one for a count."""
    kind = definition.WhichOneof("operator")
    if kind is None:
        raise invalid("An aggregation has no operator.")
    if kind == "count" and definition.count.HasField("up_to") and definition.count.up_to.value <= 0:
        raise invalid("up_to must be 1 or more.")
    return () if kind == "count" else parse_field_path(getattr(definition, kind).field.field_path)
