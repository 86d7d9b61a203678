"""Pipe syntax: what sqlglot lacks of it, SET, DROP and RENAME, and SELECT DISTINCT, which it reads as SELECT.

A clause that takes effect last (LIMIT, DISTINCT) gets a query of its own before the next operator.
"""

from collections.abc import Callable
from typing import Any

from local_bigquery.sql.dialect import BigQueryDialect
from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

type Operator = Callable[[Any, exp.Select], exp.Expr]


def support_pipes() -> None:
    """Patch the parser accordingly. Call once per process."""
    parser = BigQueryDialect.Parser
    known = parser.PIPE_SYNTAX_TRANSFORM_PARSERS
    own = {"SELECT": _select, "SET": _set, "DROP": _drop, "RENAME": _rename}
    parser.PIPE_SYNTAX_TRANSFORM_PARSERS = {
        name: _wrap_operator(name, operator) for name, operator in (known | own).items()
    }
    parser._parse_pipe_syntax_join = _wrap_operator("JOIN", parser._parse_pipe_syntax_join)


def _wrap_operator(name: str, operator: Operator) -> Operator:
    """Close what comes before an operator if that would otherwise take effect after it."""
    last = {"limit", "offset"} - ({"limit", "offset"} if name == "LIMIT" else set())
    last |= {"distinct"} - ({"distinct"} if name in ("LIMIT", "ORDER BY") else set())
    last |= {"order"} if name == "AGGREGATE" else set()

    def apply(parser: Any, query: exp.Select) -> exp.Expr:
        return operator(parser, _close(parser, query) if any(map(query.args.get, last)) else query)

    return apply


def _close(parser: Any, query: exp.Select) -> exp.Select:
    """Return a query over a query, whose only table keeps its name."""
    source = query.args["from_"].this
    name = "" if query.args.get("joins") else source.alias_or_name
    closed: exp.Select = parser._build_pipe_cte(query, [exp.Star()])
    if name:
        table = closed.args["from_"].this
        table.set("alias", exp.TableAlias(this=exp.to_identifier(name)))
    return closed


def _select(parser: Any, query: exp.Select) -> exp.Select:
    given = parser._parse_select(consume_pipe=False)
    query = query.select(*given.expressions, append=False)
    for part in ("distinct", "kind"):
        query.set(part, given.args.get(part))
    closed: exp.Select = parser._build_pipe_cte(query, [exp.Star()])
    return closed


def _set(parser: Any, query: exp.Select) -> exp.Select:
    parser._advance()

    def assignment() -> exp.Alias:
        name = parser._parse_id_var(any_token=True)
        parser._match(TokenType.EQ)
        return exp.Alias(this=parser._parse_disjunction(), alias=name)

    return _star(parser, query, replace=parser._parse_csv(assignment))


def _drop(parser: Any, query: exp.Select) -> exp.Select:
    parser._advance()
    return _star(parser, query, except_=parser._parse_csv(lambda: parser._parse_id_var(any_token=True)))


def _rename(parser: Any, query: exp.Select) -> exp.Select:
    parser._advance()

    def renaming() -> exp.Alias:
        old = parser._parse_id_var(any_token=True)
        parser._match(TokenType.ALIAS)
        return exp.Alias(this=exp.column(old), alias=parser._parse_id_var(any_token=True))

    return _star(parser, query, rename=parser._parse_csv(renaming))


def _star(parser: Any, query: exp.Select, **changes: list[exp.Expr]) -> exp.Select:
    closed: exp.Select = parser._build_pipe_cte(query.select(exp.Star(**changes), append=False), [exp.Star()])
    return closed
