import pytest

from generators.own_columns import find_columns, parse_columns
from generators.own_files import InvalidFileError

CDNOW = ["customer_id", "date", "cds", "amount"]
ONLINE_RETAIL = [
    *("CustomerID", "InvoiceNo", "InvoiceDate", "Total", "Quantity", "Lines", "Country", "Status"),
]


def test_the_usual_names_are_found_without_being_told() -> None:
    assert find_columns(CDNOW, {}) == {"customer": "customer_id", "time": "date", "amount": "amount"}
    assert find_columns(ONLINE_RETAIL, {}) == {
        "customer": "CustomerID",
        "time": "InvoiceDate",
        "amount": "Total",
        "order": "InvoiceNo",
        "quantity": "Quantity",
        "status": "Status",
    }


def test_the_surer_name_is_taken_before_the_vaguer() -> None:
    found = find_columns(["Date", "Total Amount", "Order Date", "amount", "Client ID"], {})
    assert found == {"customer": "Client ID", "time": "Order Date", "amount": "Total Amount"}


def test_what_is_chosen_comes_first_and_is_not_used_twice() -> None:
    chosen = parse_columns("quantity=cds, amount = amount")
    assert find_columns(CDNOW, chosen)["quantity"] == "cds"
    assert "order" not in find_columns(["user_id", "date", "order", "x"], parse_columns("amount=order"))


def test_a_price_stands_in_for_an_amount_that_is_missing_or_not_wanted() -> None:
    lines = ["InvoiceNo", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"]
    assert find_columns(lines, {})["price"] == "UnitPrice"
    assert "amount" not in find_columns(lines, {})
    both = ["client", "date", "total", "price"]
    assert "price" not in find_columns(both, {})
    assert "amount" not in find_columns(both, parse_columns("price=price"))
    assert "price" not in find_columns(both, parse_columns("price=price,amount=total"))


@pytest.mark.parametrize(
    ("header", "chosen", "message"),
    [
        (
            ["who", "date", "cds"],
            "",
            "no column found for customer, amount; the file's columns are who, date",
        ),
        (
            CDNOW,
            "customer=Buyer",
            "there is no column 'Buyer' for customer; the file's columns are customer_id",
        ),
        ([*CDNOW, "date"], "time=date", "more than one column 'date' for time"),
        ([*CDNOW, "date"], "", "more than one column 'date' for time"),
    ],
)
def test_a_missing_or_ambiguous_column_is_named(header: list[str], chosen: str, message: str) -> None:
    with pytest.raises(InvalidFileError, match=message):
        find_columns(header, parse_columns(chosen))


@pytest.mark.parametrize(
    ("text", "message"),
    [("customer", "'customer' is not written as field=Column"), ("colour=red", "'colour' is no field")],
)
def test_a_wrong_mapping_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidFileError, match=message):
        parse_columns(text)
