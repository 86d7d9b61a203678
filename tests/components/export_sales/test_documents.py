"""Sales documents become typed rows, or say what is wrong with them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from google.cloud.firestore_v1.types import Document

from components.export_sales.documents import FIELDS, SCHEMA, UnreadableDocumentError, read_document
from contracts.contract import load

NAMES = [name for name, _, _ in FIELDS]


def document(**values: dict[str, Any]) -> Any:
    good = {
        "sale_id": {"string_value": "s"},
        "customer_id": {"string_value": "c"},
        "sale_timestamp": {"string_value": "2026-01-31T12:00:00Z"},
    }
    return Document.pb(Document(name="a/b", fields=good | values))


def test_the_columns_are_those_of_the_contract() -> None:
    assert [field.name for field in load("sale").fields] == NAMES
    assert SCHEMA.names[: len(NAMES)] == NAMES


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"string_value": "2026-01-31T12:00:00Z"}, datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ({"string_value": "2026-01-31T12:00:00"}, datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ({"string_value": "2026-01-31T13:30:00.25+01:30"}, datetime(2026, 1, 31, 12, 0, 0, 250_000, UTC)),
        ({"timestamp_value": datetime(1969, 12, 31, 23, tzinfo=UTC)}, datetime(1969, 12, 31, 23, tzinfo=UTC)),
    ],
)
def test_strings_and_native_timestamps_are_read_alike(value: dict[str, Any], expected: datetime) -> None:
    row = dict(zip(NAMES, read_document(document(sale_timestamp=value)), strict=True))
    assert row["sale_timestamp"] == (expected - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1e6


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"sale_timestamp": {"string_value": "2026-02-30T00:00:00Z"}}, "sale_timestamp is not ISO-8601"),
        ({"sale_timestamp": {"integer_value": 5}}, "sale_timestamp is neither"),
        ({"customer_id": {"null_value": None}}, "customer_id is missing"),
        ({"sale_id": {"integer_value": 5}}, "sale_id is not a string"),
        ({"quantity": {"double_value": 1.5}}, "quantity is not a whole number"),
        ({"total_amount": {"string_value": "12"}}, "total_amount is not a number"),
    ],
)
def test_a_malformed_document_names_its_field(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnreadableDocumentError, match=reason):
        read_document(document(**values))


def test_a_reason_is_one_short_line_whatever_the_document_holds() -> None:
    time = {"string_value": "\x1b[2Jnever\n" * 100_000}
    with pytest.raises(UnreadableDocumentError) as raised:
        read_document(document(sale_timestamp=time))
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 300


def test_whole_doubles_are_integers_and_integers_are_amounts() -> None:
    row = read_document(document(quantity={"double_value": 2.0}, total_amount={"integer_value": 5}))
    assert dict(zip(NAMES, row, strict=True)) | {"quantity": 2, "total_amount": 5.0} == dict(
        zip(NAMES, row, strict=True)
    )
