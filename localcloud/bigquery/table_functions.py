"""Table functions that declare their columns, RETURNS TABLE<…>, or whose whole name a query quotes."""

from collections.abc import Callable
from typing import Any

from local_bigquery.catalog import names, routines
from local_bigquery.sql.dialect import BigQueryDialect
from local_bigquery.sql.rules import STATEMENT_RULES
from sqlglot import exp


def declare_columns() -> None:
    """Patch the engine to accept both, and routines to report the columns. Call once per process."""
    STATEMENT_RULES.insert(0, _remove_columns)
    BigQueryDialect.Parser._parse_table = _wrap_parse_table(BigQueryDialect.Parser._parse_table)
    routines.record = _wrap_record(routines.record)


def _declared_columns(tree: exp.Expr) -> exp.ReturnsProperty | None:
    returns = tree.find(exp.ReturnsProperty) if isinstance(tree, exp.Create) else None
    return returns if returns and returns.args.get("is_table") else None


def _wrap_parse_table(parse: Callable[..., Any]) -> Callable[..., Any]:
    """Split the name of a table function that is quoted as a whole, `dataset.name`(…)."""

    def parse_and_split(parser: Any, *arguments: Any, **settings: Any) -> Any:
        table = parse(parser, *arguments, **settings)
        call = table.this if isinstance(table, exp.Table) else None
        if isinstance(call, exp.Anonymous) and isinstance(call.this, exp.Identifier) and "." in call.name:
            *path, last = call.name.split(".")
            call.set("this", last)
            for key, part in zip(("db", "catalog"), reversed(path), strict=False):
                table.set(key, exp.to_identifier(part, quoted=True))
        return table

    return parse_and_split


def _remove_columns(tree: exp.Expr, _: object) -> exp.Expr:
    """Remove declared columns, as DuckDB's macros have those of their query: a statement rule."""
    if returns := _declared_columns(tree):
        returns.pop()
    return tree


def _wrap_record(record: Callable[..., None]) -> Callable[..., None]:
    def record_columns(tree: exp.Expr, project: str, dataset: str | None) -> None:
        returns = _declared_columns(tree)
        if returns is None:
            record(tree, project, dataset)
            return
        record(_remove_columns(tree.copy(), None), project, dataset)
        reference = names.reference(tree.find(exp.Table), project, dataset)
        columns = [
            {"name": each.name, "type": routines.data_type(each.kind).dump()}
            for each in returns.this.expressions
        ]
        made = routines.load(*reference)
        routines.save(*reference, made.replace(returnTableType={"columns": columns}))

    return record_columns
