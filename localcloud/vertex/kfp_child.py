"""Run a job's pipeline with kfp.local and report each task: python -m localcloud.vertex.kfp_child FOLDER.

FOLDER contains spec.json and run.json; logs, outputs and artifacts are written there. Events (events.py) go
to stdout, the output of kfp and of the tasks to stderr.
"""

import json
import logging
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path
from typing import Any

from kfp import components, local
from kfp.local import executor_input_utils, subprocess_task_handler
from kfp.local.orchestrator import dag_orchestrator, enhanced_dag_orchestrator, task_spec_utils
from kfp.local.status import Status

from localcloud.vertex.attempts import WRAPPER, Attempts, CancelledRunError
from localcloud.vertex.cause import without_colours
from localcloud.vertex.events import Events, current_task
from localcloud.vertex.outputs import Outputs, describe
from localcloud.vertex.warm import warm_python

UNRESOLVED = ("Could not resolve parent input", "Condition evaluation failed")
MOST_OUTPUT_BYTES = 131_072  # Vertex AI's limit for the output parameters of a task
_execute_task = enhanced_dag_orchestrator.execute_task
_execute_loop = enhanced_dag_orchestrator._run_parallel_for_task
_make_iteration = task_spec_utils.create_parameter_loop_iteration_task_spec


class UnresolvedBranchError(Exception):
    """A branch was skipped although its condition could not be evaluated."""


class TooLargeError(Exception):
    """The output parameters of a task have more bytes than Vertex AI accepts."""


class Tasks:
    """Executes tasks as kfp.local does and reports each; with fail_fast none starts after a failure.

    A task whose outputs existed before the run is neither executed nor reported.
    """

    def __init__(self, events: Events, outputs: Outputs, fail_fast: bool) -> None:
        self._events = events
        self._outputs = outputs
        self._fail_fast = fail_fast
        self.failed = False

    def execute(self, task_name: str, task_spec: Any, **context: Any) -> tuple[dict[str, Any], Status]:
        """Execute a task, which may be a nested DAG; return its outputs and status."""
        if self._fail_fast and self.failed and not _runs_after_failure(task_spec):
            return {}, Status.FAILURE
        with _enter_task(task_name) as task:
            try:
                if (before := self._outputs.outputs_to_reuse(task)) is not None:
                    return before, Status.SUCCESS
                self._events.emit("started")
                outputs, status = _execute_task(task_name=task_name, task_spec=task_spec, **context)
                described = describe(outputs)
                _check_size(described["parameters"])
                self._end(status == Status.SUCCESS, task, described)
            except Exception as error:  # noqa: BLE001 - kfp's own; it fails the task as a failed process does
                traceback.print_exc()
                self._end(False, task, {}, cause=without_colours(f"{type(error).__name__}: {error}"))
                return {}, Status.FAILURE
            return outputs, status

    def execute_loop(self, task_name: str, task_spec: Any, **context: Any) -> bool:
        """Execute a loop, whose iterations are tasks inside it; return whether it failed."""
        if self._fail_fast and self.failed:
            return True
        with _enter_task(task_name) as task:
            is_new = self._outputs.outputs_to_reuse(task) is None
            if is_new:
                self._events.emit("started")
            _resolve_items(task_spec, context["io_store"])
            failed = bool(_execute_loop(task_name=task_name, task_spec=task_spec, **context))
            if is_new:
                self._end(not failed, task, describe({}))
            return failed

    def _end(self, succeeded: bool, task: str, outputs: dict[str, Any], **more: Any) -> None:
        self.failed = self.failed or not succeeded
        if succeeded:
            self._outputs.keep(task, outputs)
        self._events.emit("succeeded" if succeeded else "failed", outputs=outputs, **more)


class ContextPool(futures.ThreadPoolExecutor):
    """Threads that inherit the current task from the thread that submits to them."""

    def submit(self, function: Any, /, *arguments: Any, **keywords: Any) -> Any:
        """Run the function in the context of the caller."""
        return super().submit(copy_context().run, function, *arguments, **keywords)


class Unresolved(logging.Filter):
    """Collects the warnings after which kfp.local skips a branch that perhaps should have run."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, and collect the messages that match."""
        if any(sign in record.getMessage() for sign in UNRESOLVED):
            self.messages.append(record.getMessage())
        return True


@contextmanager
def _enter_task(task_name: str) -> Iterator[str]:
    """Make a task the current thread's, nested in its current one, and yield the task's unique name."""
    parent = current_task.get()
    task = f"{parent}.{task_name}" if parent else task_name
    token = current_task.set(task)
    try:
        yield task
    finally:
        current_task.reset(token)


def _runs_after_failure(task_spec: Any) -> bool:
    strategies = type(task_spec).TriggerPolicy.TriggerStrategy
    return bool(task_spec.trigger_policy.strategy == strategies.ALL_UPSTREAM_TASKS_COMPLETED)


def _use_all_cores(executor: Any, *_: Any) -> None:
    """Run as many iterations of a loop in parallel as there are cores; kfp runs two."""
    executor.conservative_max = executor.max_workers = os.cpu_count() or 1


def _resolve_items(loop: Any, io_store: Any) -> None:
    """Let kfp find a loop's items in any output of a task; kfp itself only looks in one named Output."""
    items = loop.parameter_iterator.items.input_parameter
    if items and (source := loop.inputs.parameters[items]).HasField("task_output_parameter"):
        output = source.task_output_parameter
        found = io_store.get_task_output(output.producer_task, output.output_parameter_key)
        io_store.put_parent_input(items, found)


def _iteration(loop: Any, item: Any, name: str) -> Any:
    """Return an iteration of a loop, with inputs restored that kfp would replace by the item as well."""
    made = _make_iteration(loop, item, name)
    items = loop.parameter_iterator.items.input_parameter
    for parameter, source in loop.inputs.parameters.items():
        if source.HasField("task_output_parameter") and parameter != items:
            made.inputs.parameters[parameter].CopyFrom(source)
    return made


def _check_size(parameters: dict[str, Any]) -> None:
    size = len(json.dumps(parameters, default=str).encode())
    if size > MOST_OUTPUT_BYTES:
        raise TooLargeError(f"the output parameters have {size:,} bytes; the limit is {MOST_OUTPUT_BYTES:,}")


def _run(folder: Path, events: Events) -> bool:
    """Run the pipeline; return False if tasks failed, each reported, and raise for any other failure."""
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    tasks, unresolved = Tasks(events, Outputs(folder), run["fail_fast"]), Unresolved()
    _hook_into_kfp(run["job_id"], tasks, Attempts(events, folder / "logs"))
    logging.getLogger().addFilter(unresolved)
    runner = local.SubprocessRunner(use_venv=False)
    local.init(runner=runner, pipeline_root=str(folder / "artifacts"), raise_on_error=True)
    pipeline = components.load_component_from_file(str(folder / "spec.json"))
    try:
        with warm_python(folder, [] if os.environ.get(WRAPPER) else run["preload"]):
            pipeline(**run["parameters"])
    except RuntimeError:
        if not tasks.failed:
            raise
        return False
    if unresolved.messages:
        raise UnresolvedBranchError("; ".join(unresolved.messages))
    return True


def _hook_into_kfp(job_id: str, tasks: Tasks, attempts: Attempts) -> None:
    enhanced_dag_orchestrator.execute_task = tasks.execute
    enhanced_dag_orchestrator._run_parallel_for_task = tasks.execute_loop
    enhanced_dag_orchestrator.ParallelExecutor.__init__ = _use_all_cores
    task_spec_utils.create_parameter_loop_iteration_task_spec = _iteration
    # The simple orchestrator ends a run at its first failure, whatever the failure policy.
    dag_orchestrator.run_dag = enhanced_dag_orchestrator.run_enhanced_dag
    subprocess_task_handler.run_local_subprocess = attempts.run
    executor_input_utils.get_local_pipeline_resource_name = lambda _: job_id
    futures.ThreadPoolExecutor = ContextPool  # type: ignore[misc]


def main(folder: Path) -> int:
    """Run a folder's pipeline; return 0 on success, 1 on failure and 143 on cancellation."""
    events = Events(os.dup(sys.stdout.fileno()))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        return 0 if _run(folder, events) else 1
    except CancelledRunError:
        return 128 + signal.SIGTERM
    except Exception as error:  # noqa: BLE001 - whatever it is, it ends the run, and is told
        traceback.print_exc()
        events.emit("run_failed", cause=without_colours(f"{type(error).__name__}: {error}"))
        return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
