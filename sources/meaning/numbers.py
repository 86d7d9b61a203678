"""How numbers are written, and the SQL that reads them exactly or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sources.meaning.words import MONEY_SIGN

HERE = Path(__file__).parent
SIGNS = rf"(?:(?:{MONEY_SIGN})\.?)"
BLANKS = r"\x{a0}\x{2009}\x{202f} "
GROUPS = {".": rf",'’{BLANKS}", ",": rf".'’{BLANKS}"}
MINUS = "-−–"
NO_CENTS = "(?:[.,:/][-–—]{1,2})"  # as in 12,- and 1,200.00/-, which are not negative


@dataclass(frozen=True)
class Decimal:
    """A decimal sign, None if it is undecided, and the evidence for it."""

    sign: str | None
    why: str


def decimal_of(con: duckdb.DuckDBPyConnection, table: str, fields: Sequence[str]) -> Decimal:
    """Return the decimal sign that the texts in some fields of a table reveal."""
    sql = (HERE / "decimal.sql").read_text(encoding="utf-8").replace("a_table", table)
    counts = [con.execute(sql.replace("a_text", field)).fetchall()[0] for field in fields]
    dots, commas, both = (sum(int(row[i]) for row in counts) for i in range(3))
    if dots and commas:
        return Decimal(None, f"{dots:,} numbers have a decimal point and {commas:,} a decimal comma")
    if both and not dots and not commas:
        example = next(row[3] for row in counts if row[3])
        return Decimal(None, f"all {both:,} numbers with a sign have three digits after it, like {example}")
    return Decimal("," if commas else ".", f"{dots or commas:,} numbers show it")


def has_long_decimals(con: duckdb.DuckDBPyConnection, table: str, fields: Sequence[str]) -> bool:
    """Return whether any number has more than four decimals, which need a wider and slower type."""
    found = " or ".join(f"regexp_matches({field}, '[.,][0-9]{{5}}')" for field in fields)
    return bool(con.execute(f"select coalesce(bool_or({found}), false) from {table}").fetchall()[0][0])


def number_macro(sign: str | None, *, long: bool = True) -> str:
    """Return the macro read_number(text), which reads a number as people write it, and NULL for other texts.

    Without a decimal sign, only plain numbers are read. Digits are either all grouped or not at all: with a
    decimal point, 12,90 is not a number.
    """
    kind = "decimal(24, 10)" if long else "decimal(18, 4)"
    decimal = sign or "."
    group = f"[{GROUPS[decimal]}]"
    whole = rf"[0-9]{{1,3}}(?:{group}[0-9]{{2,3}})*{group}[0-9]{{3}}|[0-9]*" if sign else "[0-9]*"
    digits = rf"(?:{whole})(?:[{decimal}][0-9]*)?(?:[eE][-+]?[0-9]+)?"
    signed = rf"[{MINUS}(+]?\s*{SIGNS}?\s*[{MINUS}]?\s*({digits}){NO_CENTS}?\s*{SIGNS}?\s*[-)]?"
    pattern = rf"""^(?:['‘]|=")?\s*{signed}"?$""".replace("'", "''")
    between = group.replace("'", "''")
    bare = f"regexp_replace(regexp_extract(a_text, '{pattern}', 1), '{between}', '', 'g')"
    if decimal == ",":
        bare = f"replace({bare}, ',', '.')"
    negative = f"regexp_matches(a_text, '^[^0-9]*[{MINUS}(]|[^.,:/–—-]-$')"
    slow = f"case when {negative} then -1 else 1 end * try_cast({bare} as {kind})"
    fast = f"try_cast(a_text as {kind})"
    read = f"coalesce({fast}, {slow})" if decimal == "." else slow
    guarded = f"case when regexp_matches(a_text, '[0-9]') then {read} end"
    return f"create or replace macro read_number(a_text) as cast({guarded} as {kind})"
