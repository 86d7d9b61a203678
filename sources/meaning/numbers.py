"""How numbers are written, and the SQL that reads them exactly or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sources.files.naming import name_files
from sources.files.sql import literal
from sources.meaning.words import MONEY_SIGN

HERE = Path(__file__).parent
SIGNS = rf"(?:(?:{MONEY_SIGN})\.?)"
BLANKS = r"\x{a0}\x{2009}\x{202f} "
GROUPS = {".": rf",'’{BLANKS}", ",": rf".'’{BLANKS}"}
MINUS = "-−–"
NO_CENTS = "(?:[.,:/][-–—]{1,2})"  # as in 12,- and 1,200.00/-, which are not negative


@dataclass(frozen=True)
class Decimal:
    """A decimal sign, None if it is undecided, and the evidence for it.

    `commas` are the files whose sign is a comma, if that of others is a point. `is_settled_by_one` is whether
    one sign for all files could be right. `doubt` is about a file that does not reveal its own sign.
    """

    sign: str | None
    why: str = ""
    commas: tuple[str, ...] = ()
    is_settled_by_one: bool = True
    doubt: str | None = None


@dataclass(frozen=True)
class _Signs:
    """How many numbers show a decimal point, how many a comma, how many fit both, and one of these."""

    dots: int = 0
    commas: int = 0
    both: int = 0
    example: str | None = None

    def __add__(self, other: "_Signs") -> "_Signs":
        counts = self.dots + other.dots, self.commas + other.commas, self.both + other.both
        return _Signs(*counts, self.example or other.example)

    @property
    def is_unclear(self) -> bool:
        """Whether these are signs of both kinds, or of none for sure."""
        return bool(self.dots and self.commas) or not (self.dots or self.commas)

    def __str__(self) -> str:
        if self.dots and self.commas:
            return f"{self.dots:,} numbers have a decimal point and {self.commas:,} a decimal comma"
        return f"all {self.both:,} numbers with a sign have three digits after it, like {self.example}"


def decimal_of(con: duckdb.DuckDBPyConnection, table: str, fields: Sequence[str]) -> Decimal:
    """Return the decimal sign that the texts in some fields of a table reveal, by all files or by each."""
    by_file: dict[str, _Signs] = {}
    sql = (HERE / "decimal.sql").read_text(encoding="utf-8").replace("a_table", table)
    for field in fields:
        for file, *counts in con.execute(sql.replace("a_text", field)).fetchall():
            by_file[file] = by_file.get(file, _Signs()) + _Signs(*counts)
    told = {file: signs for file, signs in by_file.items() if signs.dots or signs.commas or signs.both}
    signs = sum(told.values(), _Signs())
    if signs.dots and signs.commas:
        return _decimal_of_each(told)
    if signs.both and signs.is_unclear:
        return Decimal(None, str(signs))
    sign, name = (",", "comma") if signs.commas else (".", "point")
    doubts = (
        f"{file}: {own}; they are read with a decimal {name}, as in the other files; otherwise import this "
        "file with a --source and a decimal of its own"
        for file, own in told.items()
        if own.is_unclear
    )
    return Decimal(sign, f"{signs.dots or signs.commas:,} numbers show it", doubt=next(doubts, None))


def _decimal_of_each(by_file: dict[str, _Signs]) -> Decimal:
    """Return the sign of each file, if both kinds occur; undecided if those of one file are unclear."""
    if len(by_file) == 1:
        return Decimal(None, str(*by_file.values()))
    if unclear := next((file for file, signs in by_file.items() if signs.is_unclear), None):
        why = f"{by_file[unclear]} in {unclear}, and other files have the one or the other"
        return Decimal(None, f"{why}: write it with two decimals", is_settled_by_one=False)
    commas = tuple(file for file, signs in by_file.items() if signs.commas)
    points = tuple(file for file in by_file if file not in commas)
    return Decimal(".", f"a comma in {name_files(commas)}, a point in {name_files(points)}", commas)


def has_long_decimals(con: duckdb.DuckDBPyConnection, table: str, fields: Sequence[str]) -> bool:
    """Return whether any number has more than four decimals, which need a wider and slower type."""
    found = " or ".join(f"regexp_matches({field}, '[.,][0-9]{{5}}')" for field in fields)
    return bool(con.execute(f"select coalesce(bool_or({found}), false) from {table}").fetchall()[0][0])


def number_macro(sign: str | None, commas: Sequence[str] = (), *, long: bool = True) -> str:
    """Return the macro read_number(text, file), which reads a number as people write it, or else is NULL.

    Without a decimal sign, only plain numbers are read. Digits are either all grouped or not at all: with a
    decimal point, 12,90 is not a number. `commas` are files whose numbers have a comma instead.
    """
    kind = "decimal(24, 10)" if long else "decimal(18, 4)"
    read = _number_sql(sign, kind)
    if commas:
        files = ", ".join(map(literal, commas))
        read = f"case when list_contains([{files}], a_file) then {_number_sql(',', kind)} else {read} end"
    return f"create or replace macro read_number(a_text, a_file) as cast({read} as {kind})"


def _number_sql(sign: str | None, kind: str) -> str:
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
    return f"case when regexp_matches(a_text, '[0-9]') then {read} end"
