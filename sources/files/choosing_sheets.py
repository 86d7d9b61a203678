"""Which sheets of a workbook are the sales."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sources.errors import UnreadableError
from sources.files.dialect import Dialect
from sources.meaning.asking import quote_setting
from sources.meaning.drafts import yaml_list
from sources.meaning.names import match_columns

OTHER_TITLE = re.compile(
    r"(?i)(?:^|[\W_])(?:returns?|refunds?|cancell?ed|credits?|retouren?|gutschriften|storno|retours?|avoirs?"
    r"|plan|budget|forecast|target|soll|draft|entwurf|copy|kopie|backup|template|vorlage|example|old|alt)(?:$|[\W_])"
)


@dataclass(frozen=True)
class Sheet:
    """A sheet with its rows as CSV; dialect is None without a header row."""

    title: str
    plain: Path
    rows: int
    dialect: Dialect | None
    is_hidden: bool = False
    left: int = 0  # the blank columns before the first filled one
    problem: str | None = None  # why there is no header row, if that is known

    @property
    def columns(self) -> frozenset[str]:
        """The names of the columns, ignoring case."""
        return frozenset(name.casefold() for name in self.dialect.header) if self.dialect else frozenset()

    @property
    def fields(self) -> frozenset[str]:
        """The fields of a sale that there are columns for."""
        return frozenset(match_columns(self.dialect.header)) if self.dialect else frozenset()

    @property
    def is_of_sales(self) -> bool:
        """Whether there is all that every sale needs."""
        return {"customer", "time"} <= self.fields and not self.fields.isdisjoint({"total", "price"})

    def likeness(self) -> tuple[bool, bool, int]:
        """Return what makes one sheet more like sales than another."""
        return self.is_of_sales, "order" in self.fields, self.rows

    def fits(self, other: "Sheet") -> bool:
        """Return whether one of two sheets has all columns of the other, in any order."""
        return self.columns <= other.columns or other.columns <= self.columns


def choose_sheets(
    sheets: Sequence[Sheet], display_name: str, wanted: Sequence[str] | None = None
) -> list[Sheet]:
    """Return the wanted sheets, or the one that is most like sales and those with the same columns.

    Raises UnreadableError if a sheet is missing, or if others may have to be read as well, or not.
    """
    if wanted:
        return _wanted(sheets, display_name, wanted)
    shown = [sheet for sheet in sheets if sheet.dialect and not sheet.is_hidden]
    if not shown:
        if problem := next(
            (sheet.problem for sheet in sheets if sheet.problem and not sheet.is_hidden), None
        ):
            raise UnreadableError(f"{display_name}: {problem}")
        raise UnreadableError(f"{display_name} is a workbook without a sheet that has a header row and data")
    best = max(shown, key=Sheet.likeness)
    selected = [
        each for each in shown if each.columns == best.columns or (each.is_of_sales and each.fits(best))
    ]
    odd = [sheet for sheet in selected if OTHER_TITLE.search(sheet.title)]
    if odd and len(odd) < len(selected):
        rest = [sheet for sheet in selected if sheet not in odd]
        raise _ask(display_name, f"{_names(odd)} may be no sales, but has the columns of", rest)
    others = [each for each in shown if each not in selected]
    if similar := [
        each for each in others if each.likeness()[:2] == best.likeness()[:2] and best.is_of_sales
    ]:
        raise _ask(display_name, f"{_names(similar)} may be sales, but has other columns than", selected)
    return selected


def _wanted(sheets: Sequence[Sheet], display_name: str, wanted: Sequence[str]) -> list[Sheet]:
    by_title = {sheet.title: sheet for sheet in sheets if sheet.dialect}
    if missing := [title for title in wanted if title not in by_title]:
        has = ", ".join(by_title)
        raise UnreadableError(f"{display_name} has no sheet {missing[0]!r} with a table; it has {has}")
    return [by_title[title] for title in wanted]


def _ask(display_name: str, problem: str, sheets: Sequence[Sheet]) -> UnreadableError:
    setting = quote_setting(f"source.sheets={yaml_list([sheet.title for sheet in sheets])}")
    return UnreadableError(
        f"{display_name}: {problem} {_names(sheets)}: say which to read, such as --set {setting}"
    )


def _names(sheets: Sequence[Sheet]) -> str:
    return ", ".join(repr(sheet.title) for sheet in sheets)
