"""A note beside a table does not hide its header row, and is not taken for a value without a word."""

from pathlib import Path

from tests.sources.conftest import Read, money
from tests.sources.files.sheets import workbook

FAR = [None] * 7
SOLD: list[list[object]] = [
    ["Order", "Customer", "Date", "Total"],
    ["1", "ann", "2026-01-02", 10.5],
    ["2", "bob", "2026-01-03", 1.25],
]


def written(folder: Path, row: int) -> Path:
    """Return a workbook with a note far to the right in a row."""
    rows = [[*cells, *FAR, "asked Bo"] if n == row else cells for n, cells in enumerate(SOLD)]
    path = folder / "sales.xlsx"
    path.write_bytes(workbook({"Sales": rows}))
    return path


def test_a_note_beside_the_header_row_is_a_column(read: Read, tmp_path: Path) -> None:
    found, _ = read(written(tmp_path, 0))
    assert (found.questions, money(found)) == ([], {"EUR": ("11.75", "0.00")})


def test_a_note_beside_a_sale_is_asked_about(read: Read, tmp_path: Path) -> None:
    found, _ = read(written(tmp_path, 2))
    [question] = found.questions
    assert "1 rows have more values than columns (row 3)" in str(question)
    assert "a note beside the table? Name its column in the header row" in str(question)
