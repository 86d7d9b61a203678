"""Guess the mapping of a file that has none, from common column names and from the values themselves."""

import re
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from sources.mapping import JOINED
from sources.meaning.above import decide_blanks
from sources.meaning.amounts_in_lists import ask_about_states_of_amounts
from sources.meaning.asking import Question, quote_setting
from sources.meaning.beside import ask_about_tables_beside
from sources.meaning.captured import ask_about_captured
from sources.meaning.cents import ask_about_cents
from sources.meaning.changes import ask_about_changes
from sources.meaning.components import ask_about_components
from sources.meaning.deciding_currency import decide_currency, refuse_toman
from sources.meaning.deciding_customer import (
    ask_about_customers,
    ask_about_last_names,
    decide_customer,
    decide_nobody,
)
from sources.meaning.deciding_status import decide_words_of_shops
from sources.meaning.divisors import decide_divisor
from sources.meaning.drafts import Draft, Evidence, yaml_list, yaml_scalar
from sources.meaning.names import (
    PERCENT,
    PIECES_OR_SUM,
    TIMES_OF_DAY,
    ZONES,
    discount_column,
    email_columns,
    is_in_cents,
    is_usual_name,
    match_columns,
    name_columns,
    plain_name,
    spelled_out,
    words_of,
)
from sources.meaning.outer_maps import own_names
from sources.meaning.pieces import ask_about_price_units, decide_pieces
from sources.meaning.sides import decide_sides
from sources.meaning.states_in_lists import ask_about_unread_states
from sources.meaning.taxes import ask_about_tax
from sources.meaning.thousands import refuse_thousands
from sources.meaning.undone import decide_undone
from sources.meaning.versions import LAST as STATES
from sources.meaning.versions import ask_about_versions
from sources.meaning.words import TOTAL_WORDS, is_one_of

MIN_SHARE_ALIKE = 1 / 3  # of multi-line orders with one amount on all lines, which may be the total
MOSTLY_ALIKE = 0.8  # of them: such an amount is no line's own, even if it is the price times the quantity
MANY_PRICES = 4  # of which two by the piece are no accident
MIN_SHARE_ADDING_UP = 0.95  # of orders whose lines add up to the total
MAX_QUANTITY = 100  # of one product in a line
PRICE_NAME = re.compile("price|value|sales|revenue|preis|prix|precio|preco|prezzo|prijs")
# Of an amount that the user has named.
BEFORE_DISCOUNT = re.compile(
    "price|preis|prix|preci?o|prezzo|prijs|gross|subtotal|before|vorrabatt|avant|list|regular|undiscounted"
)
SURE_PRICES = (
    *("unitprice", "priceperunit", "priceeach", "einzelpreis", "price", "preis", "hargasatuan", "dongia"),
    *("egysegar", "pretunitar", "yksikkohinta", "jedinicnacijena", "jednotkovacena"),
)
UNSURE_TOTALS = ("finalprice", "paidprice", "pricepaid")  # which may be of a line or of a piece
TIME_OF_DAY = re.compile(r"\d{1,2}:\d{2}")
RETURN_WORDS = (
    *("refund", "return", "credit", "chargeback", "storno", "gutschrift", "rückzahl", "erstatt", "retour"),
    *("avoir", "rembours", "reembols", "rimbors", "nota de cr", "nota di cr", "zwrot", "korekta"),
)
# Credit notes in German, English, French and Italian, and returns at tills.
RETURN_CODES = ("GS", "CN", "CRN", "CM", "CR", "AV", "NC", "RTN", "RET")
# Of programs whose codes mean something else elsewhere: a code of sales, those that undo them, and others.
CODES_BESIDE = {
    "F2": (("RE", "G2", "S1"), ()),  # SAP
    "SI": (("SC", "SCN"), ("SR", "SA", "SD", "PI", "PC", "PP", "PA")),  # Sage
}
SALE_WORD = re.compile(
    r"(?i)(?:^|[^a-z])(?<!no )(?:purchased?|sales?|sold|buy|bought|transaction|charge|order|invoices?"
    r"|receipts?|verkauf|rechnung|vente|facture|venta|factura|fattura|vendita|verkoop|factuur|sprzedaż|faktura)(?:[^a-z]|$)"
)
# What the shop bought itself, as Odoo and Xero write it.
PURCHASE = re.compile(
    r"(?i)^in_(?:invoice|refund|receipt)$|^accpay|(?:purchase|vendor|supplier).?(?:invoice|bill|credit)"
)
NON_SALE_WORDS = (
    *("payout", "fee", "transfer", "adjustment", "withdrawal", "deposit", "dispute", "training", "no sale"),
)
# Of a till's journal, which has a sale's lines and its payments.
LINE_WORD = re.compile(r"(?i)(?:line ?)?items?|lines?|products?|positions?|artikel")
PAYMENT_WORD = re.compile(r"(?i)payments?|tender|cash|change|zahlung|paiement|pago|pagamento|tax|tip")


def draft_mapping(columns: Sequence[str]) -> Draft:
    """Return a draft from the columns' names alone; what is missing stays blank."""
    own = own_names(columns)
    found = {field: own[name] for field, name in match_columns(list(own)).items()}
    if "type" not in found and (kind := match_columns(columns).get("type")):
        found["type"] = kind
    if "discount" not in found and (discount := discount_column(own)):
        found["discount"] = own[discount]
    emails = [own[name] for name in email_columns(list(own))]
    customer_fields = list(dict.fromkeys([*([found["customer"]] if "customer" in found else []), *emails]))
    if not customer_fields and (names := name_columns(list(own))):
        customer_fields = [JOINED.join(own[name] for name in names)]
    is_unit_price = "total" not in found and "quantity" in found
    data: dict[str, Any] = {
        "name": "guessed",
        "row": "order",
        **{
            key: found[key] for key in ("order", "product", "category", "channel", "quantity") if key in found
        },
        "amount": {
            "field": found.get("total") or found.get("price") or "",
            "means": "unit_price" if is_unit_price else "line_total",
        },
        "customer": {"fields": customer_fields or [""]},
        "time": {"field": found.get("time", "")},
    }
    data |= {key: {"field": found[key]} for key in ("status", "currency") if key in found}
    if "refunded" in found:
        data["returns"] = {"refunded": {"field": found["refunded"]}}
    return Draft(data, found, is_guessed=True)


type Decision = Callable[[Draft, Evidence], None]


def apply_decisions(draft: Draft, evidence: Evidence) -> None:
    """Decide what the values reveal, and ask about what they do not."""
    for decide in DECISIONS:
        decide(draft, evidence)


def decide_amount_of_pieces(draft: Draft, _: Evidence) -> None:
    """An amount that the user named is not multiplied by itself, whatever its name says."""
    if draft.data.get("quantity") != draft.data["amount"]["field"] or draft.is_decided("quantity"):
        return
    del draft.data["quantity"]
    draft.found_columns.pop("quantity", None)
    if not draft.is_decided("amount.means"):
        draft.data["amount"]["means"] = "line_total"


def note_missing_order(draft: Draft, _: Evidence) -> None:
    """Without a column of order numbers, each row is an order."""
    if not draft.data.get("order") and not draft.is_decided("order"):
        draft.notes.append(
            "no column has order numbers: each row counts as an order; otherwise --set order=COLUMN"
        )


def decide_row(draft: Draft, evidence: Evidence) -> None:
    """A row is a line if order numbers repeat, or if it has a product and a quantity."""
    if draft.is_decided("row"):
        return
    repeats = 0
    if order := draft.data.get("order"):
        (repeats,) = evidence.row("repeated_orders", order=_order_sql(evidence, order))
    if repeats or ("product" in draft.data and "quantity" in draft.data):
        draft.data["row"] = "line"


def _order_sql(evidence: Evidence, order: str) -> str:
    """Return the SQL of an order's number, NULL where a total line has its word instead."""
    text = evidence.text(order)
    return f"case when not {is_one_of(text, TOTAL_WORDS)} then {text} end"


def decide_total(draft: Draft, evidence: Evidence) -> None:
    """An amount that is the same on all lines of an order may be the order's total."""
    order, total = draft.data.get("order"), draft.data["amount"]["field"]
    is_total = total == draft.found_columns.get("total") or draft.is_decided("amount.field")
    if draft.is_decided("amount.means") or not order or not is_total:
        return
    orders, alike, once = evidence.row(
        "repeated_totals", order=_order_sql(evidence, order), total=evidence.number(total)
    )
    if not orders or alike < MIN_SHARE_ALIKE * orders:
        return
    if alike < MOSTLY_ALIKE * orders and _is_of_the_line(draft, evidence, total):
        return
    if once == orders:
        draft.data["amount"]["means"] = "order_total_repeated"
        draft.notes.append(f"{total} is on one line of each order only: it is taken for the order's total")
        return
    if not _use_price_if_it_adds_up(draft, evidence, order, total, alike):
        options = ("amount.means=order_total_repeated", "amount.means=line_total")
        text = f"{total} is the same on every line of {alike:,} orders: is it the order's total?"
        if status := _changing_status(draft, evidence, order):
            text = f"{total} is the same in all rows of {alike:,} orders, but not {status}: are they states?"
            draft.questions.append(Question.of(text, STATES, *options))
        else:
            draft.questions.append(Question.of(text, *options))


def _changing_status(draft: Draft, evidence: Evidence, order: str) -> str | None:
    """Return the column of the status if it mostly differs between the rows of an order."""
    status = draft.data.get("status", {}).get("field")
    if not status:
        return None
    texts = {"order": order, "status": status, "product": draft.data.get("product")}
    orders, several = evidence.row(
        "several_states", **{key: evidence.text(column) for key, column in texts.items()}
    )
    return str(status) if several > orders / 2 else None


def _use_price_if_it_adds_up(draft: Draft, evidence: Evidence, order: str, total: str, alike: int) -> bool:
    """Take the price per line or unit instead of a total that it adds up to; return whether there is one."""
    price, quantity, discount = (draft.found_columns.get(each) for each in ("price", "quantity", "discount"))
    if price is None or draft.is_decided("amount.field"):
        return False
    candidates = {"line_total": (evidence.number(price), price)}
    if quantity:
        candidates["unit_price"] = (
            f"{evidence.number(price)} * {evidence.number(quantity)}",
            f"{price} × {quantity}",
        )
    for means, (sql, label) in candidates.items():
        (share,) = evidence.row(
            "adding_up", order=evidence.text(order), total=evidence.number(total), part=sql
        )
        if share is not None and share >= MIN_SHARE_ADDING_UP:
            draft.warnings.append(
                f"{total} is the order's total on each of its lines ({alike:,} orders): {label} is taken, "
                "which adds up to it"
            )
            draft.data["amount"] |= {"field": price, "means": means, "control": total}
            if discount and not draft.is_decided("amount.discount"):
                draft.data["amount"]["discount"] = {"field": discount, "means": "none"}
            return True
    return False


def decide_price(draft: Draft, evidence: Evidence) -> None:
    """A price that grows with the quantity is a line total; one that does not is a unit price."""
    quantity, amount = draft.data.get("quantity"), draft.data["amount"]
    if draft.is_decided("amount.means") or not quantity or draft.questions or "control" in amount:
        return
    column, means = amount["field"], amount["means"]
    number = {"price": evidence.number(column), "quantity": evidence.number(quantity)}
    grows, stays, several = evidence.row(
        "price_and_quantity", product=evidence.text(draft.data.get("product")), **number
    )
    options = ("amount.means=line_total", "amount.means=unit_price")
    if means == "unit_price" and grows > stays:
        text = f"{column} grows with {quantity} for {grows:,} products: is it the line total?"
        draft.questions.append(Question.of(text, *options))
    elif means == "unit_price" and not stays and _has_fewer_by_piece(evidence, number):
        text = f"{column} ÷ {quantity} has fewer values than {column}: is it the line total?"
        draft.questions.append(Question.of(text, *options))
    elif (
        means == "line_total"
        and stays > grows
        and not _is_price_times_quantity(draft, evidence, column, quantity)
    ):
        text = f"{column} is the same whatever {quantity} is, for {stays:,} products: is it the unit price?"
        draft.questions.append(Question.of(text, *options))
    elif several and not stays and _may_be_of_line_or_piece(draft, evidence, quantity, grows=grows):
        text = f"{column} may be the line total or the unit price ({several:,} lines have several)"
        draft.questions.append(Question.of(text, *options))
    elif means == "unit_price":
        draft.notes.append(
            f"{column} is assumed to be the unit price, × {quantity}; else amount.means=line_total"
        )


def _may_be_of_line_or_piece(draft: Draft, evidence: Evidence, quantity: str, *, grows: int) -> bool:
    """Return whether an amount's name fits the price of a line as well as that of a piece."""
    column, means = draft.data["amount"]["field"], draft.data["amount"]["means"]
    if means == "unit_price":
        return plain_name(column) not in SURE_PRICES
    is_unsure = means == "line_total" and plain_name(column) in UNSURE_TOTALS and not grows
    return is_unsure and not _is_price_times_quantity(draft, evidence, column, quantity)


def _has_fewer_by_piece(evidence: Evidence, number: dict[str, str]) -> bool:
    """Return whether prices divided by quantities are at most half as many, as those of lines are."""
    by_piece, as_written = evidence.row("pieces_and_prices", **number)
    return bool(as_written >= MANY_PRICES and 2 * by_piece <= as_written)


def _is_of_the_line(draft: Draft, evidence: Evidence, total: str) -> bool:
    quantity = draft.data.get("quantity")
    return quantity is not None and _is_price_times_quantity(draft, evidence, total, quantity)


def _is_price_times_quantity(draft: Draft, evidence: Evidence, column: str, quantity: str) -> bool:
    price = draft.found_columns.get("price")
    if price is None or price == column:
        return False
    sql = f"{evidence.number(price)} * {evidence.number(quantity)}"
    (share,) = evidence.row("adding_up", order="n", total=evidence.number(column), part=sql)
    return share is not None and share >= MIN_SHARE_ADDING_UP


def ask_about_namesakes(draft: Draft, evidence: Evidence) -> None:
    """Ask which of several amounts counts whose names differ in their unit only, such as Total (USD)."""
    column = draft.data["amount"]["field"]
    namesakes = [each for each in evidence.columns if spelled_out(each) == spelled_out(column)]
    if len(namesakes) < 2 or draft.is_decided("amount.field"):
        return
    first, *others = map(evidence.number, namesakes)
    (are_alike,) = evidence.row("alike", condition=" and ".join(f"{first} = {each}" for each in others))
    if not are_alike:
        text = f"{', '.join(namesakes)} differ in their unit: which is the amount?"
        draft.questions.append(
            Question.of(text, *(f"amount.field={yaml_scalar(each)}" for each in namesakes))
        )


def decide_unit(draft: Draft, evidence: Evidence) -> None:
    """An amount may be in cents, if its name says so."""
    column = draft.data["amount"]["field"]
    if not is_in_cents(column) or draft.is_decided("amount.minor_units"):
        return
    is_whole, _ = evidence.row("whole_numbers", number=evidence.number(column))
    if is_whole:
        draft.data["amount"]["minor_units"] = True
        draft.notes.append(
            f"{column} is read as cents: 1050 is 10.50; otherwise --set amount.minor_units=false"
        )


def decide_quantity(draft: Draft, evidence: Evidence) -> None:
    """A small whole amount beside a price may be how many pieces were bought."""
    column = draft.data["amount"]["field"]
    price_columns = (each for each in draft.unread(evidence.columns) if PRICE_NAME.search(plain_name(each)))
    price = draft.found_columns.get("price") or next(price_columns, None)
    if (
        plain_name(column) != "amount"
        or draft.is_decided("amount")
        or "quantity" in draft.data
        or price is None
    ):
        return
    is_whole, largest = evidence.row("whole_numbers", number=evidence.number(column))
    if is_whole and largest <= MAX_QUANTITY:
        text = f"{column} has only whole numbers up to {largest:.0f}, beside {price}: is it the quantity?"
        options = (
            (f"quantity={yaml_scalar(column)}", f"amount.field={yaml_scalar(price)}", f"amount.means={means}")
            for means in ("line_total", "unit_price")
        )
        draft.questions.append(Question.of(text, *options, f"amount.field={yaml_scalar(column)}"))


def ask_about_sum_or_pieces(draft: Draft, evidence: Evidence) -> None:
    """Ask whether a column that may be the sum or the pieces, beside a price, is the sum if it has many."""
    quantity, price = draft.data.get("quantity"), draft.data["amount"]["field"]
    is_price = price == draft.found_columns.get("price")
    if not quantity or plain_name(quantity) != PIECES_OR_SUM or not is_price:
        return
    if draft.is_decided("quantity") or draft.is_decided("amount"):
        return
    is_whole, largest = evidence.row("whole_numbers", number=evidence.number(quantity))
    if not is_whole or largest > MAX_QUANTITY:
        text = f"{quantity} goes up to {largest:,.0f}, beside {price}: is it the sum or the number of pieces?"
        of_sum = ("quantity=null", f"amount.field={yaml_scalar(quantity)}", "amount.means=line_total")
        draft.questions.append(Question.of(text, of_sum, f"quantity={yaml_scalar(quantity)}"))


def decide_discount(draft: Draft, evidence: Evidence) -> None:
    """A discount beside a price reduces what was paid; a total most likely includes it already."""
    discount, amount = draft.found_columns.get("discount"), draft.data["amount"]
    if discount is None or draft.is_decided("amount.discount") or draft.questions or amount.get("discount"):
        return
    low, high, some, percents = evidence.row(
        "discounts", discount=evidence.number(discount), text=evidence.text(discount)
    )
    is_flag = not is_usual_name(discount, "discount") and set(evidence.words(discount)) <= {"0", "1"}
    if not some or is_flag:
        return
    is_total = amount["field"] == draft.found_columns.get("total")
    is_before = not is_total and BEFORE_DISCOUNT.search("".join(words_of(amount["field"])).lower())
    if is_before or amount["field"] == draft.found_columns.get("price"):
        is_percent = percents or (PERCENT.search(discount) and high > 1)
        likely = "percent" if is_percent else "fraction" if low >= 0 and high <= 1 else "line_amount"
        ways = [
            likely,
            *(way for way in ("fraction", "percent", "line_amount", "unit_amount", "none") if way != likely),
        ]
        question = (
            f"{discount} ({float(low):g} to {float(high):g}, {some:,} rows) is separate from "
            f"{amount['field'] if is_before else 'the price'}: what does it mean?"
        )
        draft.questions.append(Question.of(question, *(f"amount.discount.means={way}" for way in ways)))
        return
    draft.warnings.append(
        f"{discount} ({some:,} rows) is not used: {amount['field']} is assumed to be what was paid; "
        "otherwise --set amount.discount.means=line_amount"
    )


def decide_kinds(draft: Draft, evidence: Evidence) -> None:
    """Rows of a certain type may be returns, or not sales at all."""
    column = draft.found_columns.get("type")
    if (
        column is None
        or _is_asked_about(draft, column)
        or draft.is_decided("returns.rows")
        or draft.is_decided("keep")
    ):
        return
    words = evidence.words(column)
    bought = [word for word in words if PURCHASE.search(word)]
    undone, other_codes = _codes_beside(words)
    return_words = [
        word for word in words if word not in bought and (word in undone or _is_return_word(word))
    ]
    sale_words = [each for each in words if each not in (*bought, *return_words) and SALE_WORD.search(each)]
    other_words = [each for each in words if each not in (*return_words, *sale_words)]
    is_journal = any(map(LINE_WORD.fullmatch, words))
    excluded_words = [
        each
        for each in other_words
        if each in (*bought, *other_codes)
        or any(part in each.lower() for part in NON_SALE_WORDS)
        or (is_journal and PAYMENT_WORD.fullmatch(each))
    ]
    settings = []
    if return_words:
        settings.append(f"returns.rows={{field: {yaml_scalar(column)}, words: {yaml_list(return_words)}}}")
    if excluded_words and not sale_words:
        settings.append(
            f"keep=[{{field: {yaml_scalar(column)}, words: {yaml_list(excluded_words)}, unless: true}}]"
        )
    elif sale_words and other_words:
        settings.append(
            f"keep=[{{field: {yaml_scalar(column)}, words: {yaml_list([*sale_words, *return_words])}}}]"
        )
    if not settings:
        del draft.found_columns["type"]  # it may be a status
    else:
        text = f"{column} says {', '.join(words)}: which are returns, and which are not sales?"
        draft.questions.append(Question.of(text, tuple(settings), "keep=[]"))


def _codes_beside(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return which words are codes of returns, and which of neither those nor sales, by a code of sales."""
    known = [codes for sale, codes in CODES_BESIDE.items() if sale in words]
    undone, others = ([word for codes in known for word in words if word in codes[at]] for at in (0, 1))
    return undone, others


def _is_asked_about(draft: Draft, column: str) -> bool:
    """Return whether a column has been asked about as one of debits and credits."""
    setting = f"returns.rows={{field: {yaml_scalar(column)}, "
    return any(each.startswith(setting) for question in draft.questions for each in chain(*question.options))


def _is_return_word(word: str) -> bool:
    return word.upper() in RETURN_CODES or any(part in word.lower() for part in RETURN_WORDS)


def note_other_days(draft: Draft, evidence: Evidence) -> None:
    """Note a second column of the time by its name, such as Order Date beside Invoice Date, if it differs."""
    day = draft.data["time"]["field"]
    if draft.is_decided("time") or not is_usual_name(day, "time"):
        return
    for column in draft.unread(evidence.columns):
        if not is_usual_name(column, "time") or plain_name(column) in TIMES_OF_DAY:
            continue
        differ = f"{evidence.text(column)} is distinct from {evidence.text(day)}"
        (are_different,) = evidence.row("any_match", condition=differ)
        if are_different:
            setting = quote_setting(f"time.field={yaml_scalar(column)}")
            draft.notes.append(f"{day} is taken for the time, not {column}; to change it, --set {setting}")


def decide_time_of_day(draft: Draft, evidence: Evidence) -> None:
    """A column with times of day belongs to one that has only days."""
    day = draft.data["time"]["field"]
    if not day or draft.is_decided("time") or any(":" in each for each in evidence.words(day)):
        return
    for column in draft.unread(evidence.columns):
        texts = evidence.words(column) if plain_name(column) in TIMES_OF_DAY else []
        if texts and all(map(TIME_OF_DAY.match, texts)):
            draft.data["time"]["and_field"] = column
            return


def decide_zone(draft: Draft, evidence: Evidence) -> None:
    """A column with time zones says where the times of its row are from."""
    if draft.is_decided("time"):
        return
    zones = (each for each in draft.unread(evidence.columns) if plain_name(each) in ZONES)
    if column := next(zones, None):
        draft.data["time"]["zone_field"] = column


DECISIONS: tuple[Decision, ...] = (
    decide_amount_of_pieces,
    decide_blanks,
    decide_customer,
    decide_nobody,
    note_missing_order,
    ask_about_customers,
    ask_about_last_names,
    ask_about_tables_beside,
    decide_pieces,
    decide_row,
    decide_total,
    ask_about_sum_or_pieces,
    decide_price,
    ask_about_namesakes,
    ask_about_tax,
    ask_about_price_units,
    decide_unit,
    decide_quantity,
    decide_discount,
    decide_sides,
    ask_about_changes,
    ask_about_versions,
    ask_about_components,
    decide_kinds,
    decide_words_of_shops,
    decide_undone,
    ask_about_captured,
    ask_about_states_of_amounts,
    ask_about_unread_states,
    decide_time_of_day,
    note_other_days,
    decide_zone,
    refuse_toman,
    refuse_thousands,
    decide_currency,
    decide_divisor,
    ask_about_cents,
)
