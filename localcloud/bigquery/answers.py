"""Results as Google's engine gives them, where DuckDB's functions of the same name differ.

The rules run after the engine's own statement rules, when types are known. Each reproduces the answers of
GoogleSQL's reference implementation; tests/localcloud/google_answers.json has cases.
"""

import re
from collections.abc import Callable
from typing import Any

from local_bigquery.engine import database
from local_bigquery.errors import not_implemented
from local_bigquery.sql.dialect import macro
from local_bigquery.sql.rules import STATEMENT_RULES
from local_bigquery.sql.rules.typing import DECIMALS, FLOATS, TEXT, kind
from sqlglot import exp

from localcloud.bigquery import bignumeric
from localcloud.bigquery.evaluation_choice import COMPARISONS, GUARDS, JSON_TEXTS

Type = exp.DataType.Type
INTEGERS = exp.DataType.INTEGER_TYPES
# White space in Unicode, and therefore what TRIM removes.
WHITE = "".join(
    map(chr, [*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029])
)
WHITE += "\u202f\u205f\u3000"
DAY = "[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2}"
TIME = r"(?:[01]?[0-9]|2[0-3]):[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]{0,9})?"
ZONE = "(?:[Zz]|[+-][0-9]{1,2}(?::?[0-9]{2})?| [A-Za-z][A-Za-z0-9_+/-]+)?"
# By target type: the texts that a cast accepts, and the start of its error message for others.
CASTS = {
    Type.BIGINT: (r"\s*(?:\+?0[xX][0-9a-fA-F]+|[+-]?[0-9]+)\s*", "Bad int64 value: "),
    Type.BOOLEAN: ("(?i:true|false)", "Bad bool value: "),
    Type.DOUBLE: ("[^_]*", "Bad double value: "),
    Type.DECIMAL: ("[^_]*", "Invalid NUMERIC value: "),
    Type.DATE: (DAY, "Invalid date: "),
    Type.TIME: (TIME, "Invalid time string "),
    Type.DATETIME: (f"{DAY}(?:[Tt ]{TIME})?", "Invalid datetime string "),
    Type.TIMESTAMPTZ: (f"{DAY}(?:[Tt ]{TIME}{ZONE})?", "Invalid timestamp: "),
}
CLOCKED = {Type.DATETIME, Type.TIMESTAMPTZ}  # whose T may be lower case
OURS = {
    *("_float_text", "_decimal_text", "_numeric_times", *(guard for _, guard in GUARDS.values())),
    *COMPARISONS.values(),
    *JSON_TEXTS.values(),
    *("_clock_text", "_plus_days", "_days_plus", "_minus_days"),
    *(definition.partition("(")[0] for definition in bignumeric.MACROS),
}
PARTS = {"MILLISECOND": 1000, "MICROSECOND": 1_000_000}
MACROS = (
    # At most 15 significant digits, or 17 if 15 do not round-trip.
    """_float_text(x) AS CASE
        WHEN isnan(x) THEN 'nan'
        WHEN isinf(x) THEN if(x > 0, 'inf', '-inf')
        WHEN TRY_CAST(printf('%.15g', x) AS DOUBLE) = x THEN printf('%.15g', x + 0.0)
        ELSE printf('%.17g', x)
    END""",
    "_decimal_text(x) AS regexp_replace(regexp_replace(x::VARCHAR, '(\\.[0-9]*?)0+$', '\\1'), '\\.$', '')",
    """_float_json(x) AS CASE
        WHEN x IS NULL THEN 'null'
        WHEN isnan(x) THEN '"NaN"'
        WHEN isinf(x) THEN if(x > 0, '"Infinity"', '"-Infinity"')
        ELSE bq.main._float_text(x)
    END""",
    """_integer_json(x) AS CASE
        WHEN x IS NULL THEN 'null'
        WHEN abs(x::HUGEINT) > 9007199254740992 THEN concat('"', x, '"')
        ELSE x::VARCHAR
    END""",
    """_timestamp_json(x) AS coalesce('"' || regexp_replace(
        strftime(x AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%f'), '(?:\\.000000|000)$', '') || 'Z"', 'null')""",
)


def answer_as_google() -> None:
    """Patch the engine to answer as Google does. Call once per process, before the engine is locked down."""
    for definition in (*bignumeric.MACROS, *MACROS):
        database.connection().execute(f"CREATE OR REPLACE MACRO bq.main.{definition}")
    STATEMENT_RULES.append(_as_google)
    STATEMENT_RULES.insert(0, _refuse_wrong)


def _refuse_wrong(tree: exp.Expr, _: object) -> exp.Expr:
    """Refuse what DuckDB would answer wrongly."""
    for node in tree.walk():
        if what := _wrong(node):
            raise not_implemented(what)
    return tree


def _wrong(node: exp.Expr) -> str | None:
    match node:
        case exp.SetOperation() if node.args.get("by_name") and node.args.get("kind") == "INNER":
            return "INNER … BY NAME, or CORRESPONDING,"  # it would keep all columns
        case exp.Pivot() if node.args.get("unpivot") and not node.args.get("include_nulls"):
            several = any(isinstance(column, exp.Tuple) for column in node.expressions)
            return "UNPIVOT of several columns without INCLUDE NULLS" if several else None
        case exp.ArrayConcatAgg() if node.find(exp.Limit):
            return "ARRAY_CONCAT_AGG with LIMIT"
        case exp.RespectNulls() if node.find(exp.PercentileCont) or node.find_ancestor(exp.PercentileCont):
            return "PERCENTILE_CONT with RESPECT NULLS"
    return None


def _as_google(tree: exp.Expr, _: object) -> exp.Expr:
    for node in list(tree.walk(bfs=False)):
        if rule := RULES.get(type(node)):
            rule(node)
    for node in tree.find_all(exp.Anonymous):  # last, as rules copy the contents of what they replace
        _function(node)
    return tree


def _trim(node: exp.Expr) -> None:
    if node.args.get("expression") is None:
        node.set("expression", exp.Literal.string(WHITE))


def _round(node: exp.Expr) -> None:
    """Cast an integer to FLOAT64, the type of the result, before it is rounded."""
    if kind(node.this) in INTEGERS:
        node.set("this", exp.cast(node.this, "DOUBLE"))


def _substring(node: exp.Expr) -> None:
    """Start at the first character if the position lies before it."""
    start = node.args.get("start")
    if start is None or (isinstance(start, exp.Literal) and start.name != "0"):
        return
    length = exp.func("length", node.this.copy())
    before = exp.or_(start.copy().eq(0), exp.LT(this=start.copy(), expression=exp.Neg(this=length)))
    node.set("start", exp.If(this=before, true=exp.Literal.number(1), false=start.copy()))


def _part(node: exp.Expr) -> None:
    """Exclude whole seconds from milliseconds and microseconds, where DuckDB includes them."""
    if node.name.upper() in PARTS and not isinstance(node.parent, exp.Mod):
        thousands = exp.Literal.number(PARTS[node.name.upper()])
        node.replace(exp.Paren(this=exp.Mod(this=node.copy(), expression=thousands)))


def _minimum(node: exp.Expr) -> None:
    """Make MIN return NaN if there is one, as MAX does."""
    if kind(node.this) in FLOATS:
        order = [exp.Not(this=exp.func("isnan", node.this.copy())), node.this.copy()]
        key = exp.Anonymous(this="row", expressions=order)
        node.replace(exp.Anonymous(this="arg_min", expressions=[node.this.copy(), key]))


def _order(node: exp.Order) -> None:
    """Sort NaN before all numbers, and NULLs where the query asks for them."""
    window = node.parent
    spec = window.args.get("spec") if isinstance(window, exp.Window) else None
    if spec and spec.args.get("kind") == "RANGE":  # which has a single key
        return
    keys = []
    for ordered in node.expressions:
        if kind(ordered.this) in FLOATS:
            number = exp.Not(this=exp.func("isnan", ordered.this.copy()))
            keys.append(exp.Ordered(**(ordered.args | {"this": number})))
            ordered.this.type = None  # so that the engine's own rule, which drops NULLS FIRST, skips it
        keys.append(ordered)
    node.set("expressions", keys)


def _correlation(node: exp.Corr) -> None:
    """Make CORR return NULL for fewer than two pairs."""
    if not isinstance(node.parent, (exp.Window, exp.If)):
        pairs = exp.func("regr_count", node.this.copy(), node.expression.copy())
        node.replace(exp.If(this=pairs >= 2, true=node.copy()))


def _left_join(node: exp.Join) -> None:
    """Keep the rows whose array is empty, also WITH OFFSET, which turns the array into a query."""
    if node.side and not node.args.get("on") and not node.args.get("using"):
        node.set("on", exp.true())


def _subtotals(node: exp.Group) -> None:
    """Return no grand total if there are no rows."""
    select = node.parent
    if isinstance(select, exp.Select) and node.find(exp.Rollup, exp.Cube, exp.GroupingSets):
        select.having(exp.Count(this=exp.Star()) > 0, copy=False)


def _safe_divide(node: exp.Expr) -> None:
    """Make the quotient a NUMERIC if an argument is one."""
    if DECIMALS.keys() & {kind(node.this), kind(node.expression)}:
        quotient = exp.Div(this=node.this.copy(), expression=node.expression.copy())
        numeric = exp.cast(quotient, exp.DataType.build(DECIMALS[Type.DECIMAL], dialect="duckdb"))
        node.replace(exp.If(this=node.expression.copy().neq(0), true=numeric))


def _format(node: exp.Expr) -> None:
    """Refuse %T, the value as a SQL literal, which printf does not support."""
    if isinstance(node.this, exp.Literal) and re.search(r"(?<!%)(?:%%)*%[-+ #0']*[0-9]*T", node.this.name):
        raise not_implemented("FORMAT's %T")


def _cast(node: exp.Cast) -> None:
    """Parse texts and format numbers as Google does."""
    if kind(node.this) in FLOATS and node.to.this in TEXT:
        node.replace(macro("_float_text", node.this))
    elif kind(node.this) in DECIMALS and node.to.this in TEXT:
        node.replace(macro("_decimal_text", node.this))
    elif kind(node.this) in TEXT and node.to.this in CASTS:
        if isinstance(node.this, exp.Literal) and not isinstance(node, exp.TryCast):
            return  # such as DATE '2026-01-31', which the analyser has already checked
        _guard(node, *CASTS[node.to.this])


def _guard(node: exp.Cast, pattern: str, message: str) -> None:
    text = node.this.copy()
    fits = exp.func("regexp_full_match", text, exp.Literal.string(pattern))
    value = node.copy()
    value.type = node.type
    if node.to.this in CLOCKED:
        value.set(
            "this",
            exp.func("regexp_replace", text.copy(), *map(exp.Literal.string, (r"^([-0-9]+)t", r"\1T"))),
        )
    guarded = exp.If(this=fits, true=value)
    if not isinstance(node, exp.TryCast):
        said = exp.func("concat", exp.Literal.string(message), text.copy())
        other = exp.Case(ifs=[exp.If(this=text.copy().is_(exp.null()).not_(), true=exp.func("_raise", said))])
        guarded.set("false", other)
    guarded.type = node.type
    node.replace(guarded)


def _function(node: exp.Anonymous) -> None:
    """Qualify the names of our own macros."""
    if node.name in OURS:
        node.set("this", f"bq.main.{node.name}")


RULES: dict[type[exp.Expr], Callable[[Any], None]] = {
    exp.Trim: _trim,
    exp.Round: _round,
    exp.SafeDivide: _safe_divide,
    exp.Format: _format,
    exp.Substring: _substring,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Extract: _part,
    exp.Min: _minimum,
    exp.Corr: _correlation,
    exp.Join: _left_join,
    exp.Order: _order,
    exp.Group: _subtotals,
}
