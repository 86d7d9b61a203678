"""ARRAY_AGG with both IGNORE NULLS and LIMIT, where the engine would keep the NULLs.

This is a common way to ask for the first non-NULL value in some order.
"""

from local_bigquery.sql.rules import STATEMENT_RULES
from sqlglot import exp


def ignore_nulls_first() -> None:
    """Patch the engine to drop NULLs before it applies the limit. Call once per process."""
    STATEMENT_RULES.insert(0, _filter_limited)


def _filter_limited(tree: exp.Expr, _: object) -> exp.Expr:
    for ignoring in list(tree.find_all(exp.IgnoreNulls)):
        aggregate = ignoring.this
        limit = aggregate.this if isinstance(aggregate, exp.ArrayAgg) else None
        if not isinstance(limit, exp.Limit):
            continue
        values = exp.ArrayAgg(this=limit.this.copy())
        present = exp.Not(this=exp.Is(this=_value(limit.this).copy(), expression=exp.null()))
        filtered = exp.Filter(this=values, expression=exp.Where(this=present))
        ignoring.replace(exp.func("list_slice", filtered, exp.Literal.number(1), limit.expression.copy()))
    return tree


def _value(values: exp.Expr) -> exp.Expr:
    """Return the aggregated expression without ORDER BY and DISTINCT."""
    ordered = values.this if isinstance(values, exp.Order) else values
    return ordered.expressions[0] if isinstance(ordered, exp.Distinct) else ordered
