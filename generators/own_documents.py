"""One row of somebody's own transactions as a sales document.

The rules: a row without a customer is nobody's sale, so it is counted and left out. Amounts and quantities
become positive, for the status says which way the money went: a negative amount is "refunded" unless the file
says "cancelled", and an amount of zero, which nobody paid, is "cancelled". A status must be known, unless the
amount decides it. Where a file has a price and no amount, the amount is the price of all pieces. A time
without an offset is in UTC.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import quote

from contracts.contract import load
from generators.defects import Row

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
STATUS_WORDS = {
    "completed": ("completed", "complete", "paid", "shipped", "delivered", "fulfilled", "closed", "success"),
    "pending": ("pending", "processing", "open", "authorized", "on hold"),
    "refunded": ("refunded", "refund", "returned", "return", "partially refunded"),
    "cancelled": ("cancelled", "canceled", "void", "voided", "failed"),
}
STATUS_OF_WORD = {word: status for status, words in STATUS_WORDS.items() for word in words}
SALE = load("sale")
UNKNOWN = "unknown"


class BadValueError(ValueError):
    """A value of a field that cannot be read; `field` names it."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        super().__init__(f"{value!r} is not {expected}")
        self.field = field


@dataclass(frozen=True)
class Reading:
    """How values are read where the file itself does not say."""

    currency: str = "EUR"
    status: str = "completed"
    time_format: str | None = None

    def document(self, values: Mapping[str, Any]) -> Row | None:
        """Return the sale without its identifier, or None for a row without a customer."""
        customer = _text(values, "customer")
        if customer is None:
            return None
        pieces = _pieces(values)
        amount = _number(values, "amount") if "amount" in values else _number(values, "price") * pieces
        total = round(abs(amount), 2)
        quantity = max(1, abs(pieces))
        return {
            "customer_id": customer,
            "order_id": None,
            "sale_timestamp": self._moment(values).isoformat().replace("+00:00", "Z"),
            "product_id": _text(values, "product") or "unknown",
            "product_category": _text(values, "category") or "unknown",
            "quantity": quantity,
            "unit_price": total / quantity,
            "total_amount": total,
            "refunded_amount": None,
            "currency": self._currency(values),
            "status": self._status(values, amount),
            "payment_method": "unknown",
            "channel": _channel(values),
            "contact_email_hashed": None,
            "credit_card_last4": None,
            "source": None,
            "schema_version": SALE.version,
        }

    def _moment(self, values: Mapping[str, Any]) -> datetime:
        value = values["time"]
        if not isinstance(value, datetime | date):
            value = self._parsed_moment(_text(values, "time") or "")
        if not isinstance(value, datetime):
            value = datetime.combine(value, time())
        try:
            return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        except OverflowError:
            raise BadValueError("time", str(value), "a timestamp of the years 1 to 9999") from None

    def _parsed_moment(self, text: str) -> datetime:
        parse: Callable[[str], datetime] = datetime.fromisoformat
        expected = "a timestamp like 2026-11-23 14:05:00 (is --time-format needed?)"
        if self.time_format:
            form = self.time_format
            parse, expected = lambda text: datetime.strptime(text, form), f"a timestamp like {form}"  # noqa: DTZ007
        try:
            return parse(text)
        except ValueError:
            raise BadValueError("time", text, expected) from None

    def _currency(self, values: Mapping[str, Any]) -> str:
        code = (_text(values, "currency") or self.currency).upper()
        if not re.fullmatch("[A-Z]{3}", code):
            raise BadValueError("currency", code, "a currency code like EUR")
        return code

    def _status(self, values: Mapping[str, Any], amount: float) -> str:
        text = _text(values, "status")
        word = (text or self.status).lower().replace("_", " ")
        status = STATUS_OF_WORD.get(word)
        if amount <= 0:
            return _status_without_payment(status, amount)
        if status is None:
            raise BadValueError("status", text, f"one of {', '.join(STATUS_OF_WORD)}")
        return status


def _status_without_payment(status: str | None, amount: float) -> str:
    if status in ("refunded", "cancelled"):
        return status
    return "refunded" if amount < 0 else "cancelled"


def _text(values: Mapping[str, Any], field: str) -> str | None:
    value = values.get(field)
    # A column of identifiers with gaps in it reaches Parquet as floats: 12346.0, and NaN for a gap.
    if isinstance(value, float):
        value = None if value != value else int(value) if value.is_integer() else value
    text = "" if value is None else str(value).strip()
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        shown = text.encode(errors="surrogateescape")
        raise BadValueError(field, shown, "text in UTF-8; save the file in that encoding")
    return text or None


def _number(values: Mapping[str, Any], field: str) -> float:
    text = _text(values, field)
    if text is None or not NUMBER.fullmatch(text):
        raise BadValueError(field, text or "", "a number like 12.50")
    number = float(text)
    if abs(number) > 1e15:
        raise BadValueError(field, text, "a number below 1e15")
    return number


def _pieces(values: Mapping[str, Any]) -> int:
    """Return the quantity as it stands, negative for what came back; 1 where none is given."""
    if _text(values, "quantity") is None:
        return 1
    number = _number(values, "quantity")
    if not number.is_integer():
        raise BadValueError("quantity", values["quantity"], "a whole number")
    return int(number)


def _channel(values: Mapping[str, Any]) -> str:
    channel = (_text(values, "channel") or UNKNOWN).lower()
    return channel if channel in SALE.values("channel") else UNKNOWN


def id_of_order(order: object) -> str:
    """Return an order's number as a document id, which may hold no slash and no reserved name."""
    text = _text({"order": order}, "order")
    identifier = quote(text or "", safe=" ")
    if not identifier.strip(".") or len(identifier) > 1500 or re.fullmatch("__.*__", identifier):
        raise BadValueError("order", text or "", "an order number that can name a document")
    return identifier


def content_of(document: Row) -> str:
    """Return a text that two documents share exactly when they hold the same."""
    return json.dumps(document, sort_keys=True)


def id_of_content(content: str, occurrence: int) -> str:
    """Return an id that follows from a document's content, and from which one of its like it is."""
    return "I" + hashlib.blake2b(f"{content}{occurrence}".encode(), digest_size=12).hexdigest()
