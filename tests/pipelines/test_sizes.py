"""Machines and shards follow the counts: at the table's boundaries, and in the submitted pipeline."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.sizes import SHARDS, Sizes, TaskLimits, fit_to_machines, sizes_after, steps_of
from pipelines.specification import COMPILED

TEXT = COMPILED.read_text(encoding="utf-8")
ROOT = Path(__file__).parents[2]


def counted(**rows: int) -> dict[str, dict[str, int]]:
    return {"extract_features": rows}


@pytest.mark.parametrize(
    ("rows", "cpu", "memory_gb"),
    [(1, 2, 8), (160_000, 2, 8), (160_001, 4, 16), (500_000_000, 4, 16)],  # with room for a quarter more
)
def test_the_machine_that_trains_follows_the_rows_to_train_on(rows: int, cpu: int, memory_gb: int) -> None:
    found = sizes_after(counted(training_rows=rows))
    assert found == Sizes({"train_churn_model": TaskLimits(cpu=cpu, memory_gb=memory_gb)}, {})


@pytest.mark.parametrize(
    ("customers", "shards"),
    [(1, 1), (4_000_000, 1), (4_000_001, 2), (8_000_000, 2), (8_000_001, 3), (50_000_000, 13), (10**9, 100)],
)
def test_scoring_is_sharded_by_customers(customers: int, shards: int) -> None:
    assert sizes_after(counted(scoring_rows=customers)) == Sizes({}, {"scoring_shards": shards})


@pytest.mark.parametrize(
    ("documents", "shards"),
    [(1, 1), (1_600_000, 1), (1_600_001, 2), (3_200_000, 2), (3_200_001, 3), (10**8, 63), (10**9, 100)],
)
def test_an_export_is_sharded_by_documents(documents: int, shards: int) -> None:
    assert sizes_after({"export_sales": {"documents": documents}}) == Sizes({}, {"export_shards": shards})


def test_the_most_shards_is_a_setting() -> None:
    assert sizes_after(counted(scoring_rows=50_000_000), most_shards=1).shards == {"scoring_shards": 1}


def test_what_was_not_counted_is_left_to_the_pipeline() -> None:
    assert sizes_after({}) == sizes_after({"extract_features": {}}) == Sizes()


def test_only_a_run_of_several_shards_has_a_loop() -> None:
    compiled = json.loads(TEXT)
    alone, many = (
        fit_to_machines(TEXT, {}, {}),
        fit_to_machines(TEXT, {}, {"export_shards": 2, "scoring_shards": 2}),
    )
    assert many == compiled
    exporting = fit_to_machines(TEXT, {}, {"export_shards": 2})
    assert {*steps_of(exporting)} - {*steps_of(alone)} == {"plan_export", "export_shard"}
    tasks = alone["components"]["comp-exit-handler-1"]["dag"]["tasks"]
    assert tasks["write-predictions"]["dependentTasks"] == ["extract-features", "train-churn-model"]
    assert "dependentTasks" not in tasks["export-sales"]
    assert {*steps_of(many)} - {*steps_of(alone)} == {
        "plan_export",
        "export_shard",
        "number_shards",
        "score_shard",
    }
    assert {*many["components"]} - {*alone["components"]} == {
        "comp-export-in-shards",
        "comp-export-shard",
        "comp-plan-export",
        "comp-for-loop-1-2",
        "comp-score-in-shards",
        "comp-for-loop-1",
        "comp-number-shards",
        "comp-score-shard",
    }
    for task in SHARDS:
        assert task.task in TEXT
        assert task.task not in json.dumps(alone)


def test_a_machine_sets_the_resources_for_vertex() -> None:
    found = fit_to_machines(TEXT, {"train_churn_model": TaskLimits(cpu=8, memory_gb=32)}, {})
    executors = found["deploymentSpec"]["executors"]
    assert executors["exec-train-churn-model"]["container"]["resources"] == {
        "cpuLimit": 8.0,
        "memoryLimit": 32.0,
        "resourceCpuLimit": "8",
        "resourceMemoryLimit": "32G",
    }
    others = {name: one for name, one in executors.items() if name != "exec-train-churn-model"}
    assert others.items() <= json.loads(TEXT)["deploymentSpec"]["executors"].items()


def _graphs(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for component in [spec["root"], *spec["components"].values()]:
        if tasks := component.get("dag", {}).get("tasks"):
            yield tasks


def test_every_loop_iterates_over_a_sibling_tasks_output_in_its_own_graph() -> None:
    """The form of Google's own pipelines, unlike that of kubeflow/pipelines #9386 and #12390."""
    spec = json.loads(TEXT)
    loops = [
        (tasks, loop) for tasks in _graphs(spec) for loop in tasks.values() if "parameterIterator" in loop
    ]
    assert len(loops) == len(SHARDS)
    for tasks, loop in loops:
        assert tasks is not spec["components"]["comp-exit-handler-1"]["dag"]["tasks"]
        items = loop["parameterIterator"]["items"]["inputParameter"]
        source = loop["inputs"]["parameters"][items]["taskOutputParameter"]
        assert source["producerTask"] in tasks
    assert "artifactIterator" not in TEXT
