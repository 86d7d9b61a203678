"""How each call in a statement is answered: by Google's engine, by a macro, or by DuckDB's own function.

DuckDB lacks some functions, and answers others differently for some or all arguments.
"""

from collections.abc import Callable

from zetasql.wasi._pb2.zetasql.public import type_pb2

from localcloud.bigquery.googlesql.calls import COERCIONS, Evaluation, Signature

type Kind = type_pb2.TypeProto

PLAIN = {type_pb2.TYPE_STRING, type_pb2.TYPE_BOOL, type_pb2.TYPE_DATE}  # whose JSON is the same in DuckDB
TIMES = (type_pb2.TYPE_DATE, type_pb2.TYPE_TIMESTAMP, type_pb2.TYPE_DATETIME, type_pb2.TYPE_TIME)
# Functions that differ for any arguments.
ALWAYS = """
    bit_count bool bool_array chr cos cosh edit_distance exp float64 float64_array format format_date
    format_datetime format_time format_timestamp generate_date_array ieee_divide initcap instr int64
    int64_array json_array json_array_append json_array_insert json_extract json_extract_array
    json_extract_string_array json_keys json_object json_query json_query_array json_remove
    json_set json_strip_nulls json_value_array lax_bool_array lax_float64_array lax_int64_array
    lax_string_array left ln log log10 lower lpad make_interval parse_date parse_datetime parse_json
    parse_time parse_timestamp pow repeat right rpad safe_convert_bytes_to_string sin sinh soundex split
    string_array tan tanh to_json translate unicode upper
"""
NOT_EVALUATED = {"normalize", "normalize_and_casefold"}  # need Unicode data that the engine lacks
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
JSON_TEXTS = {
    type_pb2.TYPE_INT64: "_integer_json",
    type_pb2.TYPE_DOUBLE: "_float_json",
    type_pb2.TYPE_TIMESTAMP: "_timestamp_json",
}
# For dates and numbers of days, by the types of both.
DAYS = {
    ("$add", type_pb2.TYPE_DATE, type_pb2.TYPE_INT64): "_plus_days",
    ("$add", type_pb2.TYPE_INT64, type_pb2.TYPE_DATE): "_days_plus",
    ("$subtract", type_pb2.TYPE_DATE, type_pb2.TYPE_INT64): "_minus_days",
}
# For casts to STRING, by the type that is cast.
CASTS = {
    type_pb2.TYPE_BYTES: Evaluation(),
    type_pb2.TYPE_DOUBLE: Evaluation("_float_text"),
    type_pb2.TYPE_NUMERIC: Evaluation("_decimal_text"),
    **dict.fromkeys(
        (type_pb2.TYPE_TIME, type_pb2.TYPE_DATETIME, type_pb2.TYPE_TIMESTAMP), Evaluation("_clock_text")
    ),
}
BIGNUMERIC_CASTS = {(type_pb2.TYPE_BIGNUMERIC, type_pb2.TYPE_STRING): "_bignumeric_text"}
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


# Those of BIGNUMERIC, of which DuckDB has none; comparisons and the like are of texts that sort as it does.
BIGNUMERIC = """
    $add $divide $multiply $subtract $unary_minus abs acos acosh asin asinh atan atan2 atanh cbrt ceil ceiling
    cos cosh cot coth csc csch div exp floor format generate_array greatest ieee_divide is_inf is_nan least ln
    log log10 mod parse_bignumeric pow power range_bucket round safe_add safe_divide safe_multiply safe_negate
    safe_subtract sec sech sign sin sinh sqrt tan tanh trunc
"""


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


# Functions that differ for some arguments only.
SOMETIMES: dict[str, Callable[[Signature], bool]] = {
    "$safe_array_at_offset": lambda call: not call.literals[1],
    "div": _any_argument_is(type_pb2.TYPE_NUMERIC),
    "regexp_contains": _any_argument_is(type_pb2.TYPE_BYTES),
    "to_code_points": _any_argument_is(type_pb2.TYPE_BYTES),
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


def choose_evaluation(call: Signature) -> Evaluation | None:
    """Return how a call is answered, or None if it is left to DuckDB."""
    if call.name == "$literal":
        return Evaluation() if call.arguments[0].type_kind == type_pb2.TYPE_BYTES else None
    if _any_argument_is(type_pb2.TYPE_BIGNUMERIC)(call) or call.result == type_pb2.TYPE_BIGNUMERIC:
        return _choose_for_bignumeric(call)
    if call.name == "$cast":
        return _choose_for_cast(call)
    if call.name == "to_json_string" and len(call.arguments) == 1 and _any_argument_is(*JSON_TEXTS)(call):
        return Evaluation(JSON_TEXTS[call.arguments[0].type_kind])
    if macro := DAYS.get((call.name, *(argument.type_kind for argument in call.arguments))):
        return Evaluation(macro)
    if call.name == "$multiply" and call.result == type_pb2.TYPE_NUMERIC:
        return Evaluation("_numeric_times")
    if call.name in COMPARISONS and _any_argument_is(type_pb2.TYPE_DOUBLE)(call):
        return Evaluation(COMPARISONS[call.name]) if _may_meet_nan(call) else None
    if call.name in NOT_EVALUATED or call.name.startswith(("st_", "net.")):
        return None
    is_evaluated = call.is_safe or (call.name in EVALUATED and EVALUATED[call.name](call))
    return Evaluation(guard=_guard(call)) if is_evaluated else None


def _choose_for_cast(call: Signature) -> Evaluation | None:
    given = call.arguments[0].type_kind
    if call.result == type_pb2.TYPE_BYTES:
        return Evaluation()
    if call.result == type_pb2.TYPE_NUMERIC and given == type_pb2.TYPE_DOUBLE:
        return Evaluation(guard=_guard(call))
    return CASTS.get(given) if call.result == type_pb2.TYPE_STRING else None


def _choose_for_bignumeric(call: Signature) -> Evaluation | None:
    if call.name in ("sum", "avg"):
        return Evaluation(f"_bignumeric_{call.name}")
    if call.name == "$cast":
        pair = call.arguments[0].type_kind, call.result
        return Evaluation(COERCIONS.get(pair) or BIGNUMERIC_CASTS.get(pair, ""))
    if call.name in COMPARISONS:
        return Evaluation(COMPARISONS[call.name].replace("_nan", "_bignumeric"))
    is_evaluated = call.name in BIGNUMERIC.split() or (call.name in EVALUATED and EVALUATED[call.name](call))
    return Evaluation() if call.is_safe or is_evaluated else None


def _guard(call: Signature) -> str:
    """Return the macro that says whether DuckDB's faster function will do for a call, or an empty text."""
    if call.is_safe and call.name != "parse_json":
        return ""
    needs, guard = GUARDS.get(call.name, (0, ""))
    has_type = needs in (0, call.arguments[0].type_kind)
    if call.name in ("greatest", "least") and len(call.arguments) != 2:
        return ""
    if call.name == "round" and not call.literals[1]:  # which DuckDB does not accept
        return ""
    return guard if has_type else ""


def _may_meet_nan(call: Signature) -> bool:
    match call.name:
        case "$less" | "$less_or_equal":
            return not call.literals[1]
        case "$greater" | "$greater_or_equal":
            return not call.literals[0]
        case "$equal" | "$not_equal":
            return not any(call.literals)
    return True
