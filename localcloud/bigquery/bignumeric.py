"""BIGNUMERIC with its 76 digits, in a struct of one text by which DuckDB compares and orders it as a number.

DuckDB has no such type, and refuses to compute with a struct: what is not put to Google's engine, or to the
macros here, is an error and never a wrong number.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from local_bigquery.catalog import tables
from local_bigquery.engine import types
from local_bigquery.errors import BigQueryError, not_implemented
from local_bigquery.models import QueryParameterType, TableFieldSchema
from local_bigquery.sql import js, params, rules
from local_bigquery.sql.dialect import DuckDBDialect
from local_bigquery.sql.rules import NODE_RULES, STATEMENT_RULES, ddl, typing
from sqlglot import exp

from localcloud.bigquery.googlesql.bignumeric import (
    COMPLEMENTS,
    DIGITS,
    LEAST,
    MEMBER,
    MOST,
    OVERFLOW,
    PLACES,
    WHOLE,
    to_struct,
)
from localcloud.bigquery.held_types import HeldType

BIG = exp.DataType.Type.BIGDECIMAL
HELD = HeldType("BIGNUMERIC", MEMBER, "BIGNUMERIC, without a CAST,")
NAMES = ("BIGNUMERIC", "BIGDECIMAL")
MACROS = (
    f"_bignumeric_key(x) AS CASE WHEN x IS NOT NULL THEN struct_pack({MEMBER} := x) END",
    f"""_bignumeric_digits(x) AS CASE WHEN x.{MEMBER}[1] = 'n'
        THEN translate(x.{MEMBER}[2:], '{DIGITS}', '{COMPLEMENTS}') ELSE x.{MEMBER}[2:] END""",
    f"_bignumeric_sign(x) AS CASE WHEN x.{MEMBER}[1] = 'n' THEN '-' ELSE '' END",
    f"_bignumeric_whole(x) AS length(ltrim(bq.main._bignumeric_digits(x)[:{WHOLE}], '0'))",
    f"_bignumeric_places(x) AS length(rtrim(bq.main._bignumeric_digits(x)[{WHOLE + 1}:], '0'))",
    f"""_bignumeric_text(x) AS bq.main._bignumeric_sign(x)
        || coalesce(nullif(ltrim(bq.main._bignumeric_digits(x)[:{WHOLE}], '0'), ''), '0')
        || rtrim('.' || rtrim(bq.main._bignumeric_digits(x)[{WHOLE + 1}:], '0'), '.')""",
    "_bignumeric_float(x) AS CAST(bq.main._bignumeric_text(x) AS DOUBLE)",
    """_bignumeric_scaled(x) AS
        CAST(bq.main._bignumeric_sign(x) || bq.main._bignumeric_digits(x) AS BIGNUM)""",
    f"""_bignumeric_unscaled(n) AS bq.main._bignumeric_key(CASE
        WHEN n > '{MOST}'::BIGNUM OR n < '{LEAST}'::BIGNUM THEN error('{OVERFLOW}')
        WHEN n < '0'::BIGNUM
        THEN 'n' || translate(lpad((n::VARCHAR)[2:], {WHOLE + PLACES}, '0'), '{DIGITS}', '{COMPLEMENTS}')
        ELSE 'p' || lpad(n::VARCHAR, {WHOLE + PLACES}, '0') END)""",
    # Of a number written without an exponent.
    rf"_bignumeric_is_plain(t) AS regexp_full_match(t, '-?[0-9]{{1,{WHOLE}}}(\.[0-9]{{0,{PLACES}}})?')",
    f"""_bignumeric_parsed(t) AS CASE
        WHEN bq.main._bignumeric_is_plain(t)
        THEN bq.main._bignumeric_unscaled(CAST(split_part(t, '.', 1)
            || rpad(split_part(t, '.', 2), {PLACES}, '0') AS BIGNUM))
        ELSE error('Could not cast ' || t || ' to BIGNUMERIC') END""",
    # Of an integer, a decimal, a text or what is a BIGNUMERIC already.
    f"""_bignumeric(x) AS CASE
        WHEN x IS NULL THEN NULL
        WHEN starts_with(x::VARCHAR, '{{') THEN bq.main._bignumeric_key((x::VARCHAR)[{len(MEMBER) + 6}:-2])
        WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN error('A FLOAT64 is not exact')
        ELSE bq.main._bignumeric_parsed(x::VARCHAR) END""",
    # Of the texts, as DuckDB has no BETWEEN for structs, also where it would make one of two comparisons.
    *(
        f"_bignumeric_{name}(x, y) AS x.{MEMBER} {operator} y.{MEMBER}"
        for name, operator in zip(
            ("equal", "unequal", "less", "less_or_equal", "greater", "greater_or_equal"),
            ("=", "<>", "<", "<=", ">", ">="),
            strict=True,
        )
    ),
    f"_bignumeric_between(x, y, z) AS x.{MEMBER} BETWEEN y.{MEMBER} AND z.{MEMBER}",
)


def convert(expression: str, field: TableFieldSchema) -> str:
    """Return the SQL for a value of a file as the type of its column."""
    if field.type in NAMES and field.mode != "REPEATED":
        return f"bq.main._bignumeric({expression})"
    return f"CAST({expression} AS {types.duckdb_type(field)})"


def convert_text(text: str, field: TableFieldSchema) -> str:
    """Return the SQL for a text of a file as the type of its column, NULL if it does not fit."""
    if field.type in NAMES:
        return f"CASE WHEN bq.main._bignumeric_is_plain({text}) THEN bq.main._bignumeric_parsed({text}) END"
    return f"TRY(CAST({text} AS {types.duckdb_type(field)}))"


def hold_bignumeric() -> None:
    """Patch the engine to hold BIGNUMERIC so. Call once per process, and create the macros."""
    types.TO_DUCKDB.update(dict.fromkeys(NAMES, HELD.struct))
    HELD.read("bq.main._bignumeric_text({})".format)
    types.normalised, types.cast = _wrap_normalised(types.normalised), _wrap_cast(types.cast)
    params._plain, params._decode = _wrap_plain(params._plain), _wrap_decode(params._decode)
    writer = DuckDBDialect.Generator
    writer.TYPE_MAPPING[BIG] = HELD.struct
    writer.TYPE_PARAM_SETTINGS = {of: most for of, most in writer.TYPE_PARAM_SETTINGS.items() if of != BIG}
    ddl.LENGTHS = (*ddl.LENGTHS, BIG)  # of which the engine gets no parameters
    typing.DECIMALS.pop(BIG)
    STATEMENT_RULES.append(_convert_inserted)
    STATEMENT_RULES.insert(0, _refuse_functions)
    js.register = _wrap_register(js.register)
    NODE_RULES.append(_convert_casts)
    i = NODE_RULES.index(rules.tables.wildcard_table)
    NODE_RULES[i] = _wrap_wildcard(NODE_RULES[i])


def _is_wide(kind: Any) -> bool:
    """Return whether a type is a decimal of DuckDB with more places than NUMERIC has, as in a file."""
    return str(kind.id) == "decimal" and dict(kind.children)["scale"] > 9


def _wrap_normalised(normalised: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda kind: HELD.struct if _is_wide(kind) else normalised(kind)


def _wrap_cast(cast: Callable[[str, Any], str]) -> Callable[[str, Any], str]:
    return lambda sql, kind: f"bq.main._bignumeric({sql})" if _is_wide(kind) else cast(sql, kind)


def _wrap_plain(plain: Callable[..., Any]) -> Callable[..., Any]:
    def plain_or_held(kind: QueryParameterType, value: Any) -> Any:
        if kind.type not in NAMES or value is None or value.value is None:
            return plain(kind, value)
        try:
            return to_struct(Decimal(value.value))[MEMBER]
        except (ArithmeticError, ValueError):
            raise BigQueryError("invalid", f"Invalid BIGNUMERIC value: {value.value}") from None

    return plain_or_held


def _wrap_decode(decode: Callable[..., str]) -> Callable[..., str]:
    return lambda sql, kind: f"bq.main._bignumeric_key({sql})" if kind.type in NAMES else decode(sql, kind)


def _refuse_functions(tree: exp.Expr, _: object) -> exp.Expr:
    """Raise BigQueryError for a function of BIGNUMERIC: its body is not put to Google's engine."""
    is_function = isinstance(tree, exp.Create) and "FUNCTION" in str(tree.args.get("kind"))
    if is_function and any(kind.this == BIG for kind in tree.find_all(exp.DataType)):
        raise not_implemented("BIGNUMERIC in a function")
    return tree


def _wrap_register(register: Callable[[exp.Expr], str]) -> Callable[[exp.Expr], str]:
    return lambda tree: register(_refuse_functions(tree, None))


def _wrap_wildcard(expand: Callable[..., exp.Expr]) -> Callable[..., exp.Expr]:
    """Raise BigQueryError where BIGNUMERIC of a wildcard table may become text: its types are not known."""

    def expand_or_refuse(node: exp.Expr, context: Any) -> exp.Expr:
        expanded = expand(node, context)
        if expanded is not node and any(map(_makes_text, node.root().walk())):
            for table in expanded.find_all(exp.Table):
                if any(field.type in NAMES for field in tables.columns(table.catalog, table.db, table.name)):
                    raise not_implemented("A text from a wildcard table with BIGNUMERIC")
        return expanded

    return expand_or_refuse


def _makes_text(node: exp.Expr) -> bool:
    if isinstance(node, exp.Cast):
        return node.to.this in exp.DataType.TEXT_TYPES
    return isinstance(node, exp.Anonymous) and node.name.lower() in typing.TO_JSON


def _convert_inserted(tree: exp.Expr, _: object) -> exp.Expr:
    """Convert the columns of a query that are inserted into BIGNUMERIC."""
    query = tree.expression if isinstance(tree, exp.Insert) else None
    table = tree.find(exp.Table) if isinstance(query, exp.Query) else None
    if table is None or not (table.catalog and table.db):
        return tree
    fields = {field.name.casefold(): field for field in tables.columns(table.catalog, table.db, table.name)}
    names = (
        [part.name.casefold() for part in tree.this.expressions] if isinstance(tree.this, exp.Schema) else []
    )
    inserted = [fields[name] for name in names or fields]
    if any(field.type in NAMES for field in inserted):
        columns = [exp.to_identifier(f"c{n}") for n in range(len(inserted))]
        source = exp.Subquery(
            this=query, alias=exp.TableAlias(this=exp.to_identifier("given"), columns=columns)
        )
        pairs = zip(columns, inserted, strict=True)
        values = [_converted(exp.column(column.copy()), field) for column, field in pairs]
        tree.set("expression", exp.select(*values).from_(source))
    return tree


def _converted(value: exp.Expr, field: TableFieldSchema) -> exp.Expr:
    if field.type not in NAMES or field.mode == "REPEATED":
        return value
    return exp.Anonymous(this="bq.main._bignumeric", expressions=[value])


def _convert_casts(node: exp.Expr, _: object) -> exp.Expr:
    """Put a cast that is not Google's engine's to the macros; raises BigQueryError where there is none."""
    if isinstance(node, exp.Anonymous) and node.name.lower() in typing.TO_JSON:
        kinds = [given.type for given in node.expressions if given.type]
        if any(part.this == BIG for kind in kinds for part in kind.find_all(exp.DataType)):
            raise not_implemented("BIGNUMERIC as JSON here")
    if not isinstance(node, exp.Cast) or isinstance(node.this, (exp.Null, exp.Anonymous)):
        return node
    kind = node.this.type
    if node.to.this == BIG:
        node.set("this", exp.Anonymous(this="bq.main._bignumeric", expressions=[node.this]))
    elif node.to.this in exp.DataType.TEXT_TYPES and kind is not None and kind.this == BIG:
        return exp.Anonymous(this="bq.main._bignumeric_text", expressions=[node.this])
    return node
