"""A sale that tests make by hand: two books at 10 euros, paid by card on the web."""

from typing import Any

BOOKS: dict[str, Any] = {
    "product_id": "p1",
    "product_category": "books",
    "quantity": 2,
    "unit_price": 10.0,
    "total_amount": 20.0,
    "currency": "EUR",
    "status": "completed",
    "payment_method": "card",
    "channel": "web",
    "credit_card_last4": "1234",
    "schema_version": "2.0.0",
}
