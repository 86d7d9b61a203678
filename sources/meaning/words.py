"""Words that mean the same in most shops: for nobody, statuses, totals and channels.

In English, German, French, Spanish, Portuguese, Italian and Dutch.
"""

import re
from collections.abc import Iterable
from functools import cache

from sources.files.sql import literal

# What databases, spreadsheets and pandas write for a missing value.
NOBODY = (
    *("null", "\\n", "nan", "none", "n/a", "na", "#n/a", "nil", "undefined", "-", "--", "(blank)", "(null)"),
    *("<na>", "nat", "(none)"),
)
TOTALS = (
    *("total", "totals", "grand total", "subtotal", "sub total", "sum", "summe", "gesamt", "gesamtsumme"),
    *("suma", "totale", "totaal", "total général", "overall total"),
)
STATUS = {
    "completed": (
        *("completed", "complete", "paid", "shipped", "delivered", "fulfilled", "closed", "success"),
        *("succeeded", "captured", "done", "payment accepted"),
        *("abgeschlossen", "bezahlt", "versendet", "versandt", "geliefert"),
        *("payé", "payée", "expédié", "expédiée", "livré", "livrée", "terminé", "terminée"),
        *("pagado", "enviado", "entregado", "completado", "pago", "entregue", "concluído"),
        *("pagato", "spedito", "consegnato", "completato", "betaald", "verzonden", "voltooid"),
    ),
    "pending": (
        *("pending", "processing", "open", "authorized", "authorised", "on hold", "pending payment"),
        *("unshipped", "unpaid", "not paid", "awaiting payment", "payment pending", "created"),
        *("offen", "in bearbeitung", "en attente", "en cours", "pendiente", "pendente", "in attesa"),
        "in behandeling",
    ),
    "refunded": (
        *("refunded", "refund", "returned", "return", "credit note"),
        *("erstattet", "rückerstattet", "retourniert", "remboursé", "remboursée", "retourné", "retournée"),
        *("reembolsado", "devuelto", "devolvido", "rimborsato", "terugbetaald", "geretourneerd"),
    ),
    "partly_refunded": ("partially refunded", "partial refund", "partly refunded"),
    "cancelled": (
        *("cancelled", "canceled", "void", "voided", "failed", "unavailable", "declined"),
        *("payment failed", "payment error"),
        *("storniert", "abgebrochen", "annulé", "annulée", "cancelado", "anulado", "annullato"),
        "geannuleerd",
    ),
}
CHANNEL = {
    "web": ("web", "online", "website", "online store", "shop"),
    "app": ("app", "mobile", "ios", "android", "mobile app"),
    "store": ("store", "pos", "retail", "in store", "point of sale"),
    "marketplace": ("marketplace", "amazon", "ebay", "etsy", "zalando"),
}
MONEY_SIGNS = {
    "€": "EUR",
    "£": "GBP",
    "$": "USD",
    "US$": "USD",
    "R$": "BRL",
    "₹": "INR",
    "zł": "PLN",
    "₽": "RUB",
}


def plain(word: str) -> str:
    """Return a status in the form used to compare it: without case, dashes and WooCommerce's wc-."""
    return re.sub(r"^wc ", "", " ".join(re.sub(r"[-_\s]+", " ", word.strip().lower()).split()))


def plain_sql(text: str) -> str:
    """Return the SQL of `plain`."""
    return f"regexp_replace(regexp_replace(lower({text}), '[-_\\s]+', ' ', 'g'), '^wc ', '')"


def is_one_of(text: str, words: Iterable[str]) -> str:
    """Return the SQL that tests whether a text is one of some words, ignoring case."""
    # A list, since DuckDB turns a long IN into a join, which every query of a view then has to run.
    return f"list_contains([{', '.join(literal(word.lower()) for word in words)}], lower({text}))"


@cache
def usual_status() -> dict[str, list[str]]:
    """Return the {status: words} for a mapping that gives no words."""
    return {status: list(words) for status, words in STATUS.items()}
