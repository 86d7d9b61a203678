"""SET (a, b) = (SELECT AS STRUCT …), which the engine does not know: each variable gets a member."""

from collections.abc import Callable

import sqlglot
from local_bigquery.sql.dialect import BigQueryDialect
from local_bigquery.sql.script import Interpreter, Statement
from sqlglot import exp


def set_from_structs() -> None:
    """Patch scripts to support it. Call once per process."""
    Interpreter.set = _wrap_set(Interpreter.set)


def _wrap_set(assign: Callable[..., None]) -> Callable[..., None]:
    def set_members(interpreter: Interpreter, statement: Statement) -> None:
        tree = sqlglot.parse_one(statement.text, dialect=BigQueryDialect)
        pair = tree.expressions[0].this
        targets = _targets(pair.this) if isinstance(pair, exp.EQ) and len(tree.expressions) == 1 else []
        query = pair.expression.unnest() if targets else None
        if not (isinstance(query, exp.Select) and query.args.get("kind") == "STRUCT"):
            assign(interpreter, statement)
            return
        members = query.copy()
        members.set("kind", None)
        interpreter.into(members, targets)

    return set_members


def _targets(node: exp.Expr) -> list[str]:
    """Return the names of the variables in brackets, or none if there are no brackets."""
    if isinstance(node, exp.Tuple):
        return [each.name for each in node.expressions]
    return [node.this.name] if isinstance(node, exp.Paren) else []
