"""The rows of files as one table of strings, `raw`, and the place of each row."""

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import duckdb

from sources.errors import UnreadableError
from sources.files.sql import literal, name
from sources.files.typed_values import join_types, values_of

# Our own columns, and those that queries add; a file's column of the same name is renamed: "n (2)".
NUMBER, FILE, DOCUMENT, SURPLUS, LINE = "n", "file", "doc", "extra cells", "line in the file"
OWN_COLUMNS = (NUMBER, FILE, DOCUMENT, SURPLUS, LINE, "item_at", "rowid")
MEMORY, THREADS = "400MB", 2
# Digits of Arabic, Persian, Hindi, Bengali and Thai, and those as wide as Chinese characters; signs in
# numbers and times, and marks of direction, which are dropped.
WIDE_DIGITS, WIDE_SIGNS = (
    "".join(chr(ord(each) + 0xFEE0) for each in narrow) for narrow in ("0123456789", ".,-/:")
)
FOREIGN_DIGITS = f"٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९০১২৩৪৫৬৭৮৯๐๑๒๓๔๕๖๗๘๙{WIDE_DIGITS}"
FOREIGN_SIGNS = f"\u066b\u066c{WIDE_SIGNS}\u200e\u200f\u061c"
PLAIN_SIGNS = ".,.,-/:"
SAMPLE = 1000  # documents from which the paths are taken, and
FORMS = 2000  # later ones, each with other keys than those before
MOST_KEYS = (
    50  # of a map with paths into it: one with more has keys that are values themselves, such as dates
)


@dataclass(frozen=True)
class Part:
    """A file's rows in `raw`: how many rows precede them, the word for a row, and the lines above them."""

    file: str
    before: int
    word: str
    above: int


@dataclass(frozen=True)
class ToldCurrency:
    """A sign or code of a currency that stands beside a table: for one column or all, and where."""

    sign: str
    where: str
    column: str | None = None


class _Path(NamedTuple):
    """A path in documents, whether it is walked through as a map, holds lists or maps, and as JSON has it."""

    path: str
    is_walked: bool
    is_deep: bool
    written: list[str]


@dataclass
class RawFiles:
    """The table `raw` in `con`: n, file, and either the files' columns, all as text, or doc, which is JSON.

    `columns` are the files' own, or the paths to values of the documents; `lists` are those that hold lists,
    or maps too odd to have paths into them. `odd_paths` are those of keys that contain a dot or the like, and
    of values of several types, as JSON writes them. `notes` say what was noticed about the files, and
    `currencies` are those that stand beside the tables, `thousands` the lines above that say thousands.
    """

    con: duckdb.DuckDBPyConnection
    columns: list[str] = field(default_factory=list)
    nested: bool = False
    lists: list[str] = field(default_factory=list)
    odd_paths: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    currencies: list[ToldCurrency] = field(default_factory=list)
    thousands: list[str] = field(default_factory=list)

    @classmethod
    def new(cls, work: Path) -> Self:
        """Return an instance without rows, which spills to a folder what does not fit into memory."""
        con = duckdb.connect()
        con.execute(f"set memory_limit = '{MEMORY}'; set threads = {THREADS}")
        con.execute(f"set temp_directory = {literal(work / 'spilled')}; set timezone = 'UTC'")
        con.execute("set autoinstall_known_extensions = false")
        return cls(con)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.con.close()

    def add(self, file: str, word: str, select: str, above: int = 0) -> None:
        """Add the rows of a query, which has a file's columns and may have each row's line.

        Without lines, a row's place is its number in the query plus `above`.
        """
        described = [row[0] for row in self.con.execute(f"describe {select}").fetchall()]
        columns = [column for column in described if column not in OWN_COLUMNS]
        nested = DOCUMENT in described
        if not self.parts:
            self.columns, self.nested = columns, nested
            self._create()
        self._match_columns(file, columns, nested)
        before = self.count()
        # Names are matched ignoring case, as DuckDB does.
        self.con.execute(
            f"insert into records by name select *, {literal(file)} as {name(FILE)} from ({select})"
        )
        self.parts.append(Part(file, before, word, above))

    def count(self) -> int:
        """Return how many rows there are."""
        (rows,) = self.con.execute("select count(*) from records").fetchall()[0]
        return int(rows)

    @property
    def keys(self) -> list[str]:
        """The columns, or the first documents' own keys."""
        return (
            list(dict.fromkeys(each.split(".")[0] for each in self.columns)) if self.nested else self.columns
        )

    def place(self, n: int) -> str:
        """Return where a row is: "line 12", or "row 12 of b.parquet" where there are several files."""
        at = bisect.bisect_right([part.before for part in self.parts], n - 1) - 1
        part = self.parts[at]
        found = self.con.execute(f"select {name(LINE)} from records where rowid = {n - 1:d}").fetchone()
        number = found[0] if found and found[0] is not None else n - part.before + part.above
        place = f"{part.word} {number}"
        return place if len(self.parts) == 1 else f"{place} of {part.file}"

    def finish(self) -> None:
        """Create `raw` from the rows added; raise UnreadableError if there are none."""
        if not self.count():
            raise UnreadableError(
                f"{self.parts[0].file} has column names but no rows" if self.parts else "no file"
            )
        columns = [FILE, DOCUMENT] if self.nested else [FILE, *self.columns, SURPLUS]
        names = ", ".join(self._select_columns(columns))
        self.con.execute(f"create view raw as select rowid + 1 as {NUMBER}, {names} from records")
        if self.nested:
            self._find_paths()

    def _select_columns(self, columns: Sequence[str]) -> list[str]:
        """Return the SQL of columns, with the digits of other scripts as those of ASCII."""
        texts = [column for column in columns if column != FILE]
        found = " or ".join(f"regexp_matches({name(each)}::varchar, '[{FOREIGN_DIGITS}]')" for each in texts)
        sample = f"select coalesce(bool_or({found}), false) from (from records limit {SAMPLE})"
        if not self.con.execute(sample).fetchall()[0][0]:
            return list(map(name, columns))
        self.notes.append("digits of another script, such as ٣ or ३, are read as 0 to 9")
        kind = "json" if self.nested else "varchar"
        becoming = f"{'0123456789' * (len(FOREIGN_DIGITS) // 10)}{PLAIN_SIGNS}"
        signs = f"{literal(FOREIGN_DIGITS + FOREIGN_SIGNS)}, {literal(becoming)}"
        plain = (f"translate({name(each)}::varchar, {signs})::{kind} as {name(each)}" for each in texts)
        return [name(FILE), *plain]

    def _create(self) -> None:
        kinds = {FILE: "varchar", LINE: "bigint"} | (
            {DOCUMENT: "json"} if self.nested else dict.fromkeys([*self.columns, SURPLUS], "varchar")
        )
        self.con.execute(
            f"create table records ({', '.join(f'{name(c)} {kind}' for c, kind in kinds.items())})"
        )

    def _match_columns(self, file: str, columns: list[str], nested: bool) -> None:
        """Add the columns that a file has beside those before; refuse one that lacks others as well."""
        first = self.parts[0].file if self.parts else file
        if nested != self.nested:
            raise UnreadableError(
                f"{file} and {first} cannot be one source: one has documents, the other a table"
            )
        if nested:
            return
        mine, theirs = ({c.casefold(): c for c in cs} for cs in (columns, self.columns))
        lacks = [theirs[key] for key in theirs if key not in mine]
        more = [mine[key] for key in mine if key not in theirs]
        if lacks and more:
            raise UnreadableError(_describe_difference(file, first, sorted(lacks), sorted(more)))
        for column in more:
            self.con.execute(f"alter table records add column {name(column)} varchar")
        self.columns += more
        if lacks or more:
            what = f"lacks {', '.join(lacks)}" if lacks else f"also has {', '.join(more)}"
            self.notes.append(f"{file} {what}, blank in the rows of {'this file' if lacks else first}")

    def _find_paths(self) -> None:
        found = [_Path(*row) for row in self._select("paths", documents=SAMPLE, forms=FORMS, keys=MOST_KEYS)]
        self._refuse_repeated_keys(found)
        spellings = {each.path: each.written for each in found if not each.is_walked}
        joined = join_types(spellings)
        self.columns = values_of(list(spellings), joined)
        self.lists = sorted(each.path for each in found if each.is_deep and not each.is_walked)
        self.odd_paths = {
            path: written for path, written in spellings.items() if _is_odd(path, written)
        } | joined

    def _refuse_repeated_keys(self, paths: Sequence[_Path]) -> None:
        """Refuse a document that has a key twice."""
        maps = ["$", *_written(each for each in paths if each.is_deep)]
        lists = _written(each for each in paths if each.is_deep and not each.is_walked)
        keys = [f"json_keys(doc, {literal(f'{path}[*]')})" for path in lists]
        listed = f"[{', '.join(map(literal, maps))}]"
        found = self._select("repeated_keys", the_keys=" || ".join([f"json_keys(doc, {listed})", *keys]))
        for row, key in found:
            file = next(part.file for part in reversed(self.parts) if part.before <= row)
            raise UnreadableError(f"{describe_repeated_key(file, key)} ({self.place(row + 1)})")

    def _select(self, file: str, the_keys: str = "", **parameters: Any) -> list[tuple[Any, ...]]:
        sql = (Path(__file__).parent / f"{file}.sql").read_text(encoding="utf-8")
        return self.con.execute(sql.replace("the_keys", the_keys), parameters).fetchall()


def _written(paths: Iterable[_Path]) -> list[str]:
    return [written for each in paths for written in each.written]


def describe_repeated_key(file: str, key: str) -> str:
    """Return why a document with a key twice is refused."""
    return (
        f"{file}: a document has the key {key!r} twice; programs read one value or the other: write it once"
    )


def _is_odd(path: str, written: list[str]) -> bool:
    """Return whether a path cannot be read as keys that are joined by dots, and members in brackets."""
    plain = "$" + "".join(f'."{key}"' for key in path.split("."))
    return written != [plain] or not {*'[]"\\'}.isdisjoint(path)


def _describe_difference(file: str, first: str, lacks: list[str], more: list[str]) -> str:
    words = [
        *([f"lacks {', '.join(lacks)}"] if lacks else []),
        *([f"also has {', '.join(more)}"] if more else []),
    ]
    return (
        f"{file} has different columns from {first}: it {' and '.join(words)}; "
        "files of one source have the same"
    )
