"""docs/warehouse.md: the data dictionary and the lineage, from what the definitions compile to."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from components.shared.names import DATASETS
from generate.questions import PAGE as QUESTIONS
from generate.questions import Question, questions
from infra import tables

type Json = dict[str, Any]

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "warehouse.md"
LAYERS = {
    "bronze": "Bronze",
    "silver": "Silver",
    "gold": "Gold",
    "bi": "For dashboards",
    "contacts": "For callers",
}
INTRODUCTION = """# The warehouse

Made by `make generate` from the definitions in `dataform/` and `infra/tables/`: change descriptions
there, not here.

Bronze (`ext_`) is the lake as it stands; silver (`stg_`) is typed, pseudonymised and checked; gold (`fct_`,
`dim_`, `agg_`) is what analysts and the model read; `bi_` are views for dashboards ([which chart reads
which](dashboard.md)), in which a missing name is `unknown`. Rows that break a rule are in `stg_*_rejects`.
Steps write what the model says and how the runs went. [Sixteen questions](questions.md) show how to ask.
"""


def compile_definitions(folder: Path = ROOT / "dataform") -> Json:
    """Return the compiled graph of a project's folder; raise ValueError naming each compilation error."""
    command = [sys.executable, "-m", "localcloud.dataform.compile", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(done.stderr.strip())
    graph: Json = json.loads(done.stdout)
    return graph


def page(graph: Json) -> str:
    """Return the page: a picture of what is made from what, then each table with its columns."""
    found = sorted([*graph["tables"], *graph["operations"]], key=_name)
    asked = questions(QUESTIONS.read_text(encoding="utf-8"))
    parts = [INTRODUCTION, _lineage(found, graph["declarations"])]
    for layer, title in LAYERS.items():
        parts.append(f"## {title}\n")
        parts += ["\n".join(_table(one, graph, asked)) for one in found if layer in one["tags"]]
    parts.append("## Written by steps\n")
    parts += ["\n".join(_written(name, one, asked)) for name, one in tables.definitions().items()]
    return "\n".join(parts)


def _lineage(found: list[Json], declared: list[Json]) -> str:
    names = {_name(one) for one in [*found, *declared]}
    lines = ["## Lineage\n", "```mermaid", "flowchart LR"]
    for layer in LAYERS:
        members = [f"    {_name(one)}" for one in found if layer in one["tags"]]
        lines += [f"  subgraph {layer}", *members, "  end"]
    for one in found:
        sources = sorted({target["name"] for target in one.get("dependencyTargets", [])} & names)
        lines += [f"  {source} --> {_name(one)}" for source in sources]
    return "\n".join([*lines, "```\n"])


def _table(one: Json, graph: Json, asked: list[Question]) -> Iterator[str]:
    descriptor, layout = one["actionDescriptor"], one.get("bigquery", {})
    facts = [f"`{one['target']['schema']}`", one.get("type", "external table")]
    if day := layout.get("partitionBy"):
        facts.append(f"partitioned by `{day}`")
    if keys := layout.get("clusterBy"):
        facts.append(f"clustered by {', '.join(f'`{key}`' for key in keys)}")
    yield f"### {_name(one)}\n"
    yield f"{descriptor['description']}\n"
    yield f"{', '.join(facts)}.\n"
    yield "| Column | Meaning |\n|---|---|"
    for column in descriptor["columns"]:
        yield f"| `{'.'.join(column['path'])}` | {column['description']} |"
    yield ""
    yield from _examples(_name(one), asked)
    if checks := sorted(_checks(one, graph)):
        yield "Checked by each run:\n"
        yield from checks
        yield ""


def _written(name: str, one: tables.Definition, asked: list[Question]) -> Iterator[str]:
    facts = [f"`{DATASETS[one['dataset']]}`", "table", f"partitioned by `{one['partition']}`"]
    if keys := one["clustering"]:
        facts.append(f"clustered by {', '.join(f'`{key}`' for key in keys)}")
    yield f"### {name}\n"
    yield f"{one['description']}. Grain: {', '.join(tables.grain(name))}.\n"
    yield f"{', '.join(facts)}.\n"
    yield "| Column | Meaning |\n|---|---|"
    for column in one["schema"]:
        yield f"| `{column['name']}` | {column['description']}. |"
    yield ""
    yield from _examples(name, asked)


def _examples(table: str, asked: list[Question]) -> Iterator[str]:
    if links := [question.link for question in asked if question.asks(table)]:
        yield f"Asked: {' '.join(links)}\n"


def _checks(one: Json, graph: Json) -> Iterator[str]:
    """Return what the assertions beside a table, and those that wait for it alone, say."""
    for assertion in graph["assertions"]:
        if assertion.get("parentAction", {}).get("name") == _name(one):
            kind = _name(assertion).rpartition("_assertions_")[2]
            yield f"- its {'unique key' if kind.startswith('uniqueKey') else 'row conditions'}"
        elif _name(one) in {target["name"] for target in assertion.get("dependencyTargets", [])}:
            yield f"- `{_name(assertion)}`: {assertion['actionDescriptor']['description']}"


def _name(one: Json) -> str:
    name: str = one["target"]["name"]
    return name
