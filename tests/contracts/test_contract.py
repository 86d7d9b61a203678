"""The contracts, and the rows and columns that derive from them."""

from datetime import UTC, datetime

import pytest
import yaml
from pydantic import ValidationError

from contracts.contract import FOLDER, Contract, load, names
from contracts.records import record_model

SALES_FIELDS, CLICKSTREAM_FIELDS, STARTUP_FIELDS = (
    load(name).fields for name in ("sale", "click", "startup")
)

SALE = {
    "sale_id": "S1",
    "customer_id": "C1",
    "order_id": None,
    "sale_timestamp": "2026-11-23T10:00:00Z",
    "product_id": "P1",
    "product_category": "boots",
    "quantity": 2,
    "unit_price": 10.0,
    "total_amount": 20.0,
    "refunded_amount": None,
    "currency": "EUR",
    "status": "completed",
    "payment_method": "card",
    "channel": "web",
    "contact_email_hashed": None,
    "credit_card_last4": "0042",
    "source": None,
    "schema_version": "2.1.0",
}


def test_columns_derive_from_the_sales_document() -> None:
    types = {field.name: field.type for field in SALES_FIELDS}
    assert list(types) == list(SALE)
    assert types.pop("sale_timestamp") == "TIMESTAMP"
    assert types.pop("quantity") == "INT64"
    assert {types.pop(name) for name in ("unit_price", "total_amount", "refunded_amount")} == {"FLOAT64"}
    assert set(types.values()) == {"STRING"}


def test_columns_of_the_other_contracts_have_their_types() -> None:
    types = {field.name: field.type for field in (*CLICKSTREAM_FIELDS, *STARTUP_FIELDS)}
    assert types["event_timestamp"] == types["load_timestamp"] == types["updated_at"] == "TIMESTAMP"
    assert types["is_bounce"] == types["is_active"] == "BOOL"
    assert types["founded_date"] == "DATE"
    assert types["valuation_usd"] == "INT64"


def test_nullable_columns_are_marked_and_all_are_described() -> None:
    fields = (*SALES_FIELDS, *CLICKSTREAM_FIELDS, *STARTUP_FIELDS)
    nullable = {field.name for field in fields if not field.required}
    # A click may have no customer; a sale has one.
    assert nullable == {
        *("order_id", "refunded_amount", "source"),
        *("contact_email_hashed", "credit_card_last4", "customer_id"),
        *("referrer_domain", "contact_email_cleaned"),
    }
    assert next(field for field in SALES_FIELDS if field.name == "customer_id").required
    assert all(field.description for field in fields)


@pytest.mark.parametrize("moment", ["2026-11-23T10:00:00+01:00", datetime(2026, 11, 23, tzinfo=UTC)])
def test_a_sale_has_a_timestamp_of_either_kind(moment: object) -> None:
    assert record_model("sale").model_validate(SALE | {"sale_timestamp": moment}).sale_timestamp == moment


@pytest.mark.parametrize(
    "wrong",
    [
        {"sale_timestamp": "2026-11-23T10:00:00"},
        {"sale_timestamp": "yesterday"},
        {"customer_id": None},
        {"total_amount": -1.0},
        {"total_amount": float("nan")},
        {"quantity": 0},
        {"status": "lost"},
        {"surprise": 1},
    ],
)
def test_what_the_contract_does_not_allow_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        record_model("sale").model_validate(SALE | wrong)


def test_every_contract_is_named_like_its_file() -> None:
    assert {"click", "sale", "startup"} <= set(names())
    assert all(load(name).name == load(name).schema_[0].name == name for name in names())


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("wrong", [{"requird": True}, {"logicalType": "money"}, {"required": None}])
def test_a_word_that_is_not_in_the_standard_is_refused(name: str, wrong: dict[str, object]) -> None:
    given = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    given["schema"][0]["properties"][0] |= wrong
    with pytest.raises(ValidationError):
        Contract.model_validate(given)


def test_a_row_has_the_contracts_order_and_version_and_null_for_missing_values() -> None:
    row = load("sale").row(customer_id="C1", sale_id="S1")
    assert list(row) == list(SALE)
    assert row | {"schema_version": None} == dict.fromkeys(SALE) | {"customer_id": "C1", "sale_id": "S1"}
    assert row["schema_version"] == "2.1.0"
    with pytest.raises(TypeError, match="sale has no field surprise"):
        load("sale").row(surprise=1)
