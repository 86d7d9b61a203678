"""What a value of a loaded or streamed row must be for its column, and how the engine reads it.

The forms are those of BigQuery's pages on loading JSON and CSV: a text may stand for any type, and a value
that is not an integer, is too long or is not a date is refused rather than rounded, truncated or guessed.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from typing import Any

from local_bigquery.engine.types import RANGE_FIELDS
from local_bigquery.models import TableFieldSchema as Field

from localcloud.bigquery.bignumeric import NAMES
from localcloud.bigquery.googlesql.bignumeric import PLACES, to_scaled, to_struct

WHOLE = re.compile(r"[+-]?\d+(?:\.0*)?")
FLOATS = {"nan": "NaN", "inf": "inf", "infinity": "inf", "-inf": "-inf", "-infinity": "-inf"}
TRUTHS = dict.fromkeys(("true", "t", "yes", "y", "1"), True) | dict.fromkeys(
    ("false", "f", "no", "n", "0"), False
)
DAY = r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})"
CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]?\d:[0-5]?\d(?:\.\d{0,9})?"
ZONE = r"(?:\s*(?:Z|UTC|[+-]\d{1,2}(?::?\d{2})?|[A-Za-z][\w+-]*/[\w/+-]+))?"
FORMS = {
    "DATE": re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})"),
    "TIME": re.compile(CLOCK),
    "DATETIME": re.compile(rf"{DAY}(?:[ T]{CLOCK})?", re.IGNORECASE),
    "TIMESTAMP": re.compile(rf"{DAY}(?:[ T]{CLOCK}{ZONE})?", re.IGNORECASE),
}
URL_SAFE = str.maketrans("-_", "+/")
ISO_INTERVAL = re.compile(
    r"P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)D)?(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?\d+(?:\.\d+)?)S)?)?"
)
INTERVAL = re.compile(r"(-?\d+)-(\d+) (-?\d+) (-?\d+):(\d+):(\d+(?:\.\d+)?)")
RANGE = re.compile(r"\[\s*([^,]+?)\s*,\s*([^,]+?)\s*\)")
DECIMALS = ("NUMERIC", *NAMES)
DAY_MICROSECONDS = 86_400_000_000
SECONDS = (-62135596800, 253402300799)  # from the start of year 1 to the end of year 9999
LENGTHS: dict[str, Callable[[str], int]] = {"STRING": len, "BYTES": lambda text: len(base64.b64decode(text))}


class UnfitError(ValueError):
    """A value that does not fit its column."""

    def __init__(self, column: str, message: str) -> None:
        """Keep the column's path along with what is wrong."""
        super().__init__(message)
        self.column = column


def record(
    values: Mapping[str, Any], fields: Iterable[Field], path: str = "", *, lenient: bool = False
) -> dict[str, Any]:
    """Return a row as the engine reads it; `lenient` drops values without a column; raises UnfitError."""
    known = {field.name.casefold(): field for field in fields}
    fitting: dict[str, Any] = {}
    for name, value in values.items():
        if field := known.get(name.casefold()):
            fitting[field.name] = _cell(value, field, path, lenient=lenient)
        elif not lenient:
            raise UnfitError(path + name, f"no such field: {path}{name}.")
    for field in known.values():
        if field.mode == "REQUIRED" and fitting.get(field.name) is None:
            raise UnfitError(path + field.name, f"Missing required field: {path}{field.name}.")
    return fitting


def problems(values: Mapping[str, Any], fields: Iterable[Field], *, lenient: bool) -> Iterator[UnfitError]:
    """Yield all that is wrong with a row, column by column."""
    known = {field.name.casefold(): field for field in fields}
    parts: list[tuple[Mapping[str, Any], list[Field]]] = []
    for name, value in values.items():
        field = known.pop(name.casefold(), None)
        parts.append(({name: value}, [field] if field else []))
    parts += [({}, [field]) for field in known.values()]
    for part, columns in parts:
        try:
            record(part, columns, lenient=lenient)
        except UnfitError as error:
            yield error


def _cell(value: Any, field: Field, path: str, *, lenient: bool) -> Any:
    name = path + field.name
    if value is None:
        return None
    if field.mode != "REPEATED":
        return _element(value, field, name, lenient=lenient)
    if not isinstance(value, list):
        raise UnfitError(name, f"Array expected for repeated field: {name}.")
    if None in value:
        raise UnfitError(name, f"Only optional fields can be set to NULL. Field: {name}; Value: NULL")
    return [_element(each, field, name, lenient=lenient) for each in value]


def _element(value: Any, field: Field, name: str, *, lenient: bool) -> Any:
    kind = (field.type or "STRING").upper()
    if kind in ("RECORD", "STRUCT"):
        if not isinstance(value, dict):
            raise UnfitError(name, f"This field: {name} is not a record.")
        return record(value, field.fields or [], f"{name}.", lenient=lenient)
    if kind == "JSON":
        return _json(value, name)
    if isinstance(value, list):
        raise UnfitError(name, f"Array specified for non-repeated field: {name}.")
    if isinstance(value, dict) and kind != "RANGE":
        raise UnfitError(name, f"This field: {name} is not a record.")
    try:
        fitting = READERS.get(kind, _unchanged)(_round(value, field, kind))
    except (ValueError, ArithmeticError):
        written = json.dumps(value, default=str) if not isinstance(value, str) else value
        message = f"Could not convert value to {kind.lower()}. Field: {name}; Value: {written}"
        raise UnfitError(name, message) from None
    _check_length(fitting, field, kind, name)
    return fitting


def _round(value: Any, field: Field, kind: str) -> Any:
    """Return a decimal with the places that its column declares."""
    if kind not in DECIMALS or not field.precision:
        return value
    with localcontext(prec=100):
        return _decimal(value).quantize(Decimal(f"1E-{field.scale or 0}"), ROUND_HALF_UP)


def _check_length(value: Any, field: Field, kind: str, name: str) -> None:
    if kind in LENGTHS and field.maxLength and (length := LENGTHS[kind](value)) > int(field.maxLength):
        raise UnfitError(name, too_long_message(name, kind, int(field.maxLength), length))
    if kind in DECIMALS and field.precision:
        digits = int(field.precision) - int(field.scale or 0)
        value = value if kind == "NUMERIC" else Decimal(f"{to_scaled(value)}E-{PLACES}")
        if abs(Decimal(value)) >= Decimal(10) ** digits:
            message = f"{kind}({field.precision}, {field.scale or 0}) cannot hold {value}"
            raise UnfitError(name, f"Field {name}: {message}")


def too_long_message(name: str, kind: str, limit: int, length: object) -> str:
    """Return what BigQuery says of a text, or of bytes, longer than the column allows."""
    return f"Field {name}: {kind}({limit}) has maximum length {limit} but got a value with length {length}"


def _json(value: Any, name: str) -> str:
    if not isinstance(value, str):
        return json.dumps(value, default=_number)
    try:
        json.loads(value)
    except ValueError:
        raise UnfitError(name, f"Invalid JSON in field {name}: {value}") from None
    return value


def _number(value: Decimal) -> float:
    return float(value)


def _unchanged(value: Any) -> Any:
    return value


def _string(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not WHOLE.fullmatch(text := str(value).strip()):
        raise ValueError(value)
    number = int(text.partition(".")[0])
    if not -(2**63) <= number < 2**63:
        raise ValueError(value)
    return number


def _float(value: Any) -> float | str:
    if isinstance(value, bool) or "_" in str(value):
        raise ValueError(value)
    if special := FLOATS.get(str(value).strip().lower().removeprefix("+")):
        return special
    number = float(value)
    return str(number) if number in (float("inf"), float("-inf")) else number


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or "_" in str(value):
        raise ValueError(value)
    number = Decimal(str(value).strip())
    if not number.is_finite():
        raise InvalidOperation(value)
    return number


def _numeric(value: Any) -> str:
    with localcontext(prec=100):
        number = _decimal(value).quantize(Decimal("1e-9"), ROUND_HALF_UP)
        if abs(number) >= Decimal(10) ** 29:
            raise InvalidOperation(value)
        return f"{number:f}"


def _bignumeric(value: Any) -> dict[str, str]:
    return to_struct(_decimal(value))


def _boolean(value: Any) -> bool:
    return value if isinstance(value, bool) else TRUTHS[_check_boolean(str(value).strip().lower())]


def _check_boolean(text: str) -> str:
    if text not in TRUTHS:
        raise ValueError(text)
    return text


def _bytes(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(value)
    text = "".join(value.split()).translate(URL_SAFE).rstrip("=")
    try:
        return base64.b64encode(base64.b64decode(text + "=" * (-len(text) % 4), validate=True)).decode()
    except binascii.Error as error:
        raise ValueError(value) from error


def _interval(value: Any) -> str:
    """Return an interval as DuckDB writes it, given one as ISO 8601 or BigQuery writes it."""
    text = str(value).strip()
    if not (found := ISO_INTERVAL.fullmatch(text) or INTERVAL.fullmatch(text)):
        raise ValueError(value)
    *whole, seconds = found.groups()
    second, _, fraction = (seconds or "0").partition(".")
    sign = "-" if second.startswith("-") else ""
    numbers = [*whole, second, f"{sign}{fraction[:6].ljust(6, '0')}"]
    units = ("years", "months", "days", "hours", "minutes", "seconds", "microseconds")
    return " ".join(f"{number} {unit}" for unit, number in zip(units, numbers, strict=True) if number)


def _range(value: Any) -> str:
    """Return a range as DuckDB writes the struct that represents it in the engine."""
    if not (found := RANGE.fullmatch(str(value).strip())):
        raise ValueError(value)
    start, end = ("NULL" if part.upper() in ("UNBOUNDED", "NULL") else part for part in found.groups())
    return f"{{'{RANGE_FIELDS[0]}': {start}, '{RANGE_FIELDS[1]}': {end}}}"


def _date_or_time(kind: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if kind == "TIMESTAMP" and (seconds := _seconds(value)) is not None:
            return seconds
        found = FORMS[kind].fullmatch(text := str(value).strip())
        if not found:
            raise ValueError(value)
        if kind == "TIME":
            return text
        year, month, day = map(int, found.groups())
        return f"{date(year, month, day)}{text[found.end(3) :]}"

    return read


def _seconds(value: Any) -> str | None:
    """Return the timestamp for a number of seconds since 1970, or None if the value is not a number."""
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if isinstance(value, bool) or not (number.is_finite() and SECONDS[0] <= number < SECONDS[1] + 1):
        raise ValueError(value)
    days, rest = divmod(int((number * 1_000_000).to_integral_value(ROUND_FLOOR)), DAY_MICROSECONDS)
    day = date.fromordinal(date(1970, 1, 1).toordinal() + days)
    minutes, rest = divmod(rest, 60_000_000)
    seconds, rest = divmod(rest, 1_000_000)
    return f"{day} {minutes // 60:02}:{minutes % 60:02}:{seconds:02}.{rest:06}Z"


READERS: dict[str, Callable[[Any], Any]] = {
    "STRING": _string,
    **dict.fromkeys(("INTEGER", "INT64"), _integer),
    **dict.fromkeys(("FLOAT", "FLOAT64"), _float),
    "NUMERIC": _numeric,
    **dict.fromkeys(NAMES, _bignumeric),
    **dict.fromkeys(("BOOLEAN", "BOOL"), _boolean),
    "BYTES": _bytes,
    "INTERVAL": _interval,
    "RANGE": _range,
    **{kind: _date_or_time(kind) for kind in FORMS},
}
