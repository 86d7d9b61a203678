"""DIV with its arguments in brackets: sqlglot writes 2 * DIV(a - 1, 7) as 2 * a - 1 // 7."""

from collections.abc import Callable

from local_bigquery.sql import script
from sqlglot import exp


def bracket_divisions() -> None:
    """Patch the parser to add the brackets. Call once per process."""
    script.parse = _wrap_parse(script.parse)


def _wrap_parse(parse: Callable[[str], list[exp.Expr]]) -> Callable[[str], list[exp.Expr]]:
    def parse_with_brackets(sql: str) -> list[exp.Expr]:
        return [_add_brackets(tree) for tree in parse(sql)]

    return parse_with_brackets


def _add_brackets(tree: exp.Expr) -> exp.Expr:
    """Put brackets around each DIV and its arguments."""
    for node in list(tree.find_all(exp.IntDiv)):
        for name in ("this", "expression"):
            node.set(name, exp.Paren(this=node.args[name]))
        bracket = exp.Paren()
        outer = node.parent if isinstance(node.parent, exp.SafeFunc) else node
        outer.replace(bracket)
        bracket.set("this", node if outer is node else _safe_division(node))
    return tree


def _safe_division(division: exp.IntDiv) -> exp.Expr:
    """Return the equivalent of SAFE.DIV, which the engine does not know."""
    return exp.If(this=division.expression.copy().eq(0), true=exp.null(), false=division.copy())
