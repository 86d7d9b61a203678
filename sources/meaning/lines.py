"""The chain of views from the lines' strings to sales, in one connection: lines, typed, money, sales."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from zoneinfo import available_timezones

import duckdb

from contracts.contract import load
from sources.files.sql import literal
from sources.mapping import Mapping
from sources.meaning.currencies import CODES, NO_MINOR_UNITS, THOUSANDTHS
from sources.meaning.numbers import number_macro
from sources.meaning.texts import Layout, lines_sql
from sources.meaning.times import OFFSETS, Times, instant_macro
from sources.meaning.words import (
    CHANNEL,
    EUROS,
    MONEY_SIGNS,
    NAMES_TOTAL,
    NO_DATES,
    NOBODY,
    TOTALS,
    plain_word,
    plain_word_sql,
    usual_status_words,
)

HERE = Path(__file__).parent
EARLIEST = date(1990, 1, 1)  # the warehouse takes earlier days for mistakes
# What many exports give only once per order, on its first line.
ORDER_FIELDS = ("status_text", "currency_text", "time_text", "zone_text", "who", "email", "channel")
FIELD_LABELS = {
    "status_text": "status",
    "currency_text": "currency",
    "time_text": "time",
    "zone_text": "time zone",
    "who": "customer",
    "email": "e-mail",
    "channel": "channel",
    "amount_text": "amount",
}


@dataclass(frozen=True)
class Reading:
    """How texts are read, beyond what the mapping says."""

    source: str
    decimal: str | None = "."
    comma_files: tuple[str, ...] = ()
    long_numbers: bool = True
    times: Times = field(default_factory=Times)
    alone: bool = False
    blank_status: str | None = None
    several_files: bool = False


def read_statement(name: str) -> str:
    """Return the SQL in NAME.sql beside this file."""
    return (HERE / f"{name}.sql").read_text(encoding="utf-8")


def create_lines_view(con: duckdb.DuckDBPyConnection, mapping: Mapping, layout: Layout) -> None:
    """Create the view `lines`."""
    con.execute("drop table if exists carried")
    con.execute(f"create or replace view lines as {lines_sql(mapping, layout)}")
    _set_variable(con, "time_field", literal(mapping.time.field))
    _set_variable(con, "amount_field", literal(mapping.amount.field))


def carry_down(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> list[str]:
    """Copy what an order says on only some of its lines to its other lines; return which fields those are."""
    if mapping.order is None or mapping.row == "order" or mapping.items:
        return []
    repeated = mapping.amount.means == "order_total_repeated"
    fields = [*ORDER_FIELDS, *(["amount_text"] if repeated else [])]
    gaps = ", ".join(f"count({f}) between 1 and count(*) - 1" for f in fields)
    ((*has_gaps,),) = con.execute(f"select {gaps} from lines where order_text is not null").fetchall()
    carried = [field for field, has in zip(fields, has_gaps, strict=True) if has]
    carried = [field for field in carried if _is_on_only_some_lines(con, field)]
    if carried:
        _fill_gaps(con, carried)
    return [FIELD_LABELS[field] for field in carried]


def _is_on_only_some_lines(con: duckdb.DuckDBPyConnection, field: str) -> bool:
    """Return whether any order has a field on only some of its lines."""
    partly = f"having count({field}) between 1 and count(*) - 1 limit 1"
    return bool(
        con.execute(
            f"select 1 from lines where order_text is not null group by order_text {partly}"
        ).fetchall()
    )


def _fill_gaps(con: duckdb.DuckDBPyConnection, fields: Sequence[str]) -> None:
    first = ", ".join(f"arg_min({f}, n) filter ({f} is not null) as {f}" for f in fields)
    filled = ", ".join(f"coalesce(own.{f}, of_order.{f}) as {f}" for f in fields)
    con.execute(
        f"create table carried as select own.* replace ({filled}) from lines as own left join "
        f"(select order_text, {first} from lines where order_text is not null group by order_text) "
        "as of_order "
        "on own.order_text = of_order.order_text order by own.n"
    )
    con.execute("create or replace view lines as select * from carried")


def create_views(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, reading: Reading, *, as_table: bool
) -> None:
    """Create the views `typed`, `money` and `sales`; `money` is a table if its rows are to be read often."""
    _set_variables(con, mapping, reading)
    for macro in _macros(mapping, reading):
        con.execute(macro)
    if as_table:
        con.execute("drop table if exists money")
    con.execute(f"create or replace view typed as {_typed_sql(mapping, reading)}")
    # To keep the order, one thread would write it, and the rows waiting their turn would not fit into memory.
    con.execute("set preserve_insertion_order = false")
    con.execute(f"create {'table' if as_table else 'view'} money as {_money_sql(mapping)}")
    con.execute("set preserve_insertion_order = true")
    con.execute(f"create or replace view sales as {_sales_sql(mapping, reading)}")


def _set_variable(con: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    con.execute(f"set variable {name} = {value}")


def _text_list(values: Sequence[str]) -> str:
    return f"[{', '.join(map(literal, sorted(values)))}]"


def _set_variables(con: duckdb.DuckDBPyConnection, mapping: Mapping, reading: Reading) -> None:
    amount, returns, until = mapping.amount, mapping.returns, mapping.time.until
    zone = literal(mapping.time.zone)
    con.execute(f"set timezone = {zone}")
    variables = {
        "whole_documents": str(reading.alone),
        "currency": literal(mapping.currency.default) if mapping.currency.default else "null::varchar",
        "currencies": _text_list(list(CODES)),
        "usual_currency": "null::varchar",
        "minor_units": str(amount.minor_units),
        "no_minor_units": _text_list(NO_MINOR_UNITS),
        "thousandths": _text_list(THOUSANDTHS),
        "no_dates": _text_list([*NOBODY, *NO_DATES]),
        "totals": _text_list(TOTALS),
        "names_total": literal(NAMES_TOTAL),
        "earliest": f"timezone({zone}, timestamp {literal(EARLIEST)})",
        "until": f"timezone({zone}, timestamp {literal(until)} + interval 1 day)"
        if until
        else "null::timestamptz",
        "negative": str(returns.negative),
        "means": literal(amount.means),
        "discount": literal(amount.discount.means if amount.discount else "none"),
        "refunded_of": literal(returns.refunded.of if returns.refunded else "none"),
        "hash_email": str(mapping.customer.hash_email),
        "schema_version": literal(load("sale").version),
        "source": literal(reading.source),
    }
    for name, value in variables.items():
        _set_variable(con, name, value)


def _macros(mapping: Mapping, reading: Reading) -> list[str]:
    return [
        *read_statement("macros").split(";\n"),
        number_macro(reading.decimal, reading.comma_files, long=reading.long_numbers),
        instant_macro(mapping.time, reading.times, alone=reading.alone),
        _status_macro(mapping, reading.blank_status),
        _currency_macro(),
        _zone_macro(mapping),
        _channel_macro(),
    ]


def _case_sql(words: dict[str, list[str]], text: str, otherwise: str) -> str:
    cases = " ".join(
        f"when list_contains([{_plain_literals(each)}], {text}) then {literal(became)}"
        for became, each in words.items()
        if each
    )
    return f"case {cases} else {otherwise} end"


def _plain_literals(words: Sequence[str]) -> str:
    return ", ".join(literal(plain_word(word)) for word in words)


def _status_macro(mapping: Mapping, blank: str | None) -> str:
    status = mapping.status
    words: dict[str, list[str]] = {
        str(key): list(each) for key, each in status.words.items()
    } or usual_status_words()
    default = literal(status.default) if status.default else "null"
    known = _case_sql(words, plain_word_sql("a_text"), default)
    of_blank = literal(blank) if blank else "null"
    read = f"case when a_text is null then {of_blank} else {known} end"
    return f"create or replace macro read_status(a_text) as {read}"


def _currency_macro() -> str:
    """Return the macro of a currency's code, which may be written as its sign or with it, as in TL (₺)."""
    signs = {sign.upper(): code for sign, code in MONEY_SIGNS.items() if sign != "$"}
    known = ", ".join(f"{literal(sign)}: {literal(code)}" for sign, code in (signs | EUROS).items())
    words = r"list_filter(string_split_regex(upper(a_text), '[\s()]+'), lambda x: x != '')"
    codes = f"list_distinct(list_transform({words}, lambda x: coalesce(map {{{known}}}[x], x)))"
    read = f"list_transform([{codes}], lambda x: case when len(x) = 1 then x[1] end)[1]"
    is_code = "a_text is null or list_contains(getvariable('currencies'), upper(a_text))"
    code = f"case when {is_code} then upper(a_text) else coalesce({read}, upper(a_text)) end"
    return f"create or replace macro read_currency(a_text) as {code}"


def _zone_macro(mapping: Mapping) -> str:
    zone, time = literal(mapping.time.zone), mapping.time
    read = zone
    if time.zone_field:
        known = f"case when list_contains({_text_list(list(available_timezones()))}, a_text) then a_text end"
        fixed = {word: f"Etc/GMT{-hours:+d}" for word, hours in OFFSETS.items() if hours}
        words = (fixed | time.zones).items()
        cases = " ".join(f"when {literal(word)} then {literal(each)}" for word, each in words)
        named = f"case a_text {cases} else {known} end"
        read = f"case when a_text is null then {zone} else {named} end"
    return f"create or replace macro read_zone(a_text) as {read}"


def _channel_macro() -> str:
    shop = "regexp_extract(lower(a_text), '^(amazon|ebay)\\.', 1)"
    word = f"coalesce(nullif({shop}, ''), {plain_word_sql('a_text')})"
    case = _case_sql({channel: list(words) for channel, words in CHANNEL.items()}, word, "'unknown'")
    return f"create or replace macro read_channel(a_text) as {case}"


def _typed_sql(mapping: Mapping, reading: Reading) -> str:
    typed = read_statement("typed")
    if reading.several_files:
        typed = read_statement("once").replace("typed_lines", typed)
    if mapping.unique_order:
        repeated = "states" if mapping.unique_order == "last" else "sent_twice"
        typed = read_statement(repeated).replace("typed_lines", typed)
    return typed


def _money_sql(mapping: Mapping) -> str:
    net = "net_as_it_is"
    if mapping.amount.means == "order_total_repeated":
        net = "net_of_repeated_totals"
    elif mapping.amount.discount and mapping.amount.discount.means in ("order_amount", "order_net"):
        net = "net_of_order_discounts"
    by_row = net == "net_as_it_is" and (mapping.row == "order" or mapping.returns.refunded is None)
    gross = read_statement("gross_of_rows" if by_row else "gross_of_orders").replace(
        "net_of_orders", read_statement(net)
    )
    return read_statement("money").replace("order_gross", gross)


def _sales_sql(mapping: Mapping, reading: Reading) -> str:
    sale, order = _id_of_line(), "order_text"
    if reading.alone:
        own = "coalesce(order_text, document)" if mapping.unique_order else "document"
        sale = f"{own} || '/' || coalesce(line_text, item_at::varchar)" if mapping.items else own
        order = "coalesce(order_text, document)" if mapping.items else order
    return read_statement("sales").replace("sale_id_of_line", sale).replace("order_id_of_line", order)


def _id_of_line() -> str:
    parts = ["getvariable('source')", "case when order_text is null then 'n' else 'o' end"]
    parts += [f"coalesce({each}, '')" for each in ("order_text", "line_text", "product")]
    return f"'S' || left(sha256(concat_ws(chr(31), {', '.join(parts)}, alone, occurrence)), 24)"
