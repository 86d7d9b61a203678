"""Interpret the rows of opened files as sales, count them, and ask about whatever is ambiguous.

with open_files(paths, work) as raw:
    found = understand(raw, source="shop", today=date.today())
    print(report(found))
    found.questions or raw.con.sql("from sales")
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sources.files.raw import RawFiles
from sources.mapping import Mapping, as_data, parse, presets, recognised, with_settings
from sources.mapping import preset as preset_named
from sources.meaning import guessing
from sources.meaning.asking import Question
from sources.meaning.by_values import fill_in
from sources.meaning.currencies import CODES
from sources.meaning.drafts import Draft, Evidence
from sources.meaning.figures import Figures, Shown, figures_of, shown_of
from sources.meaning.guessing import settle
from sources.meaning.lines import Reading, carry_down, define, show_lines
from sources.meaning.names import nearest
from sources.meaning.numbers import decimal_of, has_long_decimals, number_macro
from sources.meaning.questions import ASKED
from sources.meaning.report import page
from sources.meaning.sold import Sold
from sources.meaning.texts import Layout
from sources.meaning.times import Times, times_of
from sources.meaning.warnings import CHECKS
from sources.meaning.words import MONEY_SIGNS

BY_NAMES = "by its columns' names"
NONE = "none"  # as a preset: do not recognise files by their columns
NUMBERS = ("amount_text", "quantity_text", "discount_text", "refunded_text", "control_text")


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
    shown: list[Shown] = field(default_factory=list)


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
    made, how = _begin(raw, preset, mapping)
    found = Understanding(source, how, notes=list(raw.notes))
    made.decided = [setting.partition("=")[0].strip() for setting in settings]
    made.data = with_settings(made.data, settings)
    _complete(made)
    layout = Layout(raw.columns, raw.nested, surplus=not raw.nested)
    found.questions += _missing(raw, made, layout, how)
    if not found.questions:
        _Reader(raw, made, layout, today, found).read()
    return found


def _begin(raw: RawFiles, preset: str | None, mapping: Mapping | None) -> tuple[Draft, str]:
    if mapping is not None:
        return Draft(as_data(mapping), {}), f"by the mapping {mapping.name}"
    if preset and preset != NONE:
        return Draft(as_data(preset_named(preset)), {}), f"by the preset {preset}"
    known = None if preset else recognised(raw.keys)
    if known:
        return Draft(as_data(known), {}), f"as {known.name}, by its columns"
    return guessing.draft(raw.columns), BY_NAMES


def _complete(made: Draft) -> None:
    """Complete a discount that was set without its field with the column found by name."""
    amount = made.data.get("amount")
    discount = amount.get("discount") if isinstance(amount, dict) else None
    if isinstance(discount, dict) and "field" not in discount and "discount" in made.found:
        discount["field"] = made.found["discount"]


def _missing(raw: RawFiles, made: Draft, layout: Layout, how: str) -> list[Question]:
    """Ask for what every mapping needs, if neither names nor values tell."""
    if raw.nested and how != BY_NAMES:
        return []
    questions = fill_in(made, Evidence(raw.con, layout)) if how == BY_NAMES else {}
    columns = ", ".join(raw.columns)
    if raw.lists and how == BY_NAMES:
        lists = ", ".join(raw.lists)
        made.notes.append(f"lists are not used, unless a mapping (--mapping FILE) describes them: {lists}")
        columns += f"; and lists, which --mapping FILE can describe: {lists}"
    asked = []
    people = made.data.get("customer", {}).get("fields", [])
    if not any(layout.has(each) and each for each in ([people] if isinstance(people, str) else people)):
        named = ", ".join(filter(None, people))
        shown = f" ({named})" if named else ""
        asked.append(
            questions.get("customer")
            or Question.of(
                f"no column identifies the customer{shown}; the columns are {columns}",
                "customer.fields=[Column]",
            )
        )
    for key in ("time", "amount"):
        column = made.data.get(key, {}).get("field", "")
        if not column or not layout.has(column):
            near = nearest(column, raw.columns) if column else ""
            asked.append(
                questions.get(key)
                or Question.of(f"no column for {key}{near}; the columns are {columns}", f"{key}.field=Column")
            )
    return asked


@dataclass
class _Reader:
    """What files are read with, and what is found in them."""

    raw: RawFiles
    made: Draft
    layout: Layout
    today: date
    found: Understanding

    def read(self) -> None:
        """Fill in what is found, up to the first thing that is undecided."""
        mapping = parse(self.made.data, str(self.made.data.get("name", "the mapping")))
        show_lines(self.raw.con, mapping, self.layout)
        self.found.questions += _twice(self.raw, mapping, self.made)
        sign = self._decimal(mapping)
        if self.found.questions:
            return
        long = has_long_decimals(self.raw.con, *_numbers(self.made, self.layout))
        mapping = self._settled(mapping, sign, long=long)
        self.found.mapping = mapping
        self.found.notes += self.made.notes
        self.found.warnings += self.made.warnings
        self.found.questions += self.made.questions
        if self.found.questions:
            self._show(self._sold(mapping))
            return
        self._judge(mapping, sign, long=long)

    def _decimal(self, mapping: Mapping) -> str | None:
        """Return the decimal sign; ask for it if the numbers do not reveal it."""
        if mapping.decimal is not None:
            return mapping.decimal
        decimal = decimal_of(self.raw.con, *_numbers(self.made, self.layout))
        if decimal.sign is None:
            asked = Question.of(f"the decimal sign: {decimal.why}", "decimal=.", "decimal=,")
            self.found.questions.append(asked)
        elif decimal.sign == ",":
            self.found.notes.append(f"numbers have a decimal comma ({decimal.why})")
        return decimal.sign

    def _settled(self, mapping: Mapping, sign: str | None, *, long: bool) -> Mapping:
        """Return the mapping; one that was guessed from names is first settled by the values."""
        if not self.made.found:
            self.found.notes += _absent(mapping, self.layout)
            _tell_currency(self.raw, mapping, self.made, self.layout, self.found)
            return mapping
        self.raw.con.execute(number_macro(sign, long=long))
        settle(self.made, Evidence(self.raw.con, self.layout))
        mapping = parse(self.made.data, "guessed")
        show_lines(self.raw.con, mapping, self.layout)
        return mapping

    def _judge(self, mapping: Mapping, sign: str | None, *, long: bool) -> None:
        found = self.found
        if carried := carry_down(self.raw.con, mapping):
            found.notes.append(
                f"{', '.join(carried)}: blank on an order's further lines, taken from its first"
            )
        times = Times() if mapping.time.formats else times_of(self.raw.con)
        if times.undecided:
            asked = f"day and month cannot be told apart ({times.undecided})"
            found.questions.append(Question.of(asked, *_both_orders(times.undecided)))
            self._show(self._sold(mapping))
            return
        found.notes += _told_of_times(mapping, times, self.made)
        reading = Reading(
            source=found.source,
            decimal=sign,
            long_numbers=long,
            times=times,
            blank_status=_blank(self.raw, mapping),
            several_files=_files(self.raw) > 1,
        )
        define(self.raw.con, mapping, reading, as_table=True)
        sold = self._sold(mapping)
        found.questions += [question for ask in ASKED for question in ask(sold)]
        found.warnings += [warning for check in CHECKS for warning in check(sold)]
        found.figures = figures_of(sold)
        self._show(sold)

    def _sold(self, mapping: Mapping) -> Sold:
        return Sold(self.raw, mapping, self.layout, self.today, self.made.decided)

    def _show(self, sold: Sold) -> None:
        self.found.shown = shown_of(sold, _way(self.found.how), self.made)


def _numbers(made: Draft, layout: Layout) -> tuple[str, list[str]]:
    """Return a table, and the SQL of its texts that are numbers or may turn out to be."""
    if not made.found:
        return "lines", list(NUMBERS)
    named = [
        made.found[key] for key in ("total", "price", "quantity", "discount", "refunded") if key in made.found
    ]
    set_ones = [made.data["amount"]["field"], made.data.get("quantity")]
    return "raw", [layout.text(column) for column in dict.fromkeys([*named, *filter(None, set_ones)])]


def _twice(raw: RawFiles, mapping: Mapping, made: Draft) -> list[Question]:
    """Ask which of two columns of the same name is meant."""
    return [
        Question.of(f"there are two columns {column!r}: set the key to {column!r} or to '{column} (2)'")
        for column in mapping.fields()
        if f"{column} (2)" in raw.columns and not made.decided
    ]


def _tell_currency(
    raw: RawFiles, mapping: Mapping, made: Draft, layout: Layout, found: Understanding
) -> None:
    """Note which currency a preset assumes if no column has one; ask if currency signs contradict it."""
    field, default = mapping.currency.field, mapping.currency.default
    is_said = field is not None and layout.has(field)
    if is_said or default is None or made.is_decided("currency") or mapping != presets().get(mapping.name):
        return
    (signs,) = Evidence(raw.con, layout).row("money_signs", text=layout.text(mapping.amount.field))
    others = {MONEY_SIGNS.get(sign, sign) for sign in signs or []} - {default}
    if others:
        asked = f"the amounts are written with {', '.join(signs)}, but {mapping.name} assumes {default}"
        ways = [default, *sorted(others & CODES)]
        found.questions.append(Question.of(asked, *(f"currency.default={code}" for code in ways)))
    else:
        found.notes.append(
            f"no column has the currency: {default} is assumed; to change it, --set currency.default=GBP"
        )


def _absent(mapping: Mapping, layout: Layout) -> list[str]:
    gone = [each for each in mapping.fields() if not layout.has(each) and each not in mapping.customer.fields]
    return [f"no column {', '.join(gone)}, which {mapping.name} may have"] if gone else []


def _way(how: str) -> str:
    return "name" if how == BY_NAMES else how.removeprefix("by the ").removeprefix("as ").partition(",")[0]


def _both_orders(example: str) -> tuple[str, str]:
    sign = next(letter for letter in example if not letter.isdigit())
    rest = " %H:%M" if ":" in example else ""
    seconds = ":%S" if example.count(":") > 1 else ""
    year = "%Y" if len(example.split()[0].split(sign)[-1]) == 4 else "%y"
    return tuple(
        f"time.formats=[{a}{sign}{b}{sign}{year}{rest}{seconds}]" for a, b in (("%d", "%m"), ("%m", "%d"))
    )  # type: ignore[return-value]


def _told_of_times(mapping: Mapping, times: Times, made: Draft) -> list[str]:
    told = []
    odd = [form for form in times.formats if not form.startswith("iso")]
    if odd:
        told.append(
            "times are read as "
            + ", ".join(odd)
            + (" beside ISO 8601" if len(odd) < len(times.formats) else "")
        )
    zoned = mapping.time.zone != "UTC" or mapping.time.zone_field or "time.zone" in made.decided
    if times.are_local and not zoned:
        told.append("times have no zone: UTC is assumed; to change it, --set time.zone=Europe/Berlin")
    return told


def _blank(raw: RawFiles, mapping: Mapping) -> str | None:
    """Return the status of lines without one; None if others have one and the mapping does not say."""
    if mapping.status.blank:
        return mapping.status.blank
    ((said,),) = raw.con.execute("select count(status_text) from lines").fetchall()
    return None if said else mapping.status.default or "completed"


def _files(raw: RawFiles) -> int:
    ((files,),) = raw.con.execute("select count(distinct file) from raw").fetchall()
    return int(files)


def report(found: Understanding) -> str:
    """Return what was understood, as a page 80 columns wide."""
    title = f"{found.source}: read {found.how}"
    return page(title, found.shown, found.figures, found.notes, found.warnings, found.questions)
