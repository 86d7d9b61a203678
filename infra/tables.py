"""Write tables/*.json for Terraform from the steps' CREATE TABLE statements, or check that they are the same.

python -m infra.tables           writes infra/tables/*.json
python -m infra.tables --check   fails when one of them is stale
"""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from string import Template
from typing import Any

import sqlglot
from sqlglot import exp

ROOT = Path(__file__).parents[1]
FOLDER = Path(__file__).parent / "tables"
STATEMENTS = (
    "components/record_run/pipeline_runs.sql",
    "components/watch_predictions/churn_drift.sql",
    "components/watch_predictions/churn_outcomes.sql",
    "components/write_predictions/create_predictions.sql",
)
NAMES = {"project": "project", "dataset": "warehouse", "warehouse_dataset": "warehouse"}


def table_of(sql: str) -> tuple[str, dict[str, Any]]:
    """Return the name of the table that a script first creates, and what Terraform is told of it."""
    create = sqlglot.parse(Template(sql).substitute(NAMES), dialect="bigquery")[0]
    if not isinstance(create, exp.Create) or not isinstance(create.this, exp.Schema):
        raise ValueError("the script must begin with CREATE TABLE and name its columns")
    properties = create.args["properties"]
    cluster = properties.find(exp.ClusterProperty)
    return create.this.this.name, {
        "description": _description(properties.expressions),
        "partition": properties.find(exp.PartitionedByProperty).this.name,
        "clustering": [column.name for column in cluster.expressions] if cluster else None,
        "schema": [_column(column) for column in create.this.expressions],
    }


def _column(column: exp.ColumnDef) -> dict[str, str]:
    required = column.find(exp.NotNullColumnConstraint) is not None
    kind: exp.DataType = column.args["kind"]
    repeated = kind.is_type("array")
    kind = kind.expressions[0] if repeated else kind
    return {
        "name": column.name,
        "type": {"INT64": "INTEGER", "FLOAT64": "FLOAT"}.get(kind.sql("bigquery"), kind.sql("bigquery")),
        "mode": "REPEATED" if repeated else "REQUIRED" if required else "NULLABLE",
        "description": _description(column.constraints),
    }


def _description(options: Iterable[exp.Expression]) -> str:
    """Return the description among the options of a table or a column."""
    found = (each for option in options for each in option.find_all(exp.Property))
    [text] = [str(each.args["value"].name) for each in found if each.name == "description"]
    return text


def files() -> dict[Path, str]:
    """Return the text of each file of tables/."""
    tables = dict(table_of((ROOT / path).read_text(encoding="utf-8")) for path in STATEMENTS)
    return {FOLDER / f"{name}.json": json.dumps(table, indent=2) + "\n" for name, table in tables.items()}


def main(arguments: list[str] | None = None) -> int:
    """Write or check the files; return 1 when one is stale."""
    parser = argparse.ArgumentParser(
        "python -m infra.tables", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args(arguments).check
    for path, text in files().items():
        if not check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            print(f"{path.name} is stale: run python -m infra.tables", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
