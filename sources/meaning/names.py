"""Which column is which field, by common names."""

import difflib
from collections.abc import Sequence

# Without case, blanks and punctuation, the surest first.
USUAL: dict[str, tuple[str, ...]] = {
    "customer": (
        *(
            "customeruniqueid",
            "customerid",
            "custid",
            "clientid",
            "userid",
            "buyerid",
            "memberid",
            "customer",
        ),
        *(
            "customerno",
            "customernumber",
            "client",
            "customeremail",
            "buyeremail",
            "email",
            "customername",
            "kunde",
        ),
        *("kundennr", "kundennummer", "clientname"),
    ),
    "time": (
        *("saletimestamp", "invoicedate", "orderdate", "orderpurchasetimestamp", "orderedat", "purchasedate"),
        *(
            "transactiondate",
            "saledate",
            "createdat",
            "createdutc",
            "created",
            "timestamp",
            "datetime",
            "date",
        ),
        *("time", "datum", "bestelldatum"),
    ),
    "total": (
        *(
            "ordertotal",
            "totalamount",
            "grandtotal",
            "total",
            "paymentvalue",
            "amount",
            "linetotal",
            "revenue",
        ),
        *("totalprice", "spend", "sales", "umsatz", "betrag", "gesamtbetrag"),
    ),
    "price": (
        "unitprice",
        "priceperunit",
        "priceeach",
        "itemprice",
        "lineitemprice",
        "price",
        "preis",
        "einzelpreis",
    ),
    "order": (
        *(
            "saleid",
            "orderid",
            "invoiceno",
            "invoiceid",
            "transactionid",
            "ordernumber",
            "orderref",
            "invoice",
        ),
        *("order", "orderno", "bestellnr", "bestellnummer", "rechnungsnr", "id"),
    ),
    "quantity": ("quantity", "qty", "units", "pieces", "quantityordered", "menge", "anzahl"),
    "currency": ("currency", "currencycode", "ordercurrency", "waehrung", "währung"),
    "status": ("status", "orderstatus", "financialstatus"),
    "product": (
        "productid",
        "stockcode",
        "sku",
        "itemid",
        "productcode",
        "product",
        "lineitemsku",
        "artikel",
    ),
    "category": ("productcategory", "category", "productline", "kategorie"),
    "channel": ("channel", "saleschannel", "kanal"),
    "refunded": ("refundedamount", "amountrefunded", "refundamount", "totalrefunded", "refundtotal"),
    "discount": (
        *("discount", "discounts", "discountamount", "itempromotiondiscount", "lineitemdiscount", "rabatt"),
        *("discountpercent", "discountrate", "linediscount"),
    ),
    "type": ("type", "transactiontype", "eventtype", "documenttype", "recordtype", "kind", "belegart"),
}
EMAILS = ("customeremail", "buyeremail", "email", "emailaddress")
PEOPLE = ("customer", "client", "user", "buyer", "member", "email", "unique", "kunde")


def plain(text: str) -> str:
    """Return a name without case, blanks and punctuation."""
    return "".join(filter(str.isalnum, text)).lower()


def usual(columns: Sequence[str]) -> dict[str, str]:
    """Return {field: column}; no column is two fields."""
    by_name = {plain(column): column for column in reversed(columns)}
    found: dict[str, str] = {}
    for field, names in USUAL.items():
        free = (by_name[name] for name in names if name in by_name and by_name[name] not in found.values())
        if column := next(free, None):
            found[field] = column
    return found


def emails(columns: Sequence[str]) -> list[str]:
    """Return the columns of e-mail addresses."""
    return [column for column in columns if plain(column) in EMAILS]


def name_people(column: str) -> bool:
    """Return whether a column may say who bought."""
    return any(word in plain(column) for word in PEOPLE)


def nearest(column: str, columns: Sequence[str]) -> str:
    """Return which column may be meant, as words behind a sentence."""
    near = difflib.get_close_matches(column, columns, 1, 0.5)
    return f"; did you mean {near[0]}?" if near else ""
