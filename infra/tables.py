"""The tables that steps write: each is defined by a CREATE TABLE in tables/, which Terraform gets as JSON."""

import json
from collections.abc import Iterable
from pathlib import Path
from string import Template
from typing import Any

import sqlglot
from sqlglot import exp

FOLDER = Path(__file__).parent / "tables"
DATASETS = ("warehouse", "features")
NAMES = {"project": "project", **{dataset: dataset for dataset in DATASETS}}

API_TYPES = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN"}  # as the API returns them

type Definition = dict[str, Any]


def definitions() -> dict[str, Definition]:
    """Return the definition of each table by name: dataset, description, layout and columns."""
    return {path.stem: definition(path.stem) for path in sorted(FOLDER.glob("*.sql"))}


def definition(table: str) -> Definition:
    """Return the definition of one table, from tables/NAME.sql."""
    return parse((FOLDER / f"{table}.sql").read_text(encoding="utf-8"))


def grain(table: str) -> list[str]:
    """Return the columns that identify a table's rows, from the first line of tables/NAME.sql."""
    first, _, _ = (FOLDER / f"{table}.sql").read_text(encoding="utf-8").partition("\n")
    return first.removeprefix("-- Grain: ").rstrip(".").split(", ")


def parse(sql: str) -> Definition:
    """Return the definition in a CREATE TABLE; raise ValueError if it does not name its columns."""
    [create] = sqlglot.parse(Template(sql).substitute(NAMES), dialect="bigquery")
    if not isinstance(create, exp.Create) or not (table := create.find(exp.Table)):
        raise ValueError("a table is defined by one CREATE TABLE that names its columns")
    properties = create.args["properties"]
    cluster = properties.find(exp.ClusterProperty)
    return {
        "dataset": table.db,
        "description": _description(properties.expressions),
        "partition": properties.find(exp.PartitionedByProperty).this.name,
        "clustering": [column.name for column in cluster.expressions] if cluster else None,
        "schema": _columns(create),
    }


def _columns(create: exp.Create) -> list[dict[str, str]]:
    """Return the listed columns, or those of another table except the excluded ones."""
    if isinstance(create.this, exp.Schema):
        return [_column(column) for column in create.this.expressions]
    [star] = create.expression.expressions
    left_out = {column.name for column in star.args["except_"]}
    source = definition(create.expression.find(exp.Table).name)
    return [column for column in source["schema"] if column["name"] not in left_out]


def _column(column: exp.ColumnDef) -> dict[str, str]:
    required = column.find(exp.NotNullColumnConstraint) is not None
    kind: exp.DataType = column.args["kind"]
    repeated = kind.is_type("array")
    kind = kind.expressions[0] if repeated else kind
    return {
        "name": column.name,
        "type": API_TYPES.get(kind.sql("bigquery"), kind.sql("bigquery")),
        "mode": "REPEATED" if repeated else "REQUIRED" if required else "NULLABLE",
        "description": _description(column.constraints),
    }


def _description(options: Iterable[exp.Expression]) -> str:
    """Return the description among the options of a table or a column."""
    found = (each for option in options for each in option.find_all(exp.Property))
    texts = [str(each.args["value"].name) for each in found if each.name == "description"]
    if len(texts) != 1:
        raise ValueError('a table and each of its columns have a description: OPTIONS (description = "…")')
    return texts[0]


def files() -> dict[Path, str]:
    """Return the text of each file that Terraform reads."""
    return {FOLDER / f"{name}.json": json.dumps(one, indent=2) + "\n" for name, one in definitions().items()}
