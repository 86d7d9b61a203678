"""Whatever Firestore can hold becomes a row that is right, or a reject that says why; never a crash.

EXAMPLES=100000 .venv/bin/pytest tests/components/export_sales/test_any_value.py tries more.
"""

import math
import os
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pyarrow as pa
from google.cloud.firestore_v1.types import Document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.export_sales.documents import FIELDS, SCHEMA, UnreadableDocumentError, read_document
from contracts.contract import load

EXAMPLES = int(os.environ.get("EXAMPLES", "1000"))
KINDS = {field.name: field.type for field in load("sale").fields}
REQUIRED = {field.name for field in load("sale").fields if field.critical_data_element}
FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799  # what a protobuf Timestamp may hold

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
moments = st.one_of(
    st.datetimes(timezones=st.timezones() | st.none()).map(datetime.isoformat),
    st.sampled_from(
        ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "0000-01-01", "10000-01-01", "2026-02-30"]
    ),
)
values = st.one_of(
    st.none(),
    st.just({"null_value": None}),
    st.builds(lambda v: {"boolean_value": v}, st.booleans()),
    st.builds(lambda v: {"integer_value": v}, st.integers(-(2**63), 2**63 - 1)),
    st.builds(
        lambda v: {"double_value": v}, st.floats() | st.sampled_from([1e300, 2.0**63, 2.0**53 + 2, -0.0])
    ),
    st.builds(lambda v: {"integer_value": v}, st.integers(1, 9)),
    st.builds(lambda v: {"string_value": v}, texts),
    st.builds(lambda v: {"string_value": v}, moments),
    st.builds(lambda v: {"bytes_value": v}, st.binary(max_size=4)),
    st.builds(
        lambda s, n: {"timestamp_value": {"seconds": s, "nanos": n}},
        st.integers(FIRST_SECOND, LAST_SECOND),
        st.integers(0, 999_999_999),
    ),
    st.just({"reference_value": "projects/p/databases/d/documents/c/x"}),
    st.just({"geo_point_value": {"latitude": 1.0, "longitude": 2.0}}),
    st.just({"array_value": {"values": [{"string_value": "a"}]}}),
    st.just({"map_value": {"fields": {"a": {"integer_value": 1}}}}),
)
GOOD: dict[str, Any] = {
    "sale_id": {"string_value": "s"},
    "customer_id": {"string_value": "c"},
    "sale_timestamp": {"string_value": "2026-01-31T12:00:00Z"},
}
documents = st.dictionaries(st.sampled_from(sorted(KINDS)), values, max_size=6).map(lambda some: GOOD | some)


class RejectedError(Exception):
    """The value cannot be a value of its column."""


def expected(kind: str, value: dict[str, Any]) -> Any:
    """Return what a column holds for a value, independently of the export, or raise RejectedError."""
    [(held, given)] = value.items()
    match kind, held:
        case "STRING", "string_value":
            return given
        case ("INT64", "integer_value") | ("FLOAT64", "integer_value") | ("FLOAT64", "double_value"):
            exact = kind == "INT64" or (math.isfinite(given) and (held[0] == "d" or abs(given) <= 2**53))
            if exact:
                return given
        case "INT64", "double_value":
            if math.isfinite(given) and Fraction(given).denominator == 1 and abs(given) <= 2**53:
                return int(given)
        case "TIMESTAMP", "timestamp_value":
            return given["seconds"] * 10**6 + given["nanos"] // 1000
        case "TIMESTAMP", "string_value":
            return of_text(given)
    raise RejectedError


def of_text(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RejectedError from None
    naive, offset = moment.replace(tzinfo=None), moment.utcoffset() or timedelta()
    micros = (naive - datetime(1970, 1, 1)) // timedelta(microseconds=1) - offset // timedelta(microseconds=1)  # noqa: DTZ001
    if not FIRST_SECOND * 10**6 <= micros < (LAST_SECOND + 1) * 10**6:
        raise RejectedError
    return micros


def whole(fields: dict[str, Any]) -> list[Any] | None:
    """Return a document's row, or None when it must be rejected."""
    row = []
    for name, kind in KINDS.items():
        value = fields.get(name) or {"null_value": None}
        if "null_value" in value:
            if name in REQUIRED:
                return None
            row.append(None)
            continue
        try:
            row.append(expected(kind, value))
        except RejectedError:
            return None
    return row


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents)
def test_a_document_is_the_right_row_or_a_reject(fields: dict[str, Any]) -> None:
    filled = {name: value for name, value in fields.items() if value is not None}
    document = Document.pb(Document(name="a/b", fields=filled))
    wanted = whole(fields)
    try:
        row = read_document(document)
    except UnreadableDocumentError as error:
        assert wanted is None, error
        assert str(error).split()[0] in KINDS
        return
    assert row == wanted
    for (name, _, _), value in zip(FIELDS, row, strict=True):
        column = pa.array([value], SCHEMA.field(name).type)
        stored = column.cast(pa.int64())[0].as_py() if KINDS[name] == "TIMESTAMP" else column[0].as_py()
        assert stored == value
