"""A run's progress is shown live: its tasks and, within the warehouse, the actions as they end."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from google.api_core.exceptions import ServiceUnavailable
from google.cloud.dataform_v1 import WorkflowInvocation, WorkflowInvocationAction
from rich.console import Console

from laptop import dataform_progress
from laptop.dataform_progress import DataformProgress, Progress
from laptop.progress import TaskProgress
from laptop.trigger import Task

RUNNING, DONE = "RUNNING", "SUCCEEDED"
EXPORT = Task("export-sales", DONE, 3.46)
WAREHOUSE = Task("run-dataform", RUNNING, 20.0)
Action = WorkflowInvocationAction


def written(is_terminal: bool, told: list[Progress | None], *shown: list[Task]) -> str:
    """Return the output for these tasks on 80 columns while the warehouse reports this progress."""
    file, left = io.StringIO(), iter(told)
    console = Console(
        file=file, width=80, force_terminal=is_terminal, no_color=True, _environ={"TERM": "xterm"}
    )
    progress = TaskProgress(console, lambda: next(left))
    with progress.show_live():
        for tasks in shown:
            progress.show(tasks)
    return file.getvalue()


def test_a_pipe_gets_a_line_for_each_change() -> None:
    told = [None, Progress(1, 79, "stg_sales"), Progress(1, 79, "stg_sales"), Progress(31, 79, "fct_sales")]
    ended = Task("run-dataform", DONE, 27.61)
    lines = written(False, told, *[[EXPORT, WAREHOUSE]] * 4, [EXPORT, ended]).splitlines()
    assert lines == [
        "  export-sales       done    3.5 s",
        "  run-dataform       1 of 79, stg_sales",
        "  run-dataform       31 of 79, fct_sales",
        "  run-dataform       done   27.6 s",
    ]


def test_tasks_kept_by_a_retry_are_shown_once_without_seconds() -> None:
    kept = Task("export-sales", "SKIPPED", None)
    assert written(False, [], [kept], [kept, Task("run-dataform", DONE, 27.61)]).splitlines() == [
        "  export-sales       kept",
        "  run-dataform       done   27.6 s",
    ]


def test_a_terminal_of_80_columns_shows_progress_beside_the_task() -> None:
    name = "assert_" + "long_" * 20
    predictions = Task("write-predictions", "PENDING", None)
    lines = written(True, [Progress(31, 79, name)], [EXPORT, WAREHOUSE, predictions]).splitlines()
    assert any("write-predictions" in line for line in lines)
    shown = [line for line in lines if "run-dataform" in line][-1]
    assert "running" in shown
    assert "20.0 s" in shown
    assert "31 of 79, assert_long_" in shown
    assert len(shown.rstrip()) <= 80


@pytest.mark.parametrize("is_terminal", [False, True])
def test_names_are_shown_as_they_are_and_control_nothing(is_terminal: bool) -> None:
    tasks = [Task("[/]a\r\u202e", DONE, 1.0), WAREHOUSE]
    shown = written(is_terminal, [Progress(1, 2, "[red]b:warning:\x1b[2J")], tasks)
    assert "[/]a��" in shown
    assert "1 of 2, [red]b:warning:�[2J" in shown


def action(name: str, state: Any, seconds: int = 0) -> Action:
    """Return an action; one that has ended did so this many seconds after a fixed time."""
    end = datetime(2026, 1, 31, tzinfo=UTC) + timedelta(seconds=seconds)
    timing = {"end_time": end} if state not in dataform_progress.WAITING else {}
    return Action(target={"name": name}, state=state, invocation_timing=timing)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A fake Dataform whose invocations and actions the test sets; it raises its fault, if set."""
    invocations: list[WorkflowInvocation] = []
    found: list[Action] = []
    asked: list[str] = []
    service = SimpleNamespace(invocations=invocations, actions=found, fault=None, asked=asked)

    def query(*, request: dict[str, str], **_: Any) -> list[Action]:
        if service.fault:
            raise service.fault
        service.asked.append(request["name"])
        return list(service.actions)

    client = SimpleNamespace(
        list_workflow_invocations=lambda **_: list(service.invocations),
        query_workflow_invocation_actions=query,
    )
    monkeypatch.setattr(dataform_progress, "dataform_client", lambda: client)
    return service


def test_the_actions_are_those_of_the_running_invocation(service: Any) -> None:
    clock = iter(range(0, 1000, 10))
    watched = DataformProgress("r", lambda: float(next(clock)))
    assert watched.progress() is None
    states = (WorkflowInvocation.State.SUCCEEDED, WorkflowInvocation.State.RUNNING)
    service.invocations += [WorkflowInvocation(name=state.name, state=state) for state in states]
    service.actions += [action("a", Action.State.PENDING), action("b", Action.State.RUNNING)]
    assert watched.progress() is None
    service.actions[:] = [
        action("a", Action.State.SUCCEEDED, 9),
        action("b", Action.State.FAILED, 5),
        action("c", Action.State.PENDING),
    ]
    assert watched.progress() == Progress(2, 3, "a")
    assert set(service.asked) == {"RUNNING"}
    service.fault = ServiceUnavailable("gone")
    assert watched.progress() == Progress(2, 3, "a")


def test_it_asks_once_a_second(service: Any) -> None:
    service.invocations.append(WorkflowInvocation(name="x", state=WorkflowInvocation.State.RUNNING))
    moments = iter([0.0, 0.0, 0.5, 0.9, 1.1, 1.1])
    watched = DataformProgress("r", lambda: next(moments))
    for _ in range(4):
        watched.progress()
    assert len(service.asked) == 2
