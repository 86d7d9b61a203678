"""_FILE_NAME, the pseudo-column of external tables: a column that nothing lists and no star selects."""

from local_bigquery.catalog import metadata, tables
from local_bigquery.models import Table, TableFieldSchema
from local_bigquery.sql.rules import STATEMENT_RULES
from sqlglot import exp

FILE_NAME = "_FILE_NAME"


def hide_file_names() -> None:
    """Patch the engine to hide the column. Call once per process."""
    listed = tables.columns

    def columns(project: str, dataset: str, table: str) -> list[TableFieldSchema]:
        return [field for field in listed(project, dataset, table) if field.name != FILE_NAME]

    tables.columns = columns
    STATEMENT_RULES.append(_hide_from_stars)


def _hide_from_stars(tree: exp.Expr, _: object) -> exp.Expr:
    for table in tree.find_all(exp.Table):
        select = table.find_ancestor(exp.Select)
        if not select or not _is_external(table):
            continue
        for star in select.expressions:
            if isinstance(star, exp.Star):
                hidden = exp.column(FILE_NAME, quoted=True)
                star.set("except_", [*(star.args.get("except_") or []), hidden])
    return tree


def _is_external(table: exp.Table) -> bool:
    stored = metadata.load(Table, table.catalog, table.db, table.name) if table.catalog else None
    return bool(stored and stored.type == "EXTERNAL")
