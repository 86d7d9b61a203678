import json
from itertools import pairwise
from pathlib import Path

from localcloud.console.drawing import HEIGHT, draw
from localcloud.console.tasks import Task, tasks_of

COMPILED = Path(__file__).parents[3] / "compiled" / "customer_churn_pipeline.json"


def waits(spec: dict) -> dict[str, tuple[str, ...]]:
    return {task.name: task.after for task in tasks_of(spec)}


def dag(**dependencies: list[str]) -> dict:
    return {
        "tasks": {
            name: {"componentRef": {"name": f"comp-{name}"}, "dependentTasks": after}
            for name, after in dependencies.items()
        }
    }


def test_unfolds_the_exit_handler_of_the_batch():
    assert waits(json.loads(COMPILED.read_text(encoding="utf-8"))) == {
        "exit-handler-1.export-in-shards.plan-export": (),
        "exit-handler-1.export-in-shards.for-loop-1.export-shard": (
            "exit-handler-1.export-in-shards.plan-export",
        ),
        "exit-handler-1.export-sales": ("exit-handler-1.export-in-shards.for-loop-1.export-shard",),
        "exit-handler-1.run-dataform": ("exit-handler-1.export-sales",),
        "exit-handler-1.extract-features": ("exit-handler-1.run-dataform",),
        "exit-handler-1.train-churn-model": ("exit-handler-1.extract-features",),
        "exit-handler-1.score-in-shards.number-shards": (
            "exit-handler-1.extract-features",
            "exit-handler-1.train-churn-model",
        ),
        "exit-handler-1.score-in-shards.for-loop-1.score-shard": (
            "exit-handler-1.score-in-shards.number-shards",
        ),
        "exit-handler-1.write-predictions": (
            "exit-handler-1.extract-features",
            "exit-handler-1.score-in-shards.for-loop-1.score-shard",
            "exit-handler-1.train-churn-model",
        ),
        "exit-handler-1.watch-predictions": (
            "exit-handler-1.extract-features",
            "exit-handler-1.train-churn-model",
            "exit-handler-1.write-predictions",
        ),
        "record-run": ("exit-handler-1.watch-predictions",),
    }


def test_a_group_waits_and_is_waited_for_through_its_first_and_last_tasks():
    spec = {
        "root": {"dag": dag(before=[], group=["before"], after=["group"])},
        "components": {
            **{f"comp-{name}": {} for name in ("before", "after", "left", "right", "end")},
            "comp-group": {"dag": dag(left=[], right=[], end=["left"])},
        },
    }
    assert waits(spec) == {
        "before": (),
        "group.left": ("before",),
        "group.right": ("before",),
        "group.end": ("group.left",),
        "after": ("group.right", "group.end"),
    }


def test_a_task_is_called_by_its_display_name():
    titles = [task.title for task in tasks_of(json.loads(COMPILED.read_text(encoding="utf-8")))]
    assert (titles[0], titles[-1]) == ("Plan the export", "Record the run")


def test_an_empty_spec_has_no_tasks():
    assert tasks_of({}) == []
    assert draw([]).boxes == []


def test_tasks_stand_right_of_what_they_wait_for_and_edges_go_round_those_between():
    tasks = [Task("a", "A", ()), Task("b", "B", ("a",)), Task("c", "C", ("a", "b"))]
    drawing = draw(tasks)
    a, b, c = drawing.boxes
    assert a.x < b.x < c.x < drawing.width
    straight = [path for path in drawing.edges if " H" not in path]
    (around,) = set(drawing.edges) - set(straight)
    lane = int(around.split(" H")[0].rpartition(",")[2])
    assert len(straight) == 2
    assert b.y + HEIGHT < lane < drawing.height


def test_tasks_side_by_side_do_not_overlap_and_long_titles_are_cut():
    tasks = [Task("a", "A", ()), *(Task(name, "many words " * 9, ("a",)) for name in "bcd")]
    boxes = draw(tasks).boxes[1:]
    assert len({box.x for box in boxes}) == 1
    tops = sorted(box.y for box in boxes)
    assert all(lower - upper >= HEIGHT for upper, lower in pairwise(tops))
    assert all(len(box.title) == 2 and box.title[1].endswith("…") for box in boxes)
