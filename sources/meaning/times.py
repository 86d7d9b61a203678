"""How times are written, by the shapes of their digits, and the SQL that reads them exactly or not at all."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Self

import duckdb

from sources.files.sql import literal
from sources.mapping import Time
from sources.meaning.spelled_times import plain_time, plain_time_sql

HERE = Path(__file__).parent
ENGLISH = (
    "(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?)"
)
WEEKDAY = re.compile(
    "(?P<short>mon|tue|wed|thu|fri|sat|sun)(?P<rest>(?:s|nes|rs|ur)?day)?(?P<gap>,? )", re.IGNORECASE
)
# Abbreviations that mean only one offset, in hours; others, like IST, mean several.
OFFSETS = {
    "UTC": 0,
    "GMT": 0,
    "Z": 0,
    "PST": -8,
    "PDT": -7,
    "MST": -7,
    "MDT": -6,
    "EST": -5,
    "EDT": -4,
    "CET": 1,
    "CEST": 2,
}
ISO = re.compile(
    r"9{4}-99-99(?:[T ]99:99(?::99(?:[.,]9+)?)?)? ?(?P<zone>Z|UTC|GMT|[-+]99(?::?99)?)?", re.IGNORECASE
)
CLOCK = re.compile(
    r"(?P<gap>,? ?T?)"
    r"(?:(?P<hour>9{1,2}):99(?P<second>:99)?(?P<part>\.9+)?(?P<space> ?)(?P<half>[AaPp][Mm])?)?"
    r"(?: ?(?P<zone>[A-Z]{1,4}|[-+]99:?99))?"
)
CLOCK_FIRST = r"(?:9{1,2}:99(?::99)?,? )?"
WHOLE = {
    r"9{10}(\.9+)?": "epoch_s",
    r"9{13}(\.9)?": "epoch_ms",  # 1.7e12 is written with a zero after a point
    r"9{16}": "epoch_us",
    r"9{19}": "epoch_ns",
    r"9{5}(\.9+)?": "excel",
    r"9{8}": "%Y%m%d",
    r"9{14}": "%Y%m%d%H%M%S",
}
SPELLED = "plain "  # before the format of times that are made plain first
type Orders = dict[str, str | None]  # of day and month, by the sign between them
SCALES = {"epoch_s": 1_000_000, "epoch_ms": 1000, "epoch_us": 1, "epoch_ns": Decimal("0.001")}


@dataclass(frozen=True)
class Shape:
    """A shape of times: an example, the count, the greatest first and second number, and the least first."""

    text: str
    example: str
    times: int
    first: int | None = None
    second: int | None = None
    least: int | None = None

    def __add__(self, other: Self) -> "Shape":
        numbers = zip(
            (self.first, self.second, self.least), (other.first, other.second, other.least), strict=True
        )
        first, second, least = ([each for each in pair if each is not None] for pair in numbers)
        return Shape(
            self.text,
            self.example,
            self.times + other.times,
            max(first, default=None),
            max(second, default=None),
            min(least, default=None),
        )


@dataclass(frozen=True)
class Times:
    """How times are read: {format: shapes}, examples that no format reads, and an ambiguous one.

    `undecided_file` is the file of the ambiguous one if others have both orders of day and month.
    `by_files` are groups of files with times of their own, if their orders differ.
    """

    formats: dict[str, list[str]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    undecided: str | None = None
    undecided_file: str | None = None
    by_files: tuple[tuple[tuple[str, ...], Self], ...] = ()

    @property
    def are_local(self) -> bool:
        """Whether some times have no offset."""
        return any(not _has_offset(form) for form in self.formats)


def times_of(con: duckdb.DuckDBPyConnection) -> Times:
    """Return how the times in `lines` are written, judged by all of them together."""
    sql = (HERE / "shapes.sql").read_text(encoding="utf-8")
    by_file: dict[str, list[Shape]] = {}
    for file, *row in con.execute(sql).fetchall():
        by_file.setdefault(file, []).append(Shape(*row))
    shapes = merge_shapes(chain.from_iterable(by_file.values()))
    orders = _orders_of(shapes)
    together = _times_of_shapes(shapes, orders)
    return _times_of_each(by_file, orders) if together.undecided and len(by_file) > 1 else together


def merge_shapes(shapes: Iterable[Shape]) -> list[Shape]:
    """Return the shapes of several files, each once, the most common first."""
    merged: dict[str, Shape] = {}
    for shape in shapes:
        merged[shape.text] = merged[shape.text] + shape if shape.text in merged else shape
    return sorted(merged.values(), key=lambda shape: (-shape.times, shape.text))


def _orders_of(shapes: Sequence[Shape]) -> Orders:
    return {sign: _day_or_month_first(sign, shapes) for sign in "-/. "}


def _times_of_each(by_file: dict[str, list[Shape]], orders: Orders) -> Times:
    """Return how times are written where the order of day and month, not told by all files, is by each."""
    told = {file: _orders_of(shapes) for file, shapes in by_file.items()}
    groups: dict[tuple[str | None, ...], list[str]] = {}
    for file, own in told.items():
        own |= {sign: order for sign, order in orders.items() if order}
        if example := _times_of_shapes(by_file[file], own).undecided:
            is_told_elsewhere = any(each != own for each in told.values())
            return Times(undecided=example, undecided_file=file if is_told_elsewhere else None)
        groups.setdefault(tuple(own.values()), []).append(file)
    by_files = []
    for own_orders, files in groups.items():
        shapes = merge_shapes(shape for file in files for shape in by_file[file])
        times = _times_of_shapes(shapes, dict(zip(orders, own_orders, strict=True)))
        by_files.append((tuple(files), times))
    formats = {form: shapes for _, times in by_files for form, shapes in times.formats.items()}
    return Times(formats, [each for _, times in by_files for each in times.unread], by_files=tuple(by_files))


def _times_of_shapes(shapes: Sequence[Shape], orders: Orders) -> Times:
    """Return how times of these shapes are written."""
    found = Times()
    undecided = []
    for shape in shapes:
        sign = re.match(rf"{CLOCK_FIRST}9{{1,2}}([-/. ])9{{1,2}}\1", shape.text)
        order = orders[sign[1]] if sign else None
        form = _format_of_shape(shape.text, order) or _format_of_spelled(shape.text, order)
        if form:
            found.formats.setdefault(form, []).append(shape.text)
        elif sign and order is None:
            undecided.append(shape.example)
        else:
            found.unread.append(shape.example)
    return Times(found.formats, found.unread, undecided[0] if undecided else None)


def _day_or_month_first(sign: str, shapes: Sequence[Shape]) -> str | None:
    """Return the order of day and month if the numbers reveal it: one over twelve is not a month."""
    numbers = rf"9{{1,2}}[{sign}]9{{1,2}}[{sign}]"
    matching = [shape for shape in shapes if re.match(rf"{CLOCK_FIRST}{numbers}", shape.text)]
    first = max((shape.first or 0 for shape in matching), default=0)
    second = max((shape.second or 0 for shape in matching), default=0)
    if max(first, second) > 31 or min(first, second) > 12:
        return None
    if second > 12:
        return f"%m{sign}%d{sign}"
    if (first > 12 and not _may_be_years(matching)) or (sign == "." and matching):
        return f"%d{sign}%m{sign}"
    return None


def _may_be_years(shapes: Sequence[Shape]) -> bool:
    """Return whether the first numbers may be years, as in 24/02/03 if all are close to 24."""
    least, most = min(shape.least or 0 for shape in shapes), max(shape.first or 0 for shape in shapes)
    return most - least < 12 and not any(re.search("9{4}", shape.text) for shape in shapes)


def _format_of_spelled(shape: str, order: str | None) -> str | None:
    """Return the format of a shape once it is made plain, marked as such."""
    form = _format_of_shape(plain_time(shape), order)
    return f"{SPELLED}{form}" if form else None


def _format_of_shape(shape: str, order: str | None) -> str | None:
    """Return the format of a shape: iso, epoch_…, excel, or strptime's with any zone; None if none fits."""
    if whole := next((form for pattern, form in WHOLE.items() if re.fullmatch(pattern, shape)), None):
        return whole
    if iso := ISO.fullmatch(shape):
        return "iso_offset" if iso["zone"] else "iso"
    day, rest = _date_format(shape, order)
    clock = CLOCK.fullmatch(rest)
    if day is None or clock is None:
        return None
    return _append_zone(day + _clock_format(clock), clock["zone"])


def _date_format(shape: str, order: str | None) -> tuple[str | None, str]:
    """Return the format of a shape's date, or None, and what follows the date."""
    if found := WEEKDAY.match(shape):
        day, rest = _date_format(shape[found.end() :], order)
        return (f"{'%A' if found['rest'] else '%a'}{found['gap']}{day}" if day else None), rest
    if found := re.match(r"9{1,2}([-/. ])9{1,2}\1(9{4}|9{2})(?!9)", shape):
        return (order + _year(found[2]) if order else None), shape[found.end() :]
    if found := re.match(r"9{4}([-/.])9{1,2}\1(9{1,2})(?!9)", shape):
        return f"%Y{found[1]}%m{found[1]}%d", shape[found.end() :]
    if found := re.match("9{4}年9{1,2}月9{1,2}日", shape):
        return "%Y年%m月%d日", shape[found.end() :]
    if found := re.match(rf"{ENGLISH}( ?)9{{1,2}}, ?9{{4}}(?!9)", shape, re.IGNORECASE):
        gap = " " if ", " in found[0] else ""
        return f"{_month(found[1])}{found[2]}%d,{gap}%Y", shape[found.end() :]
    if found := re.match(rf"{ENGLISH}([ -])9{{1,2}}\2(9{{4}}|9{{2}})(?!9)", shape, re.IGNORECASE):
        return f"{_month(found[1])}{found[2]}%d{found[2]}{_year(found[3])}", shape[found.end() :]
    if found := re.match(rf"9{{1,2}}([ -]){ENGLISH}\1(9{{4}}|9{{2}})(?!9)", shape, re.IGNORECASE):
        return f"%d{found[1]}{_month(found[2])}{found[1]}{_year(found[3])}", shape[found.end() :]
    return None, shape


def _year(digits: str) -> str:
    return "%Y" if len(digits) == 4 else "%y"


def _month(name: str) -> str:
    return "%b" if len(name) == 3 else "%B"


def _clock_format(clock: re.Match[str]) -> str:
    if not clock["hour"]:
        return clock["gap"].rstrip()
    parts = [clock["gap"], "%I" if clock["half"] else "%H", ":%M", ":%S" if clock["second"] else ""]
    parts += [".%f" if clock["part"] else "", clock["space"] + "%p" if clock["half"] else ""]
    return "".join(parts)


def _append_zone(form: str, zone: str | None) -> str | None:
    if zone is None:
        return form.rstrip()
    if zone[0] in "+-":
        return form.rstrip() + " %z"
    return f"{form.rstrip()} {zone}" if zone in OFFSETS else None


def _has_offset(form: str) -> bool:
    form = form.removeprefix(SPELLED)
    return form.startswith(("iso_offset", "epoch")) or form.rpartition(" ")[2] in {*OFFSETS, "%z"}


def instant_macro(time: Time, times: Times, *, alone: bool = False) -> str:
    """Return the macro read_instant(text, zone, file): an instant, or NULL if no format reads the text.

    Formats from the mapping are tried in turn. Without them, `alone`, which means that there are no other
    times to go by, reads only ISO 8601.
    """
    if time.formats:
        read = f"coalesce({', '.join(_explicit_format_sql(form) for form in time.formats)})"
    elif alone:
        read = f"coalesce({_instant_sql('iso_offset')}, {_instant_sql('iso')})"
    elif times.by_files:
        cases = " ".join(
            f"when list_contains([{', '.join(map(literal, files))}], a_file) then {_detected_sql(own)}"
            for files, own in times.by_files
        )
        read = f"case {cases} end"
    else:
        read = _detected_sql(times)
    return f"create or replace macro read_instant(a_text, a_zone, a_file) as cast({read} as timestamptz)"


def _detected_sql(times: Times) -> str:
    if len(times.formats) == 1 and not times.unread:
        return _instant_sql(*times.formats)
    cases = " ".join(
        f"when {_is_shape_sql(shapes)} then {_instant_sql(form)}" for form, shapes in times.formats.items()
    )
    return f"case {cases} end" if cases else "null"


def _is_shape_sql(shapes: Iterable[str]) -> str:
    return f"list_contains([{', '.join(map(literal, shapes))}], translate(a_text, '012345678', '999999999'))"


def _explicit_format_sql(form: str) -> str:
    # strptime's %Y takes 03 for the year 3, so four digits are required separately.
    read = _instant_sql(form)
    if form == "iso":
        return f"coalesce({_instant_sql('iso_offset')}, {read})"
    return f"case when regexp_matches(a_text, '[0-9]{{4}}') then {read} end" if "%Y" in form else read


def _instant_sql(form: str) -> str:
    """Return the SQL that reads a_text in a format as an instant; times without an offset are in a_zone."""
    if form.startswith(SPELLED):
        return _instant_sql(form.removeprefix(SPELLED)).replace("a_text", plain_time_sql("a_text"))
    if form == "iso":
        plain = "regexp_full_match(a_text, '[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.,]+)?')"
        return (
            f"case when {plain} then timezone(a_zone, try_cast(replace(a_text, ',', '.') as timestamp)) end"
        )
    if form == "iso_offset":
        return _iso_offset_sql()
    if form.startswith("epoch"):
        return f"to_timestamp(cast(try_cast(a_text as decimal(38, 6)) * {SCALES[form]} as hugeint) / 1000000)"
    if form == "excel":
        seconds = "cast(round(try_cast(a_text as double) * 86400) as bigint)"
        return f"timezone(a_zone, timestamp '1899-12-30' + to_seconds({seconds}))"
    return _strptime_sql(form)


def _iso_offset_sql() -> str:
    offset = r"regexp_replace(upper(a_text), ' ?(UTC|GMT)$', 'Z')"
    spelled = rf"regexp_replace(replace({offset}, ',', '.'), ' ?([-+][0-9]{{2}}):?([0-9]{{2}})$', '\1:\2')"
    has_offset = (
        "regexp_matches(upper(a_text), '[0-9]{4}-[0-9]{2}-[0-9]{2}[T "
        "].*(Z|UTC|GMT|[-+][0-9]{2}(:?[0-9]{2})?)$')"
    )
    return f"case when {has_offset} then try_cast({spelled} as timestamptz) end"


def _strptime_sql(form: str) -> str:
    word = form.rpartition(" ")[2]
    if word == "%z":
        spaced = r"regexp_replace(a_text, ' ?([-+][0-9]{2}:?[0-9]{2})$', ' \1')"
        return f"try_strptime({spaced}, {literal(form)})"
    if word in OFFSETS:
        shown = literal(form)
        return f"timezone('UTC', try_strptime(a_text, {shown}) - to_hours({OFFSETS[word]}))"
    return f"timezone(a_zone, try_strptime(a_text, {literal(form)}))"
