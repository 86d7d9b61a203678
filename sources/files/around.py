"""Currencies in rows that are no sales: units below the header row, and lines below the table."""

from sources.files.currencies import currencies_above, is_currency
from sources.files.raw import SURPLUS, RawFiles, ToldCurrency
from sources.files.rows_of_names import filled, has_digit
from sources.files.sql import name

UNITS = 2  # rows at the beginning of a table that may have the units of its columns
LAST = 20  # rows at its end that may be lines below it
MOST_FILLED = 2  # cells of a line below a table: a sale has a customer, a time and an amount


def currencies_around(raw: RawFiles, file: str) -> list[ToldCurrency]:
    """Return the currencies that the rows added last name without being sales."""
    first, end = raw.parts[-1].before, raw.count()
    units = [
        ToldCurrency(cell, f"below the header row of {file}", column)
        for row in _rows(raw, first, min(first + UNITS, end))
        if not has_digit(row)
        for column, cell in zip(raw.columns, row, strict=False)
        if is_currency(cell)
    ]
    rows = _rows(raw, max(first, end - LAST), end)
    lines = (" ".join(cells) for row in rows if (cells := filled(row)) and _is_below(row))
    return units + [ToldCurrency(sign, f"below the table of {file}") for sign in currencies_above(lines)]


def _rows(raw: RawFiles, first: int, end: int) -> list[list[str]]:
    columns = ", ".join(f"trim(coalesce({name(each)}, ''))" for each in [*raw.columns, SURPLUS])
    within = f"rowid >= {first:d} and rowid < {end:d}"  # as parameters they would have all rows read
    found = raw.con.execute(f"select [{columns}] from records where {within} order by rowid").fetchall()
    return [row for (row,) in found]


def _is_below(row: list[str]) -> bool:
    return len(filled(row)) <= MOST_FILLED or not has_digit(row)
