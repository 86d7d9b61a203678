"""Interpret the rows of opened files as sales, count them, and ask about whatever is ambiguous.

with open_files(paths, work) as raw:
    found = understand(raw, source="shop", today=date.today())
    print(report(found))
    found.questions or raw.con.sql("from sales")
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sources.files.raw import RawFiles
from sources.mapping import Mapping, as_data, parse, recognise_preset, with_settings
from sources.mapping import preset as preset_named
from sources.meaning import guessing
from sources.meaning.above import fill_down
from sources.meaning.amounts_in_lists import ask_about_states_of_amounts
from sources.meaning.asking import Question
from sources.meaning.captured import ask_about_captured
from sources.meaning.columns import (
    ask_about_absent_columns,
    ask_about_duplicate_columns,
    ask_for_missing_fields,
    note_absent_columns,
)
from sources.meaning.deciding_currency import check_assumed_currency
from sources.meaning.deciding_decimal import decimal_of_whole_amounts
from sources.meaning.deciding_status import add_known_words
from sources.meaning.drafts import Draft, Evidence
from sources.meaning.figures import FieldSummary, Figures, figures_of, summarise_fields
from sources.meaning.guessing import apply_decisions
from sources.meaning.items import find_columns_of_items
from sources.meaning.lines import Reading, carry_down, create_lines_view, create_views
from sources.meaning.numbers import Decimal, decimal_of, has_long_decimals, number_macro
from sources.meaning.periods import ask_about_periods
from sources.meaning.questions import QUESTIONS
from sources.meaning.report import render_page
from sources.meaning.settling import exclude_total_lines, set_usual_currency
from sources.meaning.sold import SoldLines
from sources.meaning.texts import Layout
from sources.meaning.time_notes import ask_for_day_and_month, note_time_formats
from sources.meaning.times import Times, times_of
from sources.meaning.undone import decide_undone
from sources.meaning.warnings import CHECKS

BY_NAMES = "by its columns' names"
NONE = "none"  # as a preset: do not recognise files by their columns
NUMBERS = ("amount_text", "minus_text", "quantity_text", "discount_text", "refunded_text", "control_text")


@dataclass
class Understanding:
    """What was understood of a source; while there are questions, `sales` must not be read."""

    source: str
    how: str
    mapping: Mapping | None = None
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    figures: Figures | None = None
    shown: list[FieldSummary] = field(default_factory=list)


def understand(
    raw: RawFiles,
    *,
    preset: str | None = None,
    mapping: Mapping | None = None,
    settings: Sequence[str] = (),
    source: str,
    today: date,
) -> Understanding:
    """Read files with the given mapping or preset, or else with the preset that they fit, or by column names.

    `settings` are texts like amount.means=line_total; `source` names the import in the sales' ids. If nothing
    is undecided, leaves the view `sales` in raw.con: n and the contract's fields of each accepted line.
    Raises BadMappingError if preset, mapping or settings are wrong.
    """
    draft, how = _start_draft(raw, preset, mapping)
    found = Understanding(source, how, notes=list(raw.notes))
    draft.currencies, draft.thousands = raw.currencies, raw.thousands
    draft.decided = [setting.partition("=")[0].strip() for setting in settings]
    known_words = draft.data.get("status", {}).get("words")
    draft.data = with_settings(draft.data, settings)
    add_known_words(draft, known_words)
    _complete_discount(draft)
    layout = Layout(raw.columns, raw.nested, surplus=not raw.nested, lists=raw.lists, odd_paths=raw.odd_paths)
    if filled := draft.data.get("fill_down"):
        fill_down(raw, layout, filled)
    missing = ask_for_missing_fields(raw, draft, layout)
    found.questions += ask_about_periods(raw, draft) or missing
    if not found.questions:
        _Reader(raw, draft, layout, today, found).read()
    return found


def _start_draft(raw: RawFiles, preset: str | None, mapping: Mapping | None) -> tuple[Draft, str]:
    if mapping is not None:
        return Draft(as_data(mapping), {}, is_own=True), f"by the mapping {mapping.name}"
    if preset and preset != NONE:
        return Draft(as_data(preset_named(preset)), {}), f"by the preset {preset}"
    known = None if preset else recognise_preset(raw.keys)
    if known:
        return Draft(as_data(known), {}), f"as {known.name}, by its columns"
    return guessing.draft_mapping(raw.columns), BY_NAMES


def _complete_discount(draft: Draft) -> None:
    """Complete a discount that was set without its field with the column found by name."""
    amount = draft.data.get("amount")
    discount = amount.get("discount") if isinstance(amount, dict) else None
    if isinstance(discount, dict) and "field" not in discount and "discount" in draft.found_columns:
        discount["field"] = draft.found_columns["discount"]


@dataclass
class _Reader:
    """What files are read with, and what is found in them."""

    raw: RawFiles
    draft: Draft
    layout: Layout
    today: date
    found: Understanding

    def read(self) -> None:
        """Fill in what is found, up to the first thing that is undecided."""
        mapping = parse(self.draft.data, "--set")
        create_lines_view(self.raw.con, mapping, self.layout)
        self.found.questions += ask_about_duplicate_columns(self.raw, mapping, self.draft)
        self.found.questions += ask_about_absent_columns(self.layout, mapping, self.draft)
        decimal = self._decide_decimal(mapping)
        if self.found.questions:
            return
        long = has_long_decimals(self.raw.con, *_number_columns(self.draft, self.layout))
        mapping = self._settle_mapping(mapping, decimal, long=long)
        self.found.mapping = mapping
        self.found.notes += self.draft.notes
        self.found.warnings += self.draft.warnings
        self.found.questions += self.draft.questions
        if self.found.questions:
            self._show_fields(self._sold_lines(mapping))
            return
        self._interpret_lines(mapping, decimal, long=long)

    def _decide_decimal(self, mapping: Mapping) -> Decimal:
        """Return the decimal sign; ask for it if the numbers do not reveal it."""
        if mapping.decimal is not None:
            return Decimal(mapping.decimal)
        table, fields = _number_columns(self.draft, self.layout)
        decimal = decimal_of(self.raw.con, table, fields)
        if decimal.sign is None and decimal.is_settled_by_one:
            quantity = self.layout.text(mapping.quantity) if self.draft.is_guessed else "quantity_text"
            amounts = [each for each in fields if each != quantity]
            evidence = Evidence(self.raw.con, self.layout)
            decimal = decimal_of_whole_amounts(self.draft, evidence, table, amounts, quantity) or decimal
        if decimal.sign is None:
            options = ("decimal=.", "decimal=,") if decimal.is_settled_by_one else ()
            self.found.questions.append(Question.of(f"the decimal sign: {decimal.why}", *options))
        elif decimal.commas:
            self.found.notes.append(f"numbers have the decimal sign of their file: {decimal.why}")
        elif decimal.sign == "," and decimal.why:
            self.found.notes.append(f"numbers have a decimal comma ({decimal.why})")
        self.found.warnings += [decimal.doubt] if decimal.doubt else []
        return decimal

    def _settle_mapping(self, mapping: Mapping, decimal: Decimal, *, long: bool) -> Mapping:
        """Return the mapping; one that was guessed from names is first settled by the values."""
        if not self.draft.is_guessed:
            self.found.notes += note_absent_columns(mapping, self.layout)
            assumed = check_assumed_currency(self.raw, mapping, self.draft, self.layout)
            self.found.questions += [assumed] if isinstance(assumed, Question) else []
            self.found.notes += [assumed] if isinstance(assumed, str) else []
        self.raw.con.execute(number_macro(decimal.sign, decimal.commas, long=long))
        if not self.draft.is_guessed:
            if not self.draft.is_own:
                evidence = Evidence(self.raw.con, self.layout)
                for decide in (decide_undone, ask_about_captured, ask_about_states_of_amounts):
                    decide(self.draft, evidence)
            return mapping
        apply_decisions(self.draft, Evidence(self.raw.con, self._layout_of_lines()))
        mapping = parse(self.draft.data, "--set")
        create_lines_view(self.raw.con, mapping, self.layout)
        return mapping

    def _layout_of_lines(self) -> Layout:
        """Return the layout with the columns of the lines, if a list of each document has them."""
        items = self.draft.data.get("items")
        if not items or not self.layout.nested:
            return self.layout
        found = find_columns_of_items(self.draft, Evidence(self.raw.con, self.layout), items)
        return replace(self.layout, columns=[*self.layout.columns, *found], items=items)

    def _interpret_lines(self, mapping: Mapping, decimal: Decimal, *, long: bool) -> None:
        found = self.found
        if carried := carry_down(self.raw.con, mapping):
            found.notes.append(
                f"{', '.join(carried)}: blank on an order's further lines, taken from its first"
            )
        times = Times() if mapping.time.formats else times_of(self.raw.con)
        if times.undecided:
            found.questions.append(ask_for_day_and_month(times.undecided, times.undecided_file))
            self._show_fields(self._sold_lines(mapping))
            return
        found.notes += note_time_formats(mapping, times, self.draft)
        reading = Reading(
            source=found.source,
            decimal=decimal.sign,
            comma_files=decimal.commas,
            long_numbers=long,
            times=times,
            blank_status=_blank_status(self.raw, mapping),
            several_files=_count_files(self.raw) > 1,
        )
        create_views(self.raw.con, mapping, reading, as_table=True)
        sold = self._sold_lines(mapping)
        found.warnings += exclude_total_lines(sold)
        set_usual_currency(sold)
        found.questions += [question for ask in QUESTIONS for question in ask(sold)]
        found.warnings += [warning for check in CHECKS for warning in check(sold)]
        found.figures = figures_of(sold)
        self._show_fields(sold)

    def _sold_lines(self, mapping: Mapping) -> SoldLines:
        is_preset = not (self.draft.is_guessed or self.draft.is_own)
        return SoldLines(self.raw, mapping, self.layout, self.today, self.draft.decided, is_preset)

    def _show_fields(self, sold: SoldLines) -> None:
        self.found.shown = summarise_fields(sold, _describe_how(self.found.how), self.draft)


def _number_columns(draft: Draft, layout: Layout) -> tuple[str, list[str]]:
    """Return a table, and the SQL of its texts that are numbers or may turn out to be."""
    if not draft.is_guessed:
        return "lines", list(NUMBERS)
    from_names = [
        draft.found_columns[key]
        for key in ("total", "price", "quantity", "discount", "refunded")
        if key in draft.found_columns
    ]
    amount = draft.data["amount"]
    from_data = [amount["field"], amount.get("minus"), draft.data.get("quantity")]
    return "raw", [layout.text(column) for column in dict.fromkeys([*from_names, *filter(None, from_data)])]


def _describe_how(how: str) -> str:
    return "name" if how == BY_NAMES else how.removeprefix("by the ").removeprefix("as ").partition(",")[0]


def _blank_status(raw: RawFiles, mapping: Mapping) -> str | None:
    """Return the status of lines without one; None if others have one and the mapping does not say."""
    if mapping.status.blank:
        return mapping.status.blank
    ((statuses,),) = raw.con.execute("select count(status_text) from lines").fetchall()
    return None if statuses else mapping.status.default or "completed"


def _count_files(raw: RawFiles) -> int:
    ((files,),) = raw.con.execute("select count(distinct file) from raw").fetchall()
    return int(files)


def report(found: Understanding) -> str:
    """Return what was understood, as a page 80 columns wide."""
    title = f"{found.source}: read {found.how}"
    return render_page(title, found.shown, found.figures, found.notes, found.warnings, found.questions)
