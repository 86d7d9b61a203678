"""Google's analyser accepts every statement of the project, given the types of what it reads.

The warehouse is compiled and planned as Dataform does it, once from nothing and once again, and the columns
of each table follow from the statement that makes it. So a wrong column, type or function is found without
a run, in Google's words and with the file's name.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from local_bigquery.sql import script

from components.shared.names import DATASETS, SOURCES
from components.write_predictions.scores import PREDICTED_COLUMNS, bigquery_schema
from localcloud.bigquery.googlesql.analyser import Analyser, Analysis, Scope, Table
from localcloud.bigquery.googlesql.module import Module, RefusedError
from localcloud.dataform.official_tool import OfficialTool
from localcloud.dataform.trees import read_tree

ROOT = Path(__file__).parents[1]
PROJECT, DAY = "a-project", "2026-01-31"
EXTERNAL = {"_FILE_NAME": "STRING"}
FOLDERS = ("audience/queries", "components/*", "dashboard/queries", "erase", "laptop")
NAMES = {
    "project": PROJECT,
    "dataset": DATASETS["bi"],
    **{f"{layer}_dataset": name for layer, name in DATASETS.items()},
    **DATASETS,
    "key_table": "pseudonym_key",
    "scores": "scores",
    "table": "churn_scoring_examples",
    "columns": "customer_key",
    "source": f"{PROJECT}.{DATASETS['warehouse']}.dim_customer",
    "order": "customer_key",
    "line": "NULL",
    "view": "bi_customers_to_call",
    "predicted_columns": ", ".join(PREDICTED_COLUMNS),
    "changelog": f"{PROJECT}.firestore_export.sales_raw_changelog",
}
DATASET_OF = {"components/record_run/pipeline_runs.sql": "warehouse", "erase/count_rows.sql": "features",
              "erase/delete_rows.sql": "features", "erase/drop_copy.sql": "features"}  # fmt: skip
# The steps' query parameters by type; types in brackets are arrays.
TYPES = {
    "DATE": "as_of first_window_date first_day prediction_date started_on closes_on sought_until"
    " measured_as_of",
    "INT64": "horizon_days one_in period_days days most most_rows top training_rows_days least_held_out"
    " documents_read bytes_billed",
    "TIMESTAMP": "ended_at scored_at since until",
    "STRING": "error failed_step started_at run_id state steps pipeline_run_id model_version"
    " first_key end_key campaign currency step_costs",
    "FLOAT64": "high_risk medium_risk holdout_share machine_seconds estimated_cost firestore_cost"
    " bigquery_cost vertex_cost",
    "BOOL": "ranks",
    "[DATE]": "cutoff_dates",
    "[STRING]": "columns categories channels currencies values shop_ids export_ids keys effects",
    "[FLOAT64]": "stability missing_share training_missing_share",
    "[BOOL]": "bounded",
}
PARAMETERS = {name: kind for kind, names in TYPES.items() for name in names.split()}
FIRST = (
    "components/extract_features/extract_features.sql",
    "components/extract_features/replace_examples.sql",
)


@dataclass
class Warehouse:
    """The tables that statements have made so far, as Google's analyser knows them."""

    analyser: Analyser
    tables: dict[str, Table] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    checked: int = 0
    known: dict[str, Analysis] = field(default_factory=dict)

    def take(self, file: str, text: str) -> None:
        """Analyse a script's statements, remember the tables they make, and note what is refused."""
        variables: dict[str, Any] = {}
        temporary: dict[str, Table] = {}
        end = 0
        for statement in script.parse_script(text):
            start = text.index(statement.text, end)
            end = start + len(statement.text)
            try:
                if declared := re.fullmatch(
                    r"DECLARE\s+(\w+)\s+([\w<>]+)(?:\s+DEFAULT\s+(.*))?", statement.text, re.S
                ):
                    name, kind, default = declared.groups()
                    self._analyse(f"SELECT {default or 'NULL'}", variables, temporary)
                    variables[name.lower()] = self._field(name, kind)
                else:
                    self._analyse(text, variables, temporary, start, statement.text)
            except RefusedError as refused:
                self.faults.append(f"{file}: {refused}")
            self.checked += 1

    def _analyse(
        self,
        text: str,
        variables: Mapping[str, Any],
        temporary: dict[str, Table],
        start: int = 0,
        own: str = "",
    ) -> None:
        named = self.analyser.table_names(own or text)
        known = {path: temporary.get(path[-1]) or self.tables.get(".".join(path)) for path in named}
        if missing := [".".join(path) for path, table in known.items() if table is None]:
            raise RefusedError(f"nothing makes {', '.join(missing)}")
        asked = [parameter(name) for name in sorted(set(re.findall(r"(?<!@)@([a-z_]+)", text)))]
        tables = {path: table for path, table in known.items() if table}
        scope = Scope(tables, variables, {}, asked)
        # The statements of the first day and of the next are mostly the same.
        key = f"{start} {scope} {text}"
        if key not in self.known:
            self.known[key] = self.analyser.analyse(text, scope, start)
        found = self.known[key]
        if found.relation:
            path, columns = found.relation
            made = Table(columns, EXTERNAL if "EXTERNAL TABLE" in own.upper() else {})
            name = ".".join(path)
            (self.tables if "." in name else temporary)[name] = made

    def _field(self, name: str, kind: str) -> dict[str, Any]:
        [column] = self.analyser.analyse(f"SELECT CAST(NULL AS {kind}) AS {name}", Scope()).columns or []
        return column


def parameter(name: str) -> dict[str, Any]:
    kind = {"type": PARAMETERS[name].strip("[]")}
    is_list = PARAMETERS[name].startswith("[")
    return {"name": name, "parameterType": {"type": "ARRAY", "arrayType": kind} if is_list else kind}


def filled(path: Path, **more: str) -> str:
    text = path.read_text(encoding="utf-8")
    return re.sub(r"\$\{(\w+)\}", lambda name: (NAMES | more)[name[1]], text)


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    """The warehouse with every table, made in the order of a run: of the first day, and of the next."""
    made = Warehouse(Analyser(Module()))
    tables = [(path, filled(path)) for path in sorted((ROOT / "infra/tables").glob("*.sql"))]
    for path, text in sorted(tables, key=lambda table: "\nAS SELECT" in table[1]):  # those of another last
        made.take(str(path.relative_to(ROOT)), text)
    key = f"CREATE TABLE `{PROJECT}.{DATASETS['keys']}.pseudonym_key` (key STRING NOT NULL)"
    made.take("infra/warehouse.tf", key)
    tool = OfficialTool()
    try:
        settings = {"bucket": "a-bucket", "as_of": DAY, "shown_as_of": DAY, "sources": ",".join(SOURCES)}
        graph = tool.compile(read_tree(ROOT / "dataform"), {"defaultDatabase": PROJECT, "vars": settings})
        assert not graph.get("graphErrors", {}).get("compilationErrors")
        for is_first in (True, False):
            plan_and_take(made, tool, graph, is_first=is_first)
    finally:
        tool.close()
    yield made


def plan_and_take(made: Warehouse, tool: OfficialTool, graph: Any, *, is_first: bool) -> None:
    """Take the statements of a run in the order of dependencies, with no table existing yet or with all."""
    kinds = ("tables", "operations", "assertions")
    files = {name_of(one["target"]): one["fileName"] for kind in kinds for one in graph.get(kind, [])}
    existing = [] if is_first else [there(made, table) for table in graph["tables"]]
    waiting = {name_of(action["target"]): action for action in tool.plan(graph, {}, existing)}
    while waiting:
        for name, action in list(waiting.items()):
            if not {name_of(target) for target in action.get("dependencyTargets", [])} & waiting.keys():
                for task in waiting.pop(name)["tasks"]:
                    made.take(f"dataform/{files[name]}", task["statement"])


def there(made: Warehouse, table: Mapping[str, Any]) -> dict[str, Any]:
    """Return what Dataform is told about a table that exists."""
    columns = made.tables[name_of(table["target"])].columns
    kind = "VIEW" if table["type"] == "view" else "TABLE"
    return {"target": table["target"], "type": kind, "fields": [{"name": each["name"]} for each in columns]}


def name_of(target: Mapping[str, str]) -> str:
    return f"{target['database']}.{target['schema']}.{target['name']}"


def test_every_statement_of_the_warehouse(warehouse: Warehouse) -> None:
    assert not warehouse.faults
    assert warehouse.checked > 250


def test_every_other_statement(warehouse: Warehouse) -> None:
    beside = Warehouse(warehouse.analyser, dict(warehouse.tables))
    examples = {
        f"{kind}_columns": ", ".join(
            column["name"]
            for column in warehouse.tables[f"{PROJECT}.{DATASETS['features']}.churn_{kind}_examples"].columns
        )
        for kind in ("training", "scoring")
    }
    scores = ", ".join(
        f"{column.name} {f'ARRAY<{column.field_type}>' if column.mode == 'REPEATED' else column.field_type}"
        for column in bigquery_schema()
    )
    log = "`timestamp` TIMESTAMP, document_name STRING, operation STRING, data STRING"
    parts = "table_name STRING, partition_id STRING, total_rows INT64, last_modified_time TIMESTAMP"
    view = f"{PROJECT}.{DATASETS['warehouse']}.INFORMATION_SCHEMA.PARTITIONS"
    beside.take("partitions, as BigQuery documents them", f"CREATE TABLE `{view}` ({parts})")
    beside.take("change log", f"CREATE TABLE `{NAMES['changelog']}` ({log})")
    beside.take("scores", f"CREATE TABLE `{PROJECT}.{DATASETS['features']}.scores` ({scores})")
    beside.take(" and ".join(FIRST), "".join(filled(ROOT / name, **examples) for name in FIRST))
    for path in sorted(file for folder in FOLDERS for file in ROOT.glob(f"{folder}/*.sql")):
        name = str(path.relative_to(ROOT))
        if name not in FIRST:
            beside.take(name, filled(path, dataset=DATASETS[DATASET_OF.get(name, "bi")]))
    assert not beside.faults
    assert beside.checked > 40


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("SELECT nope FROM `{}.fct_sales`", "broken.sql: Unrecognized name: nope at [1:8]"),
        ("SELECT sale_date + 1.5 FROM `{}.fct_sales`", "broken.sql: No matching signature for operator +"),
        (
            "SELECT 1; SELECT strftime(sale_date) FROM `{}.fct_sales`",
            "broken.sql: Function not found: strftime",
        ),
        ("SELECT 1 FROM `{}.fct_nothing`", "broken.sql: nothing makes "),
        ("SELECT 1 FROM `{}.fct_sales` WHERE sale_date < @horizon_days", "broken.sql: No matching signature"),
    ],
)
def test_a_fault_is_reported_with_its_file(warehouse: Warehouse, sql: str, fault: str) -> None:
    broken = Warehouse(warehouse.analyser, dict(warehouse.tables))
    broken.take("broken.sql", sql.format(f"{PROJECT}.{DATASETS['warehouse']}"))
    [told] = broken.faults
    assert told.startswith(fault)
