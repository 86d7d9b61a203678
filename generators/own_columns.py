"""Which column of somebody's own file holds what: as they say, or by the usual names."""

from collections.abc import Mapping, Sequence

from generators.own_files import InvalidFileError

REQUIRED = ("customer", "time", "amount")
# The usual names without case, blanks and punctuation, the surest first.
USUAL_NAMES: dict[str, tuple[str, ...]] = {
    "customer": ("customerid", "custid", "clientid", "userid", "buyerid", "memberid", "customer", "client"),
    "time": (
        *("saletimestamp", "invoicedate", "orderdate", "orderedat", "purchasedate", "transactiondate"),
        *("saledate", "createdat", "timestamp", "datetime", "date", "time"),
    ),
    "amount": ("totalamount", "ordertotal", "total", "amount", "revenue", "totalprice", "spend", "sales"),
    "price": ("unitprice", "priceperunit", "itemprice", "price"),
    "order": (
        "saleid",
        "orderid",
        "invoiceno",
        "invoiceid",
        "transactionid",
        "ordernumber",
        "invoice",
        "order",
    ),
    "quantity": ("quantity", "qty", "units", "pieces"),
    "currency": ("currency", "currencycode"),
    "status": ("status", "orderstatus", "financialstatus"),
    "product": ("productid", "stockcode", "sku", "itemid", "product"),
    "category": ("productcategory", "category"),
    "channel": ("channel", "saleschannel"),
}


def parse_columns(text: str) -> dict[str, str]:
    """Return {field: column} of a text like "customer=CustomerID,time=InvoiceDate"."""
    chosen: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        field, equals, column = (part.strip() for part in pair.partition("="))
        if not (equals and column):
            raise InvalidFileError(f"--columns: {pair!r} is not written as field=Column")
        if field not in USUAL_NAMES:
            raise InvalidFileError(f"--columns: {field!r} is no field; there are {', '.join(USUAL_NAMES)}")
        chosen[field] = column
    return chosen


def find_columns(header: Sequence[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """Return {field: column} for all fields that the header holds, as chosen or else by the usual names.

    The price of a piece stands in for an amount that is missing, or when it is chosen and the amount is not.
    """
    free = [name for name in header if name not in chosen.values()]
    found = {field: chosen.get(field) or _usual(free, names) for field, names in USUAL_NAMES.items()}
    if found["price"] and ("price" in chosen or not found["amount"]) and "amount" not in chosen:
        found["amount"] = None
    else:
        found["price"] = None
    missing = [field for field in REQUIRED if not found[field] and not (field == "amount" and found["price"])]
    if missing:
        example = ",".join(f"{field}=…" for field in missing)
        raise InvalidFileError(
            f"no column found for {', '.join(missing)}; {_there_are(header)}; name them: --columns {example}"
        )
    columns = {field: column for field, column in found.items() if column}
    for field, column in columns.items():
        _check_there_is_one(header, field, column)
    return columns


def _check_there_is_one(header: Sequence[str], field: str, column: str) -> None:
    if header.count(column) != 1:
        count = "more than one" if column in header else "no"
        raise InvalidFileError(f"there is {count} column {column!r} for {field}; {_there_are(header)}")


def _there_are(header: Sequence[str]) -> str:
    return f"the file's columns are {', '.join(header)}"


def _usual(header: Sequence[str], names: Sequence[str]) -> str | None:
    plain = {"".join(filter(str.isalnum, name)).lower(): name for name in reversed(header)}
    return next((plain[name] for name in names if name in plain), None)
