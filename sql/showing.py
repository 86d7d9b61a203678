"""Show results and tables in a terminal, or as CSV."""

import csv
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from math import isfinite
from typing import IO, Any

from rich import box
from rich.console import Console
from rich.table import Table as Grid

from components.shared.command_line import LAYOUT, plain
from sql.answers import MIB, Answer
from sql.catalogue import Catalogue, Table

SHOWN_ROWS = 100
READABLE = 8  # minimum characters per column
NOTHING = "NULL"


def show_answer(console: Console, answer: Answer) -> None:
    """Print an answer: one row per line, or one value per line if its columns do not fit the terminal."""
    if not answer.columns:
        changed = "" if answer.changed_rows is None else f"{_rows(answer.changed_rows)} changed, "
        console.print(f"{changed}{_billed(answer)}", style="dim")
        return
    rows = list(islice(answer.rows, SHOWN_ROWS))
    if len(answer.columns) * (READABLE + 2) <= console.width:
        console.print(_grid(answer, rows))
    else:
        _show_records(console, answer.columns, rows)
    rest = "" if answer.total_rows <= len(rows) else f"; the first {len(rows):,} are shown"
    console.print(f"{_rows(answer.total_rows)}{rest}, {_billed(answer)}", style="dim")


def write_csv(file: IO[str], answer: Answer) -> None:
    """Write all rows as CSV, with the columns' names first."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows(answer.rows)


def show_tables(console: Console, catalogue: Catalogue) -> None:
    """Print all tables, each with the beginning of its description."""
    grid = _plain_grid()
    grid.add_column("table", overflow="fold", min_width=30)
    grid.add_column("rows", justify="right")
    grid.add_column("what it is", ratio=1)
    for table in catalogue.tables:
        rows = "view" if table.rows is None else f"{table.rows:,}"
        grid.add_row(catalogue.written(table), rows, plain(table.description.partition(". ")[0]))
    console.print(grid)


def show_table(console: Console, catalogue: Catalogue, table: Table) -> None:
    """Print a table's description and columns."""
    rows = "a view" if table.rows is None else _rows(table.rows)
    console.print(f"{catalogue.written(table)}, {rows}", style="bold")
    console.print(plain(table.description, LAYOUT))
    grid = _plain_grid()
    for name in ("column", "type", "what it is"):
        grid.add_column(name, overflow="fold")
    for column in table.columns:
        grid.add_row(column.name, column.kind, plain(column.description))
    console.print(grid)


def text(value: Any) -> str:
    """Return a value as readable text, without what a terminal would interpret.

    A number has no exponent, and a float the 15 digits that it holds for certain.
    """
    if value is None:
        return NOTHING
    if isinstance(value, float) and isfinite(value):
        value = Decimal(int(value) if value.is_integer() else f"{value:.15g}")
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, list):
        return f"[{', '.join(map(text, value))}]"
    return plain(value)


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"


def _billed(answer: Answer) -> str:
    return f"{answer.bytes_billed / MIB:,.1f} MiB billed"


def _plain_grid() -> Grid:
    return Grid(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")


def _grid(answer: Answer, rows: list[tuple[Any, ...]]) -> Grid:
    grid = _plain_grid()
    for position, name in enumerate(answer.columns):
        is_number = any(
            isinstance(row[position], int | float | Decimal) and not isinstance(row[position], bool)
            for row in rows
        )
        grid.add_column(text(name), justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        grid.add_row(*map(text, row))
    return grid


def _show_records(console: Console, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    for number, row in enumerate(rows, start=1):
        console.rule(f"row {number}", align="left", style="dim")
        console.print(_record(zip(columns, row, strict=True)))


def _record(pairs: Iterator[tuple[str, Any]]) -> Grid:
    grid = Grid.grid(padding=(0, 2))
    grid.add_column(style="bold")
    grid.add_column(overflow="fold")
    for name, value in pairs:
        grid.add_row(text(name), text(value))
    return grid
