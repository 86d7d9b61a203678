"""Functions that DuckDB lacks or implements differently: Google's own engine evaluates them, in batches.

In a statement's text such a call, FORMAT('%t', f), becomes CAST(_google_string('…', f) AS STRING): a DuckDB
function whose first argument says what the engine is to evaluate.
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote, unquote

import pyarrow as pa
from local_bigquery.engine import database
from local_bigquery.engine.types import bigquery_type, duckdb_type
from local_bigquery.errors import BigQueryError, not_implemented
from local_bigquery.jobs import query
from local_bigquery.models import TableFieldSchema
from zetasql.wasi._pb2.zetasql.public import type_pb2

from localcloud.bigquery.googlesql.calls import Call, Signature, Way
from localcloud.bigquery.googlesql.evaluator import BeyondError, Evaluator, Value
from localcloud.bigquery.googlesql.module import BrokenError, RefusedError
from localcloud.bigquery.googlesql.types import of_field, to_field
from localcloud.bigquery.googlesql.values import UnconvertibleError, arrow_type

type Kind = type_pb2.TypeProto

PLAIN = {type_pb2.TYPE_STRING, type_pb2.TYPE_BOOL, type_pb2.TYPE_DATE}  # whose JSON is the same in DuckDB
ALWAYS = """
    bool chr cos cosh edit_distance exp float64 format format_date format_datetime format_time
    format_timestamp generate_date_array ieee_divide initcap instr int64 json_array json_extract
    json_extract_array json_keys json_object json_query json_query_array json_set json_strip_nulls
    json_value_array left ln log log10 lower lpad make_interval parse_date parse_datetime parse_json
    parse_time parse_timestamp pow repeat right rpad sin sinh soundex split tan tanh to_json translate
    upper
"""


# For FLOAT64, whose NaN is never equal, less or greater; for x < literal, DuckDB's own operator agrees.
COMPARISONS = {
    "$equal": "_nan_equal",
    "$not_equal": "_nan_unequal",
    "$less": "_nan_less",
    "$less_or_equal": "_nan_less_or_equal",
    "$greater": "_nan_greater",
    "$greater_or_equal": "_nan_greater_or_equal",
    "$between": "_nan_between",
}
MACROS = (
    "_nan_equal(x, y) AS x::DOUBLE = y::DOUBLE AND NOT (isnan(x::DOUBLE) AND isnan(y::DOUBLE))",
    "_nan_unequal(x, y) AS x::DOUBLE <> y::DOUBLE OR (isnan(x::DOUBLE) AND isnan(y::DOUBLE))",
    "_nan_less(x, y) AS x::DOUBLE < y::DOUBLE AND (x IS NULL OR NOT isnan(y::DOUBLE))",
    "_nan_less_or_equal(x, y) AS x::DOUBLE <= y::DOUBLE AND (x IS NULL OR NOT isnan(y::DOUBLE))",
    "_nan_greater(x, y) AS y::DOUBLE < x::DOUBLE AND (y IS NULL OR NOT isnan(x::DOUBLE))",
    "_nan_greater_or_equal(x, y) AS y::DOUBLE <= x::DOUBLE AND (y IS NULL OR NOT isnan(x::DOUBLE))",
    "_numeric_fits(x) AS coalesce(abs(x::DOUBLE) < 1e6, true)",
    "_exp_fits(x) AS coalesce(x::DOUBLE BETWEEN -700 AND 700, true)",
    "_are_numbers(x, y) AS coalesce(NOT isnan(x::DOUBLE), true) AND coalesce(NOT isnan(y::DOUBLE), true)",
    "_mod_fits(x, y) AS coalesce(y <> -1, true)",  # the least INT64 modulo -1 overflows in DuckDB
    "_ln_fits(x) AS coalesce(x::DOUBLE > 0 AND isfinite(x::DOUBLE), true)",
    # JSON without what only DuckDB accepts, and without numbers that it would round or write differently.
    r"""_is_plain_json(x, y := NULL) AS coalesce(json_valid(x) AND NOT regexp_matches(
        x, '[:\[,]\s*-?(?i:nan|inf)|\A\s*-?(?i:nan|inf)|,\s*[}\]]|[0-9]{16}'), true)""",
    r"""_has_plain_numbers(x, y := NULL) AS bq.main._is_plain_json(x) AND coalesce(NOT regexp_matches(
        x, '(?:[:\[,]|\A)\s*-?[0-9]+(?:[.][0-9]*0\s*(?:[,}\]]|\z)|[.0-9]*[eE])'), true)""",
    "_pow_fits(x, y) AS coalesce(abs(x::DOUBLE) < 1e100 AND y::DOUBLE IN (1, 2, 3), true)",
    """_round_fits(x, n) AS coalesce(n BETWEEN 0 AND 9 AND abs(x::DOUBLE * 10 ** n) < 1e9
        AND abs(abs(x::DOUBLE * 10 ** n) % 1 - 0.5) > 1e-6, true)""",
    "_is_ascii(x) AS coalesce(strlen(x::VARCHAR) = length(x::VARCHAR), true)",
    "_numeric_times(x, y) AS CAST(x * y AS DECIMAL(38, 9))",
    "_nan_between(x, y, z) AS bq.main._nan_less_or_equal(y, x) AND bq.main._nan_less_or_equal(x, z)",
)


def _any_argument_is(*kinds: int) -> Callable[[Signature], bool]:
    return lambda call: any(argument.type_kind in kinds for argument in call.arguments)


def _is_plain(kind: Kind) -> bool:
    """Return whether DuckDB writes values of a type to JSON as Google does."""
    match kind.type_kind:
        case type_pb2.TYPE_ARRAY:
            return _is_plain(kind.array_type.element_type)
        case type_pb2.TYPE_STRUCT:
            return all(part.field_name and _is_plain(part.field_type) for part in kind.struct_type.field)
    return kind.type_kind in PLAIN


def _has_arguments(count: int) -> Callable[[Signature], bool]:
    return lambda call: len(call.arguments) >= count


def _all_arguments_are(*kinds: int) -> Callable[[Signature], bool]:
    return lambda call: all(argument.type_kind in kinds for argument in call.arguments)


TIMES = (type_pb2.TYPE_DATE, type_pb2.TYPE_TIMESTAMP, type_pb2.TYPE_DATETIME, type_pb2.TYPE_TIME)
# Functions that differ for some arguments only.
SOMETIMES: dict[str, Callable[[Signature], bool]] = {
    "$safe_array_at_offset": lambda call: not call.literals[1],
    "div": _any_argument_is(type_pb2.TYPE_NUMERIC),
    "mod": _all_arguments_are(type_pb2.TYPE_INT64),
    "reverse": _any_argument_is(type_pb2.TYPE_BYTES),
    "$cast_format": lambda _: True,
    "$equal": _any_argument_is(type_pb2.TYPE_STRUCT),
    "$not_equal": _any_argument_is(type_pb2.TYPE_STRUCT),
    "$in": lambda call: (
        _any_argument_is(type_pb2.TYPE_STRUCT, type_pb2.TYPE_DOUBLE)(call) and not all(call.literals[1:])
    ),
    "$in_array": _any_argument_is(type_pb2.TYPE_STRUCT, type_pb2.TYPE_DOUBLE),
    "$case_with_value": lambda call: call.arguments[0].type_kind == type_pb2.TYPE_DOUBLE,
    "$subtract": _all_arguments_are(*TIMES),
    "$bitwise_left_shift": lambda _: True,
    "safe_divide": _any_argument_is(type_pb2.TYPE_NUMERIC, type_pb2.TYPE_BIGNUMERIC),
    "sign": _any_argument_is(type_pb2.TYPE_NUMERIC),
    "$divide": _all_arguments_are(type_pb2.TYPE_NUMERIC),
    "greatest": _any_argument_is(type_pb2.TYPE_DOUBLE),
    "least": _any_argument_is(type_pb2.TYPE_DOUBLE),
    "regexp_extract": _has_arguments(3),
    "json_extract_scalar": _any_argument_is(type_pb2.TYPE_STRING),
    "json_value": lambda call: call.arguments[0].type_kind == type_pb2.TYPE_STRING,
    "round": lambda call: (
        len(call.arguments) > 1 and (not call.literals[1] or _any_argument_is(type_pb2.TYPE_DOUBLE)(call))
    ),
    "trunc": _has_arguments(2),
    "string": lambda _: True,
    "substr": lambda call: call.arguments[0].type_kind == type_pb2.TYPE_BYTES or call.literals[2:] == [False],
    "timestamp": _has_arguments(2),
    "timestamp_trunc": _has_arguments(3),
    "last_day": _has_arguments(2),
    "to_json_string": lambda call: len(call.arguments) > 1 or not _is_plain(call.arguments[0]),
}
EVALUATED: dict[str, Callable[[Signature], bool]] = {
    name: _has_arguments(0) for name in ALWAYS.split()
} | SOMETIMES
RETURNED = "BOOL INT64 FLOAT64 STRING BYTES NUMERIC BIGNUMERIC DATE TIMESTAMP DATETIME TIME INTERVAL".split()  # noqa: SIM905
SAFE = re.compile(rb"\ASAFE\s*\.\s*", re.IGNORECASE)
BEYOND = "Beyond the engine here: "
READABLE = " ()[]{}<>,.;:=*+-/|&!?$@_"  # unescaped in a request, which has no quotation mark or backslash
NOT_EVALUATED = {"normalize", "normalize_and_casefold"}  # need Unicode data that the engine lacks


JSON_TEXTS = {
    type_pb2.TYPE_INT64: "_integer_json",
    type_pb2.TYPE_DOUBLE: "_float_json",
    type_pb2.TYPE_TIMESTAMP: "_timestamp_json",
}
# For casts to STRING, by the type that is cast.
CASTS = {
    type_pb2.TYPE_BYTES: Way(),
    type_pb2.TYPE_DOUBLE: Way("_float_text"),
    type_pb2.TYPE_NUMERIC: Way("_decimal_text"),
}


def way_of(call: Signature) -> Way | None:
    """Return how a call is answered, or None if it is left to DuckDB."""
    if call.name == "$literal":
        return Way() if call.arguments[0].type_kind == type_pb2.TYPE_BYTES else None
    if call.name == "$cast" and call.result == type_pb2.TYPE_BYTES:
        return Way()
    if (
        call.name == "$cast"
        and call.result == type_pb2.TYPE_NUMERIC
        and _any_argument_is(type_pb2.TYPE_DOUBLE)(call)
    ):
        return Way(guard=_guard(call))
    if call.name == "$cast":
        return CASTS.get(call.arguments[0].type_kind) if call.result == type_pb2.TYPE_STRING else None
    if call.name == "to_json_string" and len(call.arguments) == 1 and _any_argument_is(*JSON_TEXTS)(call):
        return Way(JSON_TEXTS[call.arguments[0].type_kind])
    if call.name == "$multiply" and call.result == type_pb2.TYPE_NUMERIC:
        return Way("_numeric_times")
    if call.name in COMPARISONS and _any_argument_is(type_pb2.TYPE_DOUBLE)(call):
        return Way(COMPARISONS[call.name]) if _may_meet_nan(call) else None
    if call.name in NOT_EVALUATED or call.name.startswith(("st_", "net.")):
        return None
    is_asked = call.is_safe or (call.name in EVALUATED and EVALUATED[call.name](call))
    return Way(guard=_guard(call)) if is_asked else None


def _guard(call: Signature) -> str:
    """Return the macro that says whether DuckDB's faster function will do for a call, or an empty text."""
    if call.is_safe and call.name != "parse_json":
        return ""
    needs, guard = GUARDS.get(call.name, (0, ""))
    is_fit = needs in (0, call.arguments[0].type_kind)
    if call.name in ("greatest", "least") and len(call.arguments) != 2:
        return ""
    if call.name == "round" and not call.literals[1]:  # which DuckDB does not accept
        return ""
    return guard if is_fit else ""


# When DuckDB answers as Google does, by function: the first argument's type (0 for any) and the guard macro.
GUARDS = {
    "$cast": (type_pb2.TYPE_DOUBLE, "_numeric_fits"),
    "exp": (type_pb2.TYPE_DOUBLE, "_exp_fits"),
    "greatest": (type_pb2.TYPE_DOUBLE, "_are_numbers"),
    "json_extract_scalar": (type_pb2.TYPE_STRING, "_has_plain_numbers"),
    "json_value": (type_pb2.TYPE_STRING, "_has_plain_numbers"),
    "least": (type_pb2.TYPE_DOUBLE, "_are_numbers"),
    "ln": (type_pb2.TYPE_DOUBLE, "_ln_fits"),
    "mod": (0, "_mod_fits"),
    "lower": (type_pb2.TYPE_STRING, "_is_ascii"),
    "parse_json": (0, "_is_plain_json"),
    "pow": (type_pb2.TYPE_DOUBLE, "_pow_fits"),
    "round": (type_pb2.TYPE_DOUBLE, "_round_fits"),
    "upper": (type_pb2.TYPE_STRING, "_is_ascii"),
}


def _may_meet_nan(call: Signature) -> bool:
    match call.name:
        case "$less" | "$less_or_equal":
            return not call.literals[1]
        case "$greater" | "$greater_or_equal":
            return not call.literals[0]
        case "$equal" | "$not_equal":
            return not any(call.literals)
    return True


def rewrite_calls(script: str, start: int, text: str, found: Sequence[Call]) -> str:
    """Return the text of the statement that starts at a character of a script, its calls put to the engine.

    The calls' places are byte offsets in the script.
    """
    first = len(script[:start].encode())
    place = first, first + len(text.encode())
    return _rewrite_part(script.encode(), place, [call for call in found if _is_convertible(call)]).decode()


def _is_convertible(call: Call) -> bool:
    if call.way.macro:
        return True
    try:
        for kind in (call.kind, *(leaf.kind for leaf in call.leaves)):
            arrow_type(kind)
    except UnconvertibleError:
        return False
    return _function_name(call.kind) is not None


def _rewrite_part(whole: bytes, place: tuple[int, int], found: Sequence[Call]) -> bytes:
    """Return a part of the statement, with the calls that lie in it rewritten."""
    parts, at = [], place[0]
    for call in found:
        if call.place[0] < at or call.place[1] > place[1]:
            continue
        parts += [whole[at : call.place[0]], _rewrite_call(whole, call, found)]
        at = call.place[1]
    return b"".join([*parts, whole[at : place[1]]])


def _rewrite_call(whole: bytes, call: Call, found: Sequence[Call]) -> bytes:
    inner = [other for other in found if other is not call]
    arguments = b", ".join(_rewrite_part(whole, place, inner) for place in call.arguments)
    if call.way.macro:
        made = f"{call.way.macro}(".encode() + arguments + b")"
        return made if call.kind.type_kind == type_pb2.TYPE_BOOL else _cast_to_type(made, call.kind)
    asked = _engine_call(whole, call, [_rewrite_part(whole, leaf.place, inner) for leaf in call.leaves])
    if not call.way.guard or not call.leaves:
        return asked
    as_written = SAFE.sub(
        b"", _rewrite_part(whole, call.place, inner)
    )  # what a guard lets through cannot fail
    return f"IF({call.way.guard}(".encode() + arguments + b"), " + as_written + b", " + asked + b")"


def _engine_call(whole: bytes, call: Call, parts: Sequence[bytes]) -> bytes:
    names = _leaf_names([whole[slice(*leaf.place)].decode() for leaf in call.leaves])
    asked = {
        "sql": _replace_leaves(whole, call, [f"_r.`{name}`".encode() for name in names]).decode(),
        "of": [to_field(name, leaf.kind) for name, leaf in zip(names, call.leaves, strict=True)],
    }
    literal = f"'{quote(json.dumps(asked), safe=READABLE)}'".encode()
    arguments = b", ".join([literal, *(parts or [b"0"])])  # DuckDB needs two
    return _cast_to_type(f"{_function_name(call.kind)}(".encode() + arguments + b")", call.kind)


def _replace_leaves(whole: bytes, call: Call, parts: Sequence[bytes]) -> bytes:
    """Return a call with the given parts in place of its leaves."""
    pieces, at = [], call.place[0]
    for leaf, part in zip(call.leaves, parts, strict=True):
        pieces += [whole[at : leaf.place[0]], part]
        at = leaf.place[1]
    return b"".join([*pieces, whole[at : call.place[1]]])


def _cast_to_type(made: bytes, kind: Kind) -> bytes:
    """Return an expression cast to its type, which the DuckDB side cannot infer for our functions."""
    result = bigquery_type(TableFieldSchema.model_validate(to_field("v", kind)))
    return b"CAST(" + made + f" AS {result})".encode()


def _leaf_names(leaves: list[str]) -> list[str]:
    """Return a name for each leaf: a column keeps its own, as a struct's field may be named after it."""
    own = [re.fullmatch(r"(?:.*\.\s*)?`?([A-Za-z_]\w*)`?", leaf, re.DOTALL) for leaf in leaves]
    names = [match[1] if match else "" for match in own]
    folded = [name.casefold() for name in names]
    return [name if name and folded.count(name.casefold()) == 1 else f"_{n}" for n, name in enumerate(names)]


def _function_name(kind: Kind) -> str | None:
    """Return the name of our DuckDB function that returns the type, or None if there is none."""
    field = to_field("v", kind)
    known = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "JSON": "STRING"}
    of = known.get(field["type"], field["type"])
    if of not in RETURNED or (field["type"] == "JSON" and field["mode"] == "REPEATED"):
        return None
    return f"_google_{'array_' if field['mode'] == 'REPEATED' else ''}{of.lower()}"


def register(evaluator: Evaluator) -> None:
    """Register the functions with DuckDB. Call once per process."""
    query.from_duckdb = _wrap_from_duckdb(query.from_duckdb)
    connection = database.connection()
    for definition in MACROS:
        connection.execute(f"CREATE OR REPLACE MACRO bq.main.{definition}")
    for name in RETURNED:
        of = duckdb_type(TableFieldSchema(name="v", type=name))
        for prefix, returned in (("", of), ("array_", f"{of}[]")):
            connection.create_function(
                f"_google_{prefix}{name.lower()}",
                _make_function(evaluator),
                None,
                returned,
                type="arrow",
                null_handling="special",
            )


def _wrap_from_duckdb(from_duckdb: Callable[..., BigQueryError]) -> Callable[..., BigQueryError]:
    """Answer 501 where Google's engine could not evaluate an expression here."""

    def translate_error(error: Exception, *more: Any) -> BigQueryError:
        translated = from_duckdb(error, *more)
        if not translated.message.startswith(BEYOND):
            return translated
        reason = translated.message.removeprefix(BEYOND).partition("\n")[0]
        return not_implemented(f"An expression that Google's engine cannot evaluate here ({reason})")

    return translate_error


def _make_function(evaluator: Evaluator) -> Callable[..., pa.ChunkedArray]:
    def evaluate(asked: pa.ChunkedArray, *columns: pa.ChunkedArray) -> pa.ChunkedArray:
        request = json.loads(unquote(asked[0].as_py()))
        lists = [column.to_pylist() for column in columns]
        names = [field["name"] for field in request["of"]]
        rows = [dict(zip(names, row, strict=False)) for row in zip(*lists, strict=True)]
        try:
            if not names:
                return _repeat(evaluator.answer(f"SELECT {request['sql']}").table().column(0), len(asked))
            return _evaluate_rows(evaluator, request, rows)
        except RefusedError as refused:
            raise ValueError(str(refused)) from refused
        except (BeyondError, BrokenError, UnconvertibleError, OverflowError, pa.ArrowInvalid) as beyond:
            raise ValueError(f"{BEYOND}{beyond}") from beyond

    return evaluate


def _repeat(value: pa.ChunkedArray, times: int) -> pa.ChunkedArray:
    return value.take(pa.array([0] * times))


def _evaluate_rows(evaluator: Evaluator, request: Any, rows: list[dict[str, Any]]) -> pa.ChunkedArray:
    """Return the engine's answers to rows, halving batches that are too large for it."""
    fields = {"name": "r", "type": "RECORD", "mode": "REPEATED", "fields": request["of"]}
    sql = f"SELECT {request['sql']} FROM UNNEST(@_rows) AS _r WITH OFFSET AS _o ORDER BY _o"
    try:
        return evaluator.answer(sql, [Value("_rows", of_field(fields), rows)]).table().column(0)
    except (BeyondError, BrokenError):  # too many at once
        if len(rows) == 1:
            raise
    half = len(rows) // 2
    parts = [_evaluate_rows(evaluator, request, part) for part in (rows[:half], rows[half:])]
    # As one chunk: DuckDB reads only the first chunk and misses the rows of the others.
    return pa.chunked_array([pa.concat_arrays([chunk for part in parts for chunk in part.chunks])])
