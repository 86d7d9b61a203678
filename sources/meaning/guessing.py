"""Guess the mapping of a file that has none, from common column names and from the values themselves."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from sources.meaning.asking import Question
from sources.meaning.deciding_currency import decide_currency
from sources.meaning.drafts import Draft, Evidence, listed, word
from sources.meaning.names import TIMES_OF_DAY, emails, is_in_cents, plain, usual
from sources.meaning.undone import decide_undone

MOST_ALIKE = 0.8  # least share of multi-line orders with one amount on all lines, to take it for the total
ADDS_UP = 0.95  # least share of orders whose lines add up to the total
PERSON = r"^\s*\pL[^\s\d@]*(?:\s+[^\s\d@]+)+\s*$"  # two words or more, without digits
MOST_PIECES = 100  # of one product in a line
PRICED = re.compile("price|value|sales|revenue|preis|prix|precio|preco|prezzo|prijs")
SURE_PRICES = ("unitprice", "priceperunit", "priceeach", "einzelpreis", "price", "preis")
TIME_OF_DAY = re.compile(r"\d{1,2}:\d{2}")
BACK = ("refund", "return", "credit", "gutschrift", "chargeback", "storno")
SOLD = re.compile(
    r"(?i)(?:^|[^a-z])(?:purchased?|sales?|sold|buy|bought|transaction|charge|order)(?:[^a-z]|$)"
)
NO_SALE = ("payout", "fee", "transfer", "adjustment", "withdrawal", "deposit", "dispute")


def draft(columns: Sequence[str]) -> Draft:
    """Return a draft from the columns' names alone; what is missing stays blank."""
    found = usual(columns)
    who = list(dict.fromkeys([*([found["customer"]] if "customer" in found else []), *emails(columns)]))
    price_of_pieces = "total" not in found and "quantity" in found
    data: dict[str, Any] = {
        "name": "guessed",
        "row": "order",
        **{
            key: found[key] for key in ("order", "product", "category", "channel", "quantity") if key in found
        },
        "amount": {
            "field": found.get("total") or found.get("price") or "",
            "means": "unit_price" if price_of_pieces else "line_total",
        },
        "customer": {"fields": who or [""]},
        "time": {"field": found.get("time", "")},
    }
    data |= {key: {"field": found[key]} for key in ("status", "currency") if key in found}
    if "refunded" in found:
        data["returns"] = {"refunded": {"field": found["refunded"]}}
    return Draft(data, found)


type Decision = Callable[[Draft, Evidence], None]


def settle(made: Draft, evidence: Evidence) -> None:
    """Decide what the values reveal, and ask about what they do not."""
    for decide in DECISIONS:
        decide(made, evidence)


def decide_customer(made: Draft, evidence: Evidence) -> None:
    """An e-mail address identifies a person better than a name, which several may have."""
    named, *addresses = made.data["customer"]["fields"]
    if not addresses or made.is_decided("customer"):
        return
    (are_names,) = evidence.row("all_match", columns=evidence.written(named), pattern=PERSON)
    if are_names:
        made.data["customer"]["fields"] = [*addresses, named]
        made.notes.append(f"{named} holds names: customers are identified by {' or '.join(addresses)} first")


def tell_order(made: Draft, _: Evidence) -> None:
    """Without a column of order numbers, each row is an order."""
    if not made.data.get("order") and not made.is_decided("order"):
        made.notes.append(
            "no column has order numbers: each row counts as an order; otherwise --set order=COLUMN"
        )


def decide_row(made: Draft, evidence: Evidence) -> None:
    """A row is a line if order numbers repeat, or if it has a product and a quantity."""
    if made.is_decided("row"):
        return
    repeats = 0
    if order := made.data.get("order"):
        (repeats,) = evidence.row("repeated_orders", order=evidence.text(order))
    if repeats or ("product" in made.data and "quantity" in made.data):
        made.data["row"] = "line"


def decide_total(made: Draft, evidence: Evidence) -> None:
    """An amount that is the same on all lines of an order may be the order's total."""
    order, total = made.data.get("order"), made.data["amount"]["field"]
    if made.is_decided("amount.means") or not order or total != made.found.get("total"):
        return
    orders, alike, once = evidence.row(
        "repeated_totals", order=evidence.text(order), total=evidence.number(total)
    )
    if not orders or alike < MOST_ALIKE * orders:
        return
    if once == orders:
        made.data["amount"]["means"] = "order_total_repeated"
        made.notes.append(f"{total} is on one line of each order only: it is taken for the order's total")
        return
    if not _take_what_adds_up(made, evidence, order, total, alike):
        made.questions.append(
            Question.of(
                f"{total} is the same on every line of {alike:,} orders: is it the order's total?",
                *("amount.means=order_total_repeated", "amount.means=line_total"),
            )
        )


def _take_what_adds_up(made: Draft, evidence: Evidence, order: str, total: str, alike: int) -> bool:
    """Take the price per line or unit instead of a total that it adds up to; return whether there is one."""
    price, quantity, discount = (made.found.get(each) for each in ("price", "quantity", "discount"))
    if price is None or made.is_decided("amount.field"):
        return False
    ways = {"line_total": (evidence.number(price), price)}
    if quantity:
        ways["unit_price"] = (
            f"{evidence.number(price)} * {evidence.number(quantity)}",
            f"{price} × {quantity}",
        )
    for means, (sql, shown) in ways.items():
        (share,) = evidence.row(
            "adding_up", order=evidence.text(order), total=evidence.number(total), part=sql
        )
        if share is not None and share >= ADDS_UP:
            made.warnings.append(
                f"{total} is the order's total on each of its lines ({alike:,} orders): {shown} is taken, "
                f"which "
                "adds up to it"
            )
            made.data["amount"] = {"field": price, "means": means, "control": total}
            if discount:
                made.data["amount"]["discount"] = {"field": discount, "means": "none"}
            return True
    return False


def decide_price(made: Draft, evidence: Evidence) -> None:
    """A price that grows with the quantity is a line total; one that does not is a unit price."""
    quantity, amount = made.data.get("quantity"), made.data["amount"]
    if made.is_decided("amount.means") or not quantity or made.questions or "control" in amount:
        return
    column, means = amount["field"], amount["means"]
    number = {"price": evidence.number(column), "quantity": evidence.number(quantity)}
    grows, stays, several = evidence.row(
        "price_and_quantity", product=evidence.text(made.data.get("product")), **number
    )
    both = ("amount.means=line_total", "amount.means=unit_price")
    if means == "unit_price" and grows > stays:
        asked = f"{column} grows with {quantity} for {grows:,} products: is it the line total?"
        made.questions.append(Question.of(asked, *both))
    elif (
        means == "line_total"
        and stays > grows
        and not _is_price_times_quantity(made, evidence, column, quantity)
    ):
        asked = f"{column} is the same whatever {quantity} is, for {stays:,} products: is it the unit price?"
        made.questions.append(Question.of(asked, *both))
    elif means == "unit_price" and several and not stays and plain(column) not in SURE_PRICES:
        asked = f"{column} may be the line total or the unit price ({several:,} lines have several)"
        made.questions.append(Question.of(asked, *both))
    elif means == "unit_price":
        made.notes.append(
            f"{column} is assumed to be the unit price, × {quantity}; else amount.means=line_total"
        )


def _is_price_times_quantity(made: Draft, evidence: Evidence, column: str, quantity: str) -> bool:
    price = made.found.get("price")
    if price is None or price == column:
        return False
    sql = f"{evidence.number(price)} * {evidence.number(quantity)}"
    (share,) = evidence.row("adding_up", order="n", total=evidence.number(column), part=sql)
    return share is not None and share >= ADDS_UP


def decide_unit(made: Draft, evidence: Evidence) -> None:
    """An amount may be in cents, if its name says so."""
    column = made.data["amount"]["field"]
    if not is_in_cents(column) or made.is_decided("amount.minor_units"):
        return
    is_whole, _ = evidence.row("whole_numbers", number=evidence.number(column))
    if is_whole:
        made.data["amount"]["minor_units"] = True
        made.notes.append(
            f"{column} is read as cents: 1050 is 10.50; otherwise --set amount.minor_units=false"
        )


def decide_pieces(made: Draft, evidence: Evidence) -> None:
    """A small whole amount beside a price may be how many pieces were bought."""
    column = made.data["amount"]["field"]
    priced = (each for each in made.unread(evidence.columns) if PRICED.search(plain(each)))
    price = made.found.get("price") or next(priced, None)
    if plain(column) != "amount" or made.is_decided("amount") or "quantity" in made.data or price is None:
        return
    is_whole, largest = evidence.row("whole_numbers", number=evidence.number(column))
    if is_whole and largest <= MOST_PIECES:
        asked = f"{column} has only whole numbers up to {largest:.0f}, beside {price}: is it the quantity?"
        ways = (
            (f"quantity={word(column)}", f"amount.field={word(price)}", f"amount.means={means}")
            for means in ("line_total", "unit_price")
        )
        made.questions.append(Question.of(asked, *ways, f"amount.field={word(column)}"))


def decide_discount(made: Draft, evidence: Evidence) -> None:
    """A discount beside a price reduces what was paid; a total most likely includes it already."""
    discount, amount = made.found.get("discount"), made.data["amount"]
    if discount is None or made.is_decided("amount.discount") or made.questions or amount.get("discount"):
        return
    low, high, some, percents = evidence.row(
        "discounts", discount=evidence.number(discount), text=evidence.text(discount)
    )
    if not some:
        return
    if amount["field"] == made.found.get("price"):
        likely = "percent" if percents else "fraction" if low >= 0 and high <= 1 else "line_amount"
        ways = [
            likely,
            *(way for way in ("fraction", "percent", "line_amount", "unit_amount", "none") if way != likely),
        ]
        asked = (
            f"{discount} ({low:g} to {high:g}, {some:,} rows) is separate from the price: what does it mean?"
        )
        made.questions.append(Question.of(asked, *(f"amount.discount.means={way}" for way in ways)))
        return
    made.warnings.append(
        f"{discount} ({some:,} rows) is not used: {amount['field']} is assumed to be what was paid; "
        "otherwise --set amount.discount.means=line_amount"
    )


def decide_kinds(made: Draft, evidence: Evidence) -> None:
    """Rows of a certain type may be returns, or not sales at all."""
    column = made.found.get("type")
    if column is None or made.is_decided("returns.rows") or made.is_decided("keep"):
        return
    words = evidence.words(column)
    back = [word for word in words if any(part in word.lower() for part in BACK)]
    sold = [each for each in words if each not in back and SOLD.search(each)]
    others = [each for each in words if each not in (*back, *sold)]
    out = [each for each in others if any(part in each.lower() for part in NO_SALE)]
    needed = []
    if back:
        needed.append(f"returns.rows={{field: {word(column)}, words: {listed(back)}}}")
    if out and not sold:
        needed.append(f"keep=[{{field: {word(column)}, words: {listed(out)}, unless: true}}]")
    elif sold and others:
        needed.append(f"keep=[{{field: {word(column)}, words: {listed([*sold, *back])}}}]")
    if needed:
        asked = f"{column} says {', '.join(words)}: which are returns, and which are not sales?"
        made.questions.append(Question.of(asked, tuple(needed), "keep=[]"))


def decide_time_of_day(made: Draft, evidence: Evidence) -> None:
    """A column with times of day belongs to one that has only days."""
    day = made.data["time"]["field"]
    if not day or made.is_decided("time") or any(":" in each for each in evidence.words(day)):
        return
    for column in made.unread(evidence.columns):
        texts = evidence.words(column) if plain(column) in TIMES_OF_DAY else []
        if texts and all(map(TIME_OF_DAY.match, texts)):
            made.data["time"]["and_field"] = column
            return


DECISIONS: tuple[Decision, ...] = (
    decide_customer,
    tell_order,
    decide_row,
    decide_total,
    decide_price,
    decide_unit,
    decide_pieces,
    decide_discount,
    decide_kinds,
    decide_undone,
    decide_time_of_day,
    decide_currency,
)
