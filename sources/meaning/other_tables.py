"""Ask about rows within a file that begin another table, by other names of columns or by a title."""

import re
from collections.abc import Iterator, Sequence

from sources.files.dialect import unique_names
from sources.files.rows_of_names import FEWEST_KNOWN, has_digit
from sources.files.sql import name
from sources.meaning.asking import Question
from sources.meaning.names import match_columns
from sources.meaning.sold import SHOWN, SoldLines

MOST = 1_000  # rows to look at, of which each may be a header row
# In the title of a table of what was not sold, in English, German, French, Spanish and Italian.
NOT_SOLD = re.compile(
    r"(?i)refund|return|credit note|expense|purchase|cancel|void|erstatt|retour|gutschrift|ausgabe|storn"
    r"|rembours|avoir|dépense|achats|devoluci|reembols|gasto|compras|rimbors|spese|acquisti"
)


def other_tables(sold: SoldLines) -> Iterator[Question]:
    """Ask about another table below the sales, such as one of expenses, whose rows would count as sales."""
    if sold.layout.nested:
        return
    columns = list(sold.layout.columns)
    repeated = "select n from money where left_out = 'repeated column names'"
    unread = "select n from money where left_out is null and unread = 'time'"
    others = [row for row in _rows(sold, f"{repeated} union all {unread}") if _names_others(row[1], columns)]
    if others:
        yield Question.of(
            f"a row within the file names other columns than its header row ({_shown(sold, others)}): if "
            "another table begins there, such as one of expenses, remove it; if not, write the names as above"
        )
    titles = [row for row in _rows(sold, f"select n - 1 from ({repeated})") if _is_title(row[1])]
    if titles:
        yield Question.of(
            f"a table within the file has a title of what was not sold ({_shown(sold, titles)}), but its "
            "rows would count as sales: remove it, or write a minus before its amounts and remove the title"
        )


def _rows(sold: SoldLines, numbers: str) -> list[tuple[int, list[str]]]:
    """Return the rows whose numbers a query selects, with what is in their cells."""
    rows = sold.fetch_all(
        f"select n, {', '.join(map(name, sold.layout.columns))} from raw where n in ({numbers}) "
        f"order by n limit {MOST}"
    )
    return [(n, [cell or "" for cell in cells]) for n, *cells in rows]


def _shown(sold: SoldLines, rows: Sequence[tuple[int, list[str]]]) -> str:
    """Return where rows are, and what is in the first of them."""
    places = ", ".join(sold.raw.place(n) for n, _ in rows[:SHOWN])
    return f"{places}: {', '.join(cell for cell in rows[0][1] if cell.strip())}"


def _is_title(cells: Sequence[str]) -> bool:
    """Return whether a row has one cell, which says that what follows was not sold."""
    filled = [cell for cell in cells if cell.strip()]
    return len(filled) == 1 and NOT_SOLD.search(filled[0]) is not None


def _names_others(cells: Sequence[str], columns: Sequence[str]) -> bool:
    """Return whether a row has names of columns, and not only those of the columns that it is in."""
    if has_digit(cells) or len(match_columns([cell for cell in cells if cell.strip()])) < FEWEST_KNOWN:
        return False
    own = unique_names(cells)
    pairs = zip(cells, own, columns, strict=True)
    return any(cell.strip() and each.casefold() != column.casefold() for cell, each, column in pairs)
