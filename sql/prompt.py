"""The prompt: statements end with a semicolon; a backslash starts a command of the prompt itself."""

import re
import time
from collections.abc import Iterable
from pathlib import Path

from google.api_core.exceptions import GoogleAPICallError
from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.sql import SqlLexer
from rich.console import Console

from components.shared.command_line import LAYOUT, plain
from components.shared.credentials import describe_error
from components.shared.retries import FAILED_CALL
from sql.answers import MIB, Asking, reason
from sql.catalogue import Catalogue
from sql.showing import show_answer, show_table, show_tables

HELP = r"""\d          the tables           \d TABLE    a table's columns
\cost SQL;  what SQL would read  \q          leave (or Ctrl-D)
A statement ends with ; and may have several lines. Tab completes names."""
# The most common keywords; names of tables and columns come from the warehouse.
WORDS = """
    AND APPROX_QUANTILES AVG BY CASE COUNT COUNTIF CURRENT_DATE DATE_SUB DATE_TRUNC DESC DISTINCT ELSE END
    FROM GROUP HAVING INTERVAL JOIN LEFT LIMIT MAX MIN NOT NULL ORDER OVER PARTITION QUALIFY ROUND
    SAFE_DIVIDE SELECT SUM THEN UNION USING WHEN WHERE WITH
"""
NAME = re.compile(r"[\\\w.]+$")


def run_prompt(console: Console, asking: Asking, catalogue: Catalogue, history: Path) -> None:
    """Answer the user's input until they leave."""
    history.parent.mkdir(parents=True, exist_ok=True)
    session: PromptSession[str] = PromptSession(
        "sql> ",
        multiline=Condition(lambda: not is_whole(session.default_buffer.text)),
        prompt_continuation="...> ",
        lexer=PygmentsLexer(SqlLexer),
        completer=Names(catalogue),
        complete_while_typing=False,
        auto_suggest=AutoSuggestFromHistory(),
        history=FileHistory(str(history)),
    )
    console.print(HELP)
    while True:
        try:
            line = session.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        if line.strip() == r"\q":
            return
        obey(console, asking, catalogue, line.strip())


def is_whole(written: str) -> bool:
    """Return whether the input so far is complete."""
    stripped = written.strip()
    return not stripped or stripped.endswith(";") or (stripped.startswith("\\") and "\n" not in stripped)


def obey(console: Console, asking: Asking, catalogue: Catalogue, line: str) -> None:
    """Carry out a line of input; print BigQuery's message if it fails."""
    command, _, rest = line.partition(" ")
    if not line:
        return
    if command == r"\d":
        _describe(console, catalogue, rest.strip())
    elif command.startswith("\\") and command != r"\cost":
        console.print(HELP)
    else:
        try:
            _ask(console, asking, rest if command == r"\cost" else line, only_cost=command == r"\cost")
        except GoogleAPICallError as error:
            console.print(plain(reason(error), LAYOUT), style="red")
        except FAILED_CALL as error:
            console.print(plain(describe_error(error), LAYOUT), style="red")


def _ask(console: Console, asking: Asking, sql: str, *, only_cost: bool) -> None:
    if only_cost:
        console.print(f"{asking.cost(sql) / MIB:,.1f} MiB to read", style="dim")
        return
    started = time.monotonic()
    with console.status("running the query …"):
        answer = asking.ask(sql)
    show_answer(console, answer)
    console.print(f"{time.monotonic() - started:.1f} s", style="dim")


def _describe(console: Console, catalogue: Catalogue, name: str) -> None:
    if not name:
        show_tables(console, catalogue)
    elif table := catalogue.find(name):
        show_table(console, catalogue, table)
    else:
        console.print(rf"there is no table {name}: \d lists them", style="red")


class Names(Completer):
    """A completer of tables, the columns of tables that the statement names, and SQL keywords."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Complete the names in this catalogue."""
        self._catalogue = catalogue

    def get_completions(self, document: Document, _: CompleteEvent) -> Iterable[Completion]:
        """Yield the completions of the word before the cursor."""
        found = NAME.search(document.text_before_cursor)
        begun = found[0] if found else ""
        for name, what in self._fitting(document.text):
            if name.lower().startswith(begun.lower()):
                yield Completion(name, start_position=-len(begun), display_meta=what)

    def _fitting(self, statement: str) -> Iterable[tuple[str, str]]:
        mentioned = set(re.findall(r"[\w.]+", statement))
        for table in self._catalogue.tables:
            if mentioned & {table.name, f"{table.dataset}.{table.name}"}:
                yield from ((column.name, column.kind) for column in table.columns)
        for table in self._catalogue.tables:
            yield self._catalogue.written(table), table.description.partition(". ")[0]
        yield from ((word, "") for word in WORDS.split())
