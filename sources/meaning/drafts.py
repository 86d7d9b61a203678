"""A mapping in progress, and what the values of a file reveal about it."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from sources.files.raw import ToldCurrency
from sources.files.sql import name
from sources.mapping import parse
from sources.meaning.asking import Question
from sources.meaning.texts import Layout, rows_of_items

HERE = Path(__file__).parent


@dataclass
class Draft:
    """A mapping in progress: its data, the columns found, and the notes and questions so far.

    `is_guessed` says that it began with names rather than with a preset or a mapping, `is_own` that it is a
    mapping that the user wrote. `decided` are the keys that the user set: these are never guessed.
    `by_values` are the fields whose columns were found by their values. `currencies` are those that stand
    beside the files' tables, `thousands` the lines above them that say that amounts are in thousands.
    """

    data: dict[str, Any]
    found_columns: dict[str, str]
    is_guessed: bool = False
    is_own: bool = False
    decided: Sequence[str] = ()
    by_values: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    currencies: Sequence[ToldCurrency] = ()
    thousands: Sequence[str] = ()

    def is_decided(self, key: str) -> bool:
        """Return whether a key, a part of it or what it is a part of was set."""
        return any(
            each == key or each.startswith(f"{key}.") or key.startswith(f"{each}.") for each in self.decided
        )

    def unread(self, columns: Sequence[str]) -> list[str]:
        """Return the columns that the mapping neither reads nor recognises."""
        fields = parse(self.data, "--set").fields()
        read = {*self.found_columns.values(), *fields, *(field.partition("[")[0] for field in fields)}
        return [column for column in columns if column not in read]


class Evidence:
    """What the values of the columns in `raw` reveal; numbers need the macro `read_number`."""

    def __init__(self, con: duckdb.DuckDBPyConnection, layout: Layout) -> None:
        self._con, self._layout = con, layout

    @property
    def columns(self) -> Sequence[str]:
        """The columns of a file, or the keys of its documents."""
        return self._layout.columns

    @property
    def layout(self) -> Layout:
        """What `raw` holds."""
        return self._layout

    def text(self, column: str | None) -> str:
        """Return the SQL of a column's text."""
        return self._layout.text(column)

    def untrimmed(self, column: str) -> str:
        """Return the SQL of a column as it is written, since trimming its texts is slow."""
        return self.text(column) if self._layout.nested else name(column)

    def number(self, column: str | None) -> str:
        """Return the SQL of a column's number."""
        return f"read_number(replace({self.text(column)}, '%', ''), file)"

    def row(self, file: str, **columns: str) -> tuple[Any, ...]:
        """Return the only row of the query in FILE.sql, where the_NAME stands for the SQL given as NAME."""
        sql = self._of_items((HERE / f"{file}.sql").read_text(encoding="utf-8"))
        for word, fragment in columns.items():
            sql = sql.replace(f"the_{word}", fragment)
        (found,) = self._con.execute(sql).fetchall()
        return tuple(found)

    def words(self, column: str) -> list[str]:
        """Return the first few distinct texts of a column."""
        text = self.text(column)
        texts = self._of_items(f"select distinct {text} as word FROM raw")
        sql = f"select word from ({texts}) where word is not null order by word limit 12"
        return [str(word) for (word,) in self._con.execute(sql).fetchall()]

    def _of_items(self, sql: str) -> str:
        """Return a query of `raw` that reads a row for each member of the list that has the lines."""
        items = self._layout.items
        return sql.replace("FROM raw", f"FROM ({rows_of_items(items)}) AS raw") if items else sql


def yaml_list(words: Sequence[str]) -> str:
    """Return texts as a YAML list."""
    return f"[{', '.join(map(yaml_scalar, words))}]"


def yaml_scalar(text: str) -> str:
    """Return a text as a YAML scalar, in quotes if it needs them."""
    return text if re.fullmatch(r"[^\W\d_][\w ()#-]*", text) else json.dumps(text, ensure_ascii=False)
