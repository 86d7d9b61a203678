"""Arrays in FROM: UNNEST of structs, whose fields are columns, and arrays named by a path, `FROM t, t.items`.

The analyser says which arrays these are (googlesql/calls.py); a statement's text calls the markers there.
"""

from collections.abc import Callable
from typing import Any

from local_bigquery.sql.dialect import BigQueryDialect
from local_bigquery.sql.rules import STATEMENT_RULES
from sqlglot import exp

from localcloud.bigquery.googlesql.calls import ELEMENTS, FIELDS


def unnest_fields() -> None:
    """Patch the engine accordingly. Call once per process."""
    STATEMENT_RULES.insert(0, _unnest)
    parser = BigQueryDialect.Parser
    parser._parse_query_modifiers = _wrap_modifiers(parser._parse_query_modifiers)


def _wrap_modifiers(parse: Callable[..., Any]) -> Callable[..., Any]:
    """Accept a join in brackets that begins with UNNEST."""

    def parse_with_joins(parser: Any, this: Any) -> Any:
        if isinstance(this, exp.Unnest) and (joins := list(parser._parse_joins())):
            return exp.Subquery(this=exp.select("*").from_(this), joins=joins)
        return parse(parser, this)

    return parse_with_joins


def _unnest(tree: exp.Expr, _: object) -> exp.Expr:
    for marker in list(tree.find_all(exp.Anonymous)):
        unnest = marker.parent
        if marker.name not in (ELEMENTS, FIELDS) or not isinstance(unnest, exp.Unnest):
            continue
        array, *name = marker.expressions
        marker.replace(array)
        if name and not unnest.args.get("alias"):
            unnest.set("alias", exp.TableAlias(columns=[exp.to_identifier(name[0].name)]))
        if marker.name == FIELDS and not isinstance(array, exp.Array):  # of which the engine knows the fields
            _select_fields(unnest)
    return tree


def _select_fields(unnest: exp.Unnest) -> None:
    """Make the fields columns, unless the struct itself is used by its name."""
    alias, offset = unnest.args.get("alias"), unnest.args.get("offset")
    names = [column.name for column in alias.columns] if alias else []
    if names and _is_used_whole(unnest, names[0], bool(offset)):
        return
    columns = [exp.to_identifier("_e"), *([exp.to_identifier("_i")] if offset else [])]
    elements = exp.Unnest(
        expressions=unnest.expressions,
        alias=exp.TableAlias(this=exp.to_identifier("_u"), columns=columns),
        offset=bool(offset),
    )
    select = exp.select(exp.Anonymous(this="unnest", expressions=[exp.column("_e", "_u")])).from_(elements)
    if offset:
        number = exp.column("_i", "_u") - 1
        select = select.select(exp.alias_(number, offset.name if isinstance(offset, exp.Expr) else "offset"))
    called = exp.TableAlias(this=exp.to_identifier(names[0])) if names else None
    unnest.replace(exp.Subquery(this=select, alias=called))


def _is_used_whole(unnest: exp.Unnest, name: str, with_offset: bool) -> bool:
    select = unnest.find_ancestor(exp.Select)
    own = {id(column) for column in unnest.find_all(exp.Column)}
    return any(
        name.casefold() == (column.table or column.name).casefold()
        and (not column.table or (with_offset and isinstance(column.this, exp.Star)))
        for column in (select.find_all(exp.Column) if select else ())
        if id(column) not in own
    )
