"""Interpret the rows of opened files as sales, count them, and ask about whatever is ambiguous.

with open_files(paths, work) as raw:
    found = understand(raw, source="shop", today=date.today())
    print(report(found))
    found.questions or raw.con.sql("from sales")
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sources.files.naming import name_files
from sources.files.raw import RawFiles
from sources.mapping import BadMappingError, Mapping, as_data, parse, presets, recognise_preset, with_settings
from sources.mapping import preset as preset_named
from sources.meaning import guessing
from sources.meaning.above import fill_down
from sources.meaning.asking import Question
from sources.meaning.by_values import fill_in_by_values
from sources.meaning.currencies import CODES
from sources.meaning.deciding_currency import signs_beside
from sources.meaning.drafts import Draft, Evidence, yaml_scalar
from sources.meaning.figures import FieldSummary, Figures, figures_of, summarise_fields
from sources.meaning.guessing import apply_decisions
from sources.meaning.items import ask_about_items, find_columns_of_items
from sources.meaning.lines import Reading, carry_down, create_lines_view, create_views
from sources.meaning.names import suggest_column
from sources.meaning.numbers import Decimal, decimal_of, has_long_decimals, number_macro
from sources.meaning.periods import describe_cross_table, periods_among
from sources.meaning.questions import QUESTIONS
from sources.meaning.report import render_page
from sources.meaning.settling import exclude_total_line, set_usual_currency
from sources.meaning.sold import SoldLines
from sources.meaning.texts import Layout
from sources.meaning.times import SPELLED, Times, times_of
from sources.meaning.undone import decide_undone
from sources.meaning.warnings import CHECKS
from sources.meaning.words import MONEY_SIGNS

BY_NAMES = "by its columns' names"
BY_MAPPING = "by the mapping"
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
    draft.currencies = raw.currencies
    draft.decided = [setting.partition("=")[0].strip() for setting in settings]
    draft.data = with_settings(draft.data, settings)
    _complete_discount(draft)
    layout = Layout(raw.columns, raw.nested, surplus=not raw.nested, odd_paths=raw.odd_paths)
    if filled := draft.data.get("fill_down"):
        _fill_down(raw, layout, [filled] if isinstance(filled, str) else filled)
    missing = _ask_for_missing_fields(raw, draft, layout, how)
    found.questions += _ask_about_periods(raw, draft) or missing
    if not found.questions:
        _Reader(raw, draft, layout, today, found).read()
    return found


def _start_draft(raw: RawFiles, preset: str | None, mapping: Mapping | None) -> tuple[Draft, str]:
    if mapping is not None:
        return Draft(as_data(mapping), {}), f"{BY_MAPPING} {mapping.name}"
    if preset and preset != NONE:
        return Draft(as_data(preset_named(preset)), {}), f"by the preset {preset}"
    known = None if preset else recognise_preset(raw.keys)
    if known:
        return Draft(as_data(known), {}), f"as {known.name}, by its columns"
    return guessing.draft_mapping(raw.columns), BY_NAMES


def _fill_down(raw: RawFiles, layout: Layout, columns: Sequence[str]) -> None:
    if raw.nested:
        raise BadMappingError("fill_down: documents have no rows above them")
    fill_down(raw, layout, columns)


def _ask_about_periods(raw: RawFiles, draft: Draft) -> list[Question]:
    """Refuse a cross table, which has a column for each month or year, unless the time's column is set."""
    periods = periods_among(raw.columns)
    if not periods or not draft.found_columns or draft.is_decided("time.field"):
        return []
    column = draft.data["time"]["field"]
    if column in periods or column not in raw.columns:
        return [Question.of(describe_cross_table(periods))]
    text = f"{describe_cross_table(periods)}; if {column} is the time of each row"
    return [Question.of(text, f"time.field={yaml_scalar(column)}")]


def _complete_discount(draft: Draft) -> None:
    """Complete a discount that was set without its field with the column found by name."""
    amount = draft.data.get("amount")
    discount = amount.get("discount") if isinstance(amount, dict) else None
    if isinstance(discount, dict) and "field" not in discount and "discount" in draft.found_columns:
        discount["field"] = draft.found_columns["discount"]


def _ask_for_missing_fields(raw: RawFiles, draft: Draft, layout: Layout, how: str) -> list[Question]:
    """Ask for what every mapping needs, if neither names nor values tell."""
    if raw.nested and how != BY_NAMES:
        return []
    evidence = Evidence(raw.con, layout)
    suggestions = fill_in_by_values(draft, evidence) if how == BY_NAMES else {}
    columns = ", ".join(raw.columns)
    unused = [each for each in raw.lists if each != draft.data.get("items")]
    if unused and how == BY_NAMES:
        suggestions |= ask_about_items(draft, evidence, unused)
        lists = ", ".join(unused)
        draft.notes.append(f"lists are not used, unless a mapping (--mapping FILE) describes them: {lists}")
        columns += f"; and lists, which --mapping FILE can describe: {lists}"
    questions = []
    people = draft.data.get("customer", {}).get("fields", [])
    if not any(layout.has(each) and each for each in ([people] if isinstance(people, str) else people)):
        named = ", ".join(filter(None, people))
        shown = f" ({named})" if named else ""
        questions.append(
            suggestions.get("customer")
            or Question.of(
                f"no column identifies the customer{shown}; the columns are {columns}",
                "customer.fields=[Column]",
            )
        )
    for key in ("time", "amount"):
        column = draft.data.get(key, {}).get("field", "")
        if not column or not layout.has(column):
            near = suggest_column(column, raw.columns) if column else ""
            questions.append(
                suggestions.get(key)
                or Question.of(f"no column for {key}{near}; the columns are {columns}", f"{key}.field=Column")
            )
    return questions


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
        self.found.questions += _ask_about_duplicate_columns(self.raw, mapping, self.draft)
        self.found.questions += _ask_about_absent_columns(self.layout, mapping, self.draft)
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
        decimal = decimal_of(self.raw.con, *_number_columns(self.draft, self.layout))
        if decimal.sign is None:
            options = ("decimal=.", "decimal=,") if decimal.is_settled_by_one else ()
            self.found.questions.append(Question.of(f"the decimal sign: {decimal.why}", *options))
        elif decimal.commas:
            self.found.notes.append(f"numbers have the decimal sign of their file: {decimal.why}")
        elif decimal.sign == ",":
            self.found.notes.append(f"numbers have a decimal comma ({decimal.why})")
        self.found.warnings += [decimal.doubt] if decimal.doubt else []
        return decimal

    def _settle_mapping(self, mapping: Mapping, decimal: Decimal, *, long: bool) -> Mapping:
        """Return the mapping; one that was guessed from names is first settled by the values."""
        if not self.draft.is_guessed:
            self.found.notes += _note_absent_columns(mapping, self.layout)
            _note_assumed_currency(self.raw, mapping, self.draft, self.layout, self.found)
        self.raw.con.execute(number_macro(decimal.sign, decimal.commas, long=long))
        if not self.draft.is_guessed:
            if not self.found.how.startswith(BY_MAPPING):
                decide_undone(self.draft, Evidence(self.raw.con, self.layout))
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
            found.questions.append(_ask_for_day_and_month(times.undecided, times.undecided_file))
            self._show_fields(self._sold_lines(mapping))
            return
        found.notes += _note_time_formats(mapping, times, self.draft)
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
        found.warnings += exclude_total_line(sold)
        set_usual_currency(sold)
        found.questions += [question for ask in QUESTIONS for question in ask(sold)]
        found.warnings += [warning for check in CHECKS for warning in check(sold)]
        found.figures = figures_of(sold)
        self._show_fields(sold)

    def _sold_lines(self, mapping: Mapping) -> SoldLines:
        return SoldLines(self.raw, mapping, self.layout, self.today, self.draft.decided)

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


def _ask_about_duplicate_columns(raw: RawFiles, mapping: Mapping, draft: Draft) -> list[Question]:
    """Ask which of two columns of the same name is meant."""
    return [
        Question.of(f"there are two columns {column!r}: set the key to {column!r} or to '{column} (2)'")
        for column in mapping.fields()
        if f"{column} (2)" in raw.columns and not draft.decided
    ]


def _ask_about_absent_columns(layout: Layout, mapping: Mapping, draft: Draft) -> list[Question]:
    """Ask what was meant by columns that the user named and the files do not have."""
    absent = [each for each in mapping.fields() if draft.is_guessed and not layout.has(each)]
    return [
        Question.of(
            f"there is no column {each}{suggest_column(each, layout.columns)}; the columns are "
            f"{', '.join(layout.columns)}"
        )
        for each in dict.fromkeys(absent)
    ]


def _note_assumed_currency(
    raw: RawFiles, mapping: Mapping, draft: Draft, layout: Layout, found: Understanding
) -> None:
    """Note which currency a preset assumes if no column has one; ask if currency signs contradict it."""
    field, default = mapping.currency.field, mapping.currency.default
    has_column = field is not None and layout.has(field)
    if (
        has_column
        or default is None
        or draft.is_decided("currency")
        or mapping != presets().get(mapping.name)
    ):
        return
    amount = mapping.amount.field
    signs = signs_beside(Evidence(raw.con, layout), layout.text(amount))
    signs += [each.sign for each in raw.currencies if each.column in (None, amount)]
    others = {MONEY_SIGNS.get(sign, sign) for sign in signs} - {default}
    if others:
        text = f"the amounts are written with {', '.join(signs)}, but {mapping.name} assumes {default}"
        candidates = [default, *sorted(others & CODES)]
        found.questions.append(Question.of(text, *(f"currency.default={code}" for code in candidates)))
    else:
        found.notes.append(
            f"no column has the currency: {default} is assumed; to change it, --set currency.default=GBP"
        )


def _note_absent_columns(mapping: Mapping, layout: Layout) -> list[str]:
    keys = {re.split(r"[.\[]", column)[0] for column in layout.columns}
    absent = [
        each
        for each in mapping.fields()
        if each not in mapping.customer.fields
        and not (re.split(r"[.\[]", each)[0] in keys if layout.nested else layout.has(each))
    ]
    return [f"no column {', '.join(absent)}, which {mapping.name} may have"] if absent else []


def _describe_how(how: str) -> str:
    return "name" if how == BY_NAMES else how.removeprefix("by the ").removeprefix("as ").partition(",")[0]


def _ask_for_day_and_month(example: str, file: str | None) -> Question:
    if file is None:
        return Question.of(f"day and month cannot be told apart ({example})", *_day_month_options(example))
    return Question.of(
        f"day and month cannot be told apart in {file} ({example}), and other files differ: import this file "
        "with a --source and time.formats of its own"
    )


def _day_month_options(example: str) -> list[str]:
    sign = next(letter for letter in example if not letter.isdigit())
    rest = " %H:%M" if ":" in example else ""
    seconds = ":%S" if example.count(":") > 1 else ""
    year = "%Y" if len(example.split()[0].split(sign)[-1]) == 4 else "%y"
    orders = [("%d", "%m", year), ("%m", "%d", year), *([("%y", "%m", "%d")] if year == "%y" else [])]
    return [f"time.formats=[{sign.join(order)}{rest}{seconds}]" for order in orders]


def _note_time_formats(mapping: Mapping, times: Times, draft: Draft) -> list[str]:
    notes = []
    formats = list(dict.fromkeys(form.removeprefix(SPELLED) for form in times.formats))
    other_formats = [form for form in formats if not form.startswith("iso")]
    if times.by_files:
        each = (
            f"{', '.join(form.removeprefix(SPELLED) for form in own.formats)} in {name_files(files)}"
            for files, own in times.by_files
        )
        notes.append(f"times are read by their file: {'; '.join(each)}")
    elif other_formats:
        notes.append(
            "times are read as "
            + ", ".join(other_formats)
            + (" beside ISO 8601" if len(other_formats) < len(formats) else "")
        )
    has_zone = mapping.time.zone != "UTC" or mapping.time.zone_field or "time.zone" in draft.decided
    if times.are_local and not has_zone:
        notes.append("times have no zone: UTC is assumed; to change it, --set time.zone=Europe/Berlin")
    return notes


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
