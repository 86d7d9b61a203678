"""STRUCT(a, t.b), whose fields are named after the columns; local-bigquery names only those with AS."""

from local_bigquery.sql.rules import STATEMENT_RULES
from sqlglot import exp

# Values of one type come from several expressions here, and DuckDB would match their fields by name.
SEVERAL = (exp.Array, exp.Case, exp.Coalesce, exp.If, exp.Predicate, exp.SetOperation)
QUERIES = (exp.Select, exp.Create)


def name_fields() -> None:
    """Patch the engine to name them. Call once per process."""
    STATEMENT_RULES.insert(0, _name)


def _name(tree: exp.Expr, _: object) -> exp.Expr:
    if isinstance(tree, QUERIES):
        for struct in list(tree.find_all(exp.Struct)):
            if not isinstance(struct.parent, exp.Cast) and not struct.find_ancestor(*SEVERAL):
                _name_after_columns(struct)
    return tree


def _name_after_columns(struct: exp.Struct) -> None:
    for value in list(struct.expressions):
        if isinstance(value, (exp.Column, exp.Dot)) and not isinstance(value.this, exp.Star):
            value.replace(exp.PropertyEQ(this=exp.to_identifier(value.name), expression=value.copy()))
