"""Ask about rows in the middle of a file that name other columns, as the header row of another table does."""

from collections.abc import Iterator, Sequence

from sources.files.dialect import unique_names
from sources.files.rows_of_names import FEWEST_KNOWN, has_digit
from sources.files.sql import name
from sources.meaning.asking import Question
from sources.meaning.names import match_columns
from sources.meaning.sold import SHOWN, SoldLines

MOST = 1_000  # rows to look at, of which each may be a header row


def rows_of_other_names(sold: SoldLines) -> Iterator[Question]:
    """Ask about the header row of another table, such as one of expenses, whose rows would count as sales."""
    if sold.layout.nested:
        return
    columns = list(sold.layout.columns)
    of_names = "left_out = 'repeated column names' or (left_out is null and unread = 'time')"
    rows = sold.fetch_all(
        f"select n, {', '.join(map(name, columns))} from raw "
        f"where n in (select n from money where {of_names}) order by n limit {MOST}"
    )
    named = ((n, [cell or "" for cell in cells]) for n, *cells in rows)
    others = [(n, cells) for n, cells in named if _names_others(cells, columns)]
    if others:
        places = ", ".join(sold.raw.place(n) for n, _ in others[:SHOWN])
        names = ", ".join(cell for cell in others[0][1] if cell.strip())
        yield Question.of(
            f"a row within the file names other columns than its header row ({places}: {names}): if another "
            "table begins there, such as one of expenses, remove it; if not, write the names as above"
        )


def _names_others(cells: Sequence[str], columns: Sequence[str]) -> bool:
    """Return whether a row has names of columns, and not only those of the columns that it is in."""
    if has_digit(cells) or len(match_columns([cell for cell in cells if cell.strip()])) < FEWEST_KNOWN:
        return False
    own = unique_names(cells)
    pairs = zip(cells, own, columns, strict=True)
    return any(cell.strip() and each.casefold() != column.casefold() for cell, each, column in pairs)
