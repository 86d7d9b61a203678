"""Query filters, compiled to predicates over a parsed Document."""

from collections.abc import Callable, Iterator
from typing import Any

from google.cloud.firestore_v1.types import StructuredQuery

from localcloud.firestore.errors import invalid
from localcloud.firestore.values import (
    ARRAY,
    NAME,
    NAN,
    NULL,
    OrderKey,
    get_value,
    name_key,
    order_key,
    parse_field_path,
)

type Predicate = Callable[[Any], bool]
type Test = Callable[[OrderKey], bool]
type Getter = Callable[[Any], OrderKey | None]

INEQUALITIES = {
    "LESS_THAN",
    "LESS_THAN_OR_EQUAL",
    "GREATER_THAN",
    "GREATER_THAN_OR_EQUAL",
    "NOT_EQUAL",
    "NOT_IN",
    "IS_NOT_NAN",
    "IS_NOT_NULL",
}
MOST_VALUES = {"IN": 30, "ARRAY_CONTAINS_ANY": 30, "NOT_IN": 10}


NEGATIONS = {"NOT_EQUAL", "NOT_IN", "IS_NOT_NAN", "IS_NOT_NULL"}


def compile_filter(clause: Any) -> Predicate:
    """Return the predicate of a StructuredQuery.Filter; raise INVALID_ARGUMENT if the filter is invalid."""
    operators = list(_operators(clause))
    negations = sorted(NEGATIONS.intersection(operators))
    if sum(operators.count(each) for each in negations) > 1:
        raise invalid(f"A query may have only one of {', '.join(sorted(NEGATIONS))}.")
    beside = {"IN", "ARRAY_CONTAINS_ANY", "OR"}.intersection(operators)
    if beside and "NOT_IN" in operators:
        raise invalid(f"NOT_IN cannot be combined with {', '.join(sorted(beside))}.")
    return _compile_clause(clause)


def _operators(clause: Any) -> Iterator[str]:
    match clause.WhichOneof("filter_type"):
        case "composite_filter":
            yield str(StructuredQuery.CompositeFilter.Operator(clause.composite_filter.op).name)
            for part in clause.composite_filter.filters:
                yield from _operators(part)
        case "unary_filter":
            yield _unary_operator(clause.unary_filter)
        case "field_filter":
            yield _operator(clause.field_filter)


def _compile_clause(clause: Any) -> Predicate:
    match clause.WhichOneof("filter_type"):
        case "composite_filter":
            return _composite(clause.composite_filter)
        case "unary_filter":
            return _field_predicate(
                clause.unary_filter.field, _unary_test(_unary_operator(clause.unary_filter))
            )
        case "field_filter":
            return _field_predicate(clause.field_filter.field, _field_test(clause.field_filter))
    raise invalid("A filter is empty.")


def inequality_fields(clause: Any) -> set[str]:
    """Return the field paths that a filter compares by inequality; they also order the results."""
    match clause.WhichOneof("filter_type"):
        case "composite_filter":
            return {path for part in clause.composite_filter.filters for path in inequality_fields(part)}
        case "unary_filter" if _unary_operator(clause.unary_filter) in INEQUALITIES:
            return {clause.unary_filter.field.field_path}
        case "field_filter" if _operator(clause.field_filter) in INEQUALITIES:
            return {clause.field_filter.field.field_path}
    return set()


def field_getter(field_path: str) -> Getter:
    """Return a function from a Document to the order key of a field, or of __name__; None if absent."""
    if field_path == NAME:
        return lambda document: name_key(document.name)
    path = parse_field_path(field_path)

    def get(document: Any) -> OrderKey | None:
        value = get_value(document.fields, path)
        return None if value is None else order_key(value)

    return get


def _operator(field_filter: Any) -> str:
    return str(StructuredQuery.FieldFilter.Operator(field_filter.op).name)


def _unary_operator(unary_filter: Any) -> str:
    return str(StructuredQuery.UnaryFilter.Operator(unary_filter.op).name)


def _composite(composite: Any) -> Predicate:
    if not composite.filters:
        raise invalid("A composite filter has no parts.")
    parts = [_compile_clause(part) for part in composite.filters]
    combine = any if composite.op == StructuredQuery.CompositeFilter.Operator.OR else all
    return lambda document: combine(part(document) for part in parts)


def _field_predicate(field: Any, test: Test) -> Predicate:
    get = field_getter(field.field_path)

    def holds(document: Any) -> bool:
        key = get(document)
        return key is not None and test(key)

    return holds


def _unary_test(operator: str) -> Test:
    tests: dict[str, Test] = {
        "IS_NAN": lambda key: key[0] == NAN,
        "IS_NULL": lambda key: key[0] == NULL,
        "IS_NOT_NAN": lambda key: key[0] not in (NAN, NULL),
        "IS_NOT_NULL": lambda key: key[0] != NULL,
    }
    if operator not in tests:
        raise invalid("A unary filter has no operator.")
    return tests[operator]


def _field_test(field_filter: Any) -> Test:
    operator = _operator(field_filter)
    if field_filter.field.field_path == NAME:
        _check_names(field_filter.value)
    if operator in MOST_VALUES:
        return _values_test(operator, [order_key(value) for value in field_filter.value.array_value.values])
    wanted = order_key(field_filter.value)
    kind = wanted[0]
    tests: dict[str, Test] = {
        "EQUAL": lambda key: key == wanted,
        "NOT_EQUAL": lambda key: key[0] != NULL and key != wanted,
        "LESS_THAN": lambda key: key[0] == kind and key < wanted,
        "LESS_THAN_OR_EQUAL": lambda key: key[0] == kind and key <= wanted,
        "GREATER_THAN": lambda key: key[0] == kind and key > wanted,
        "GREATER_THAN_OR_EQUAL": lambda key: key[0] == kind and key >= wanted,
        "ARRAY_CONTAINS": lambda key: key[0] == ARRAY and wanted in key[1],
    }
    if operator not in tests:
        raise invalid("A field filter has no operator.")
    return tests[operator]


def _check_names(value: Any) -> None:
    of_array = value.WhichOneof("value_type") == "array_value"
    for each in value.array_value.values if of_array else [value]:
        if each.WhichOneof("value_type") != "reference_value":
            raise invalid(f"{NAME} can only be compared with document references.")


def _values_test(operator: str, wanted: list[OrderKey]) -> Test:
    if not 0 < len(wanted) <= MOST_VALUES[operator]:
        raise invalid(
            f"'{operator}' takes 1 to {MOST_VALUES[operator]} comparison values, not {len(wanted)}."
        )
    if operator == "IN":
        return lambda key: key[0] not in (NULL, NAN) and key in wanted
    if operator == "NOT_IN":
        return lambda key: (NULL,) not in wanted and key[0] != NULL and key not in wanted
    return lambda key: key[0] == ARRAY and any(value in key[1] for value in wanted)
