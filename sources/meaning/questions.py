"""Questions about what cannot be read or decided and changes figures: one function each, with its options."""

import re
from collections.abc import Callable, Iterator

from sources.meaning.asking import Question
from sources.meaning.drafts import yaml_list, yaml_scalar
from sources.meaning.footers import totals_as_customers, totals_as_products
from sources.meaning.lines import EARLIEST
from sources.meaning.other_tables import other_tables
from sources.meaning.sides import SIDES, plain_side
from sources.meaning.sold import SHOWN, SoldLines
from sources.meaning.time_notes import lacking_part
from sources.meaning.undone import state_of_word

SHARE_ALIKE = 0.8  # of orders with several rows, to ask whether they have the order's total
MONTHS, MANY_DAYS = 12, 10
NUMBER_AND_WORD = re.compile(r"[-+]?\d[\d.,]* ?([^\W\d_]{1,12})\.?")  # 10.00 CR, 2 kg
BUDDHIST = 543  # years ahead, as in Thailand
PERSIAN, ISLAMIC = range(1370, 1420), range(1420, 1460)

type QuestionCheck = Callable[[SoldLines], Iterator[Question]]


def unread_times(sold: SoldLines) -> Iterator[Question]:
    """Ask about times that no format reads."""
    texts = [text for text, _ in sold.unreadable_texts("time") if text and any(map(str.isdigit, text))]
    if lacking := lacking_part(texts):
        yield from _ask_unreadable(sold, "time", why=f": they have no {lacking}; write it into the file")
    else:
        yield from _ask_unreadable(sold, "time", *(["time.formats=['%d/%m/%Y %H:%M']"] if texts else []))


def unread_items(sold: SoldLines) -> Iterator[Question]:
    """Ask about documents whose items are no list."""
    where = "left_out is null and unread = 'items'"
    if count := sold.count(where):
        yield Question.of(
            f"{count:,} documents have a map or a text in {sold.mapping.items}, not a list "
            f"({sold.places(where)}): write a list, such as with jq '.{sold.mapping.items} |= [.[]]'"
        )


def unread_zones(sold: SoldLines) -> Iterator[Question]:
    """Ask about words for time zones that are not known."""
    for word, _ in sold.unreadable_texts("time zone")[:1]:
        yield from _ask_unreadable(sold, "time zone", f"time.zones={{'{word}': Europe/Berlin}}")


def unread_numbers(sold: SoldLines) -> Iterator[Question]:
    """Ask about amounts, quantities, discounts and refunds that are not numbers."""
    yield from _ask_unreadable(sold, "amount", why=_advise_on_numbers(sold, "amount"))
    # Without the quantity, a price by the piece would be what the line cost.
    alone = [] if sold.mapping.amount.means == "unit_price" else ["quantity=null"]
    yield from _ask_unreadable(sold, "quantity", *alone, why=_advise_on_numbers(sold, "quantity"))
    yield from _ask_unreadable(sold, "discount", "amount.discount=null")
    yield from _ask_unreadable(sold, "refunded amount", "returns.refunded=null")


def _advise_on_numbers(sold: SoldLines, kind: str) -> str:
    """Return what to do about numbers that have a word beside them: that of a side, or of a unit."""
    found = [NUMBER_AND_WORD.fullmatch(text or "") for text, _ in sold.unreadable_texts(kind)]
    words = list(dict.fromkeys(each[1] for each in found if each))
    if not words:
        return ""
    named = ", ".join(words)
    if {plain_side(word) for word in words} <= {side for pair in SIDES for side in pair}:
        return f": {named} is debit or credit: write it into a column of its own, which is asked about"
    return f": write {named} into a column of its own, beside the number"


def _ask_unreadable(sold: SoldLines, kind: str, *options: str, why: str = "") -> Iterator[Question]:
    texts = sold.unreadable_texts(kind)
    if not texts:
        return
    where = f"left_out is null and unread = '{kind}'"
    count = sum(times for _, times in texts) if len(texts) < 12 else sold.count(where)
    shown = ", ".join("blank" if text is None else repr(text) for text, _ in texts[:SHOWN])
    yield Question.of(
        f"{count:,} rows have no readable {kind} ({shown}; {sold.places(where)}){why}", *options
    )


def unknown_words(sold: SoldLines) -> Iterator[Question]:
    """Ask about all unknown statuses at once; those that speak of returns are not offered as sales."""
    words = [(word, times) for word, times in sold.unreadable_texts("status") if word is not None]
    if words:
        listed = ", ".join(f"{word} ({times:,})" for word, times in words)
        if all(re.fullmatch(r"-?\d+", word) for word, _ in words):
            meanings = "status.words={completed: [Codes], pending: [Codes], cancelled: [Codes]}"
            yield Question.of(
                f"status values are numbers, {listed}: which mean what?", meanings, "status=null"
            )
            return
        groups: dict[str, list[str]] = {}
        for word, _ in words:
            groups.setdefault(state_of_word(word), []).append(word)
        settings = [f"status.words.{state}={yaml_list(named)}" for state, named in groups.items()]
        others = () if groups.keys() - {"completed"} else ("status.default=completed",)
        yield Question.of(f"unknown status values: {listed}", tuple(settings), *others)


def blank_statuses(sold: SoldLines) -> Iterator[Question]:
    """Ask about rows without a status if others have one."""
    where = "left_out is null and unread = 'status' and status_text is null"
    if count := sold.count(where):
        yield Question.of(
            f"{count:,} rows have no status, while others do ({sold.places(where)})",
            *("status.blank=completed", "status.blank=pending"),
        )


def only_blank_statuses(sold: SoldLines) -> Iterator[Question]:
    """Ask about a preset's file without a single status: exports of unpaid checkouts look like orders."""
    status = sold.mapping.status
    if not sold.is_preset or status.field is None or status.blank or not sold.layout.has(status.field):
        return
    if sold.count("accepted") and not sold.count("status_text is not null"):
        yield Question.of(
            f"{status.field} is blank in all rows, which orders have filled: are these checkouts that nobody "
            "paid? If they are sales, the second option",
            *("status.blank=cancelled", "status.blank=completed"),
        )


def nothing_but_pending(sold: SoldLines) -> Iterator[Question]:
    """Ask about pending sales if there are none that count."""
    waiting = "accepted and status_told = 'pending'"
    counted = "accepted and status_told not in ('pending', 'cancelled')"
    unknown = "left_out is null and unread = 'status'"  # which is asked about, and may count
    rows = sold.count(waiting)
    if (
        not rows
        or sold.count(f"{counted} or {unknown}")
        or any(each.startswith("status") for each in sold.decided)
    ):
        return
    found = sold.fetch_all(f"select distinct status_text from money where {waiting} order by 1")
    words = [word for (word,) in found if word is not None]
    if words:
        yield Question.of(
            f"no sale counts: {rows:,} of {sold.count('accepted'):,} {'is' if rows == 1 else 'are'} pending "
            f"({', '.join(words)}): were they paid, or will they be?",
            *(f"status.words.{state}={yaml_list(words)}" for state in ("completed", "pending")),
        )


def unknown_currencies(sold: SoldLines) -> Iterator[Question]:
    """Ask about rows whose currency is blank or not in use."""
    words = sold.unreadable_texts("currency")
    where = "left_out is null and unread = 'currency'"
    if words and (unknown := [word for word, _ in words if word]):
        yield Question.of(
            f"{', '.join(unknown)}: not a currency in use ({sold.places(where)}); correct the file"
        )
    elif words:
        yield Question.of(
            f"{sold.count(where):,} rows have no currency ({sold.places(where)})", "currency.default=EUR"
        )


def rounded_identifiers(sold: SoldLines) -> Iterator[Question]:
    """Ask about identifiers that a spreadsheet has rounded, so that many become one."""
    for kind in ("customer", "order"):
        where = f"left_out is null and unread = '{kind}'"
        if count := sold.count(where):
            example = sold.unreadable_texts(kind)[0][0]
            yield Question.of(
                f"{count:,} {kind} ids are rounded, like {example} ({sold.places(where)}): save the column "
                "as text"
            )


def odd_identifiers(sold: SoldLines) -> Iterator[Question]:
    """Ask about identifiers that contain a NUL, which are not text."""
    where = "left_out is null and unread = 'identifier'"
    if count := sold.count(where):
        yield Question.of(
            f"{count:,} ids contain a NUL character ({sold.places(where)}): the file is damaged"
        )


def surplus_values(sold: SoldLines) -> Iterator[Question]:
    """Ask about rows with more values than there are columns."""
    where = "left_out is null and surplus is not null"
    if count := sold.count(where):
        yield Question.of(
            f"{count:,} rows have more values than columns ({sold.places(where)}): a comma within a "
            "number or a name? Save the file with quotes around it. Or a note beside the table? Name its "
            "column in the header row"
        )


def sales_in_the_future(sold: SoldLines) -> Iterator[Question]:
    """Ask about sales dated after tomorrow, in UTC, which no time zone explains."""
    where = f"accepted and sold_at > timestamptz '{sold.today} 00:00:00+00' + interval 2 days"
    if count := sold.count(where):
        (latest,) = sold.fetch_one(f"select max(sold_at)::date from money where {where}")
        if latest.year - BUDDHIST in range(EARLIEST.year, sold.today.year + 1):
            text = f"{count:,} sales are dated in Buddhist years, up to {latest.year} ({sold.places(where)})"
            yield Question.of(f"{text}: write them {BUDDHIST} earlier into the file")
            return
        yield Question.of(
            f"{count:,} sales are in the future, up to {latest} ({sold.places(where)}): correct them, "
            "or reject them",
            f"time.until={sold.today}",
        )


def discounts_over_the_price(sold: SoldLines) -> Iterator[Question]:
    """Ask about discounts that exceed the price, which must mean something else."""
    where = "accepted and gross_cents < 0"
    if count := sold.count(where):
        means = sold.mapping.amount.discount.means if sold.mapping.amount.discount else "none"
        yield Question.of(
            f"{count:,} discounts exceed the price when read as {means} ({sold.places(where)})",
            *(
                f"amount.discount.means={each}"
                for each in ("percent", "line_amount", "order_amount")
                if each != means
            ),
        )


def mostly_negative(sold: SoldLines) -> Iterator[Question]:
    """Ask whether negative amounts are returns if most are negative: in a ledger, sales are."""
    rows, back = sold.fetch_one(
        "select count(*), count(*) filter (amount < 0 or quantity < 0) from money where accepted"
    )
    if back > rows / 2 and sold.mapping.returns.negative and "returns.negative" not in sold.decided:
        yield Question.of(
            f"{back:,} of {rows:,} amounts are negative, and count as returns: are they?",
            *("returns.negative=false", "returns.negative=true"),
        )


def totals_on_lines(sold: SoldLines) -> Iterator[Question]:
    """Ask whether a preset's orders have several lines, each with the order's total."""
    amount = sold.mapping.amount
    if sold.mapping.row != "order" or amount.means != "order_total" or sold.mapping.unique_order:
        return
    orders, alike, first = sold.fetch_one(sold.read_sql("totals_on_lines"))
    if orders and alike >= SHARE_ALIKE * orders and "amount.means" not in sold.decided:
        yield Question.of(
            f"{amount.field} is the same on every row of {alike:,} orders ({sold.raw.place(first)}): is it "
            "the total of an order with several lines?",
            ("row=line", "amount.means=order_total_repeated"),
            "amount.means=order_total",
        )


def numbers_again(sold: SoldLines) -> Iterator[Question]:
    """Ask about orders of another customer, and day or sum, that have an earlier file's numbers."""
    if "order" in sold.decided or sold.mapping.order is None:
        return
    orders, others, places = sold.fetch_one(sold.read_sql("numbers_again"))
    if others:
        where = ", ".join(sold.raw.place(n) for n in places)
        yield Question.of(
            f"{others:,} of {orders:,} orders that are in a later file too have another customer, and "
            f"another day or sum, there ({where}): are they other orders of the same "
            "number? Then import each file with a --source of its own. If the later "
            "file corrects the earlier one",
            f"order={yaml_scalar(sold.mapping.order)}",
        )


def orders_with_zeros(sold: SoldLines) -> Iterator[Question]:
    """Ask about orders that come again with or without zeros before their number, and would count twice."""
    if "order" in sold.decided or sold.mapping.order is None:
        return
    count, places = sold.fetch_one(sold.read_sql("orders_with_zeros"))
    if count:
        where = ", ".join(sold.raw.place(n) for n in places)
        yield Question.of(
            f"{count:,} orders come again on the same day with the same amount, but with or without zeros "
            f"before their number ({where}), and count twice: export the column as text in all files; if "
            "they are other orders",
            f"order={yaml_scalar(sold.mapping.order)}",
        )


def swapped_days(sold: SoldLines) -> Iterator[Question]:
    """Ask about days and months that a spreadsheet has exchanged where it could: up to the twelfth day."""
    written, least, iso, greatest = sold.fetch_one(sold.read_sql("swapped_days"))
    if min(written, iso) >= MANY_DAYS and least > MONTHS >= greatest:
        yield Question.of(
            f"all {iso:,} dates are of a day up to {MONTHS}, and all {written:,} texts of a later one: a "
            "spreadsheet has taken days for months where it could; import the original file into it as text"
        )


def nothing_left(sold: SoldLines) -> Iterator[Question]:
    """Report that no sale remains, and why."""
    if sold.count("accepted") or sold.count("left_out is null and unread is not null"):
        return
    found = sold.fetch_all(
        "select left_out, count(*) from money where left_out is not null group by 1 order by 2 desc"
    )
    why = ", ".join(f"{reason} {count:,}" for reason, count in found)
    (latest,) = sold.fetch_one("select max(year(sold_at)) from money")
    if latest in (*PERSIAN, *ISLAMIC):
        calendar = "Persian" if latest in PERSIAN else "Islamic"
        yield Question.of(f"the years, up to {latest}, are of the {calendar} calendar: write Gregorian dates")
        return
    yield Question.of(f"no sale remains ({why or 'all are rejected'})")


QUESTIONS: tuple[QuestionCheck, ...] = (
    other_tables,
    unread_items,
    unread_times,
    unread_zones,
    unread_numbers,
    unknown_words,
    blank_statuses,
    only_blank_statuses,
    nothing_but_pending,
    unknown_currencies,
    rounded_identifiers,
    odd_identifiers,
    surplus_values,
    sales_in_the_future,
    discounts_over_the_price,
    mostly_negative,
    totals_on_lines,
    totals_as_products,
    totals_as_customers,
    numbers_again,
    orders_with_zeros,
    swapped_days,
    nothing_left,
)
