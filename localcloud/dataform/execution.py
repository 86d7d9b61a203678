"""Run a planned graph: an action's dependencies first, two actions at a time."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from google.cloud.dataform_v1 import WorkflowInvocationAction
from google.protobuf import timestamp_pb2

from localcloud.dataform.compiled_actions import full_name
from localcloud.dataform.official_tool import Json
from localcloud.dataform.store import now
from localcloud.dataform.warehouse import StatementFailedError, Warehouse

State: Any = WorkflowInvocationAction.State
_LETS_DEPENDENTS_RUN = (State.SUCCEEDED, State.DISABLED)
_WAITING = (State.PENDING, State.RUNNING)
_AT_ONCE = 2


@dataclass
class Step:
    """One planned action of a run and its progress."""

    planned: Json
    job_prefix: str
    state: int = State.PENDING
    failure_reason: str = ""
    job_id: str = ""
    start_time: timestamp_pb2.Timestamp | None = None
    end_time: timestamp_pb2.Timestamp | None = None
    name: str = field(init=False)

    def __post_init__(self) -> None:
        """Name the step, and disable it if the plan has nothing to run for it."""
        self.name = full_name(self.planned["target"])
        if not self.planned.get("tasks"):
            self.state = State.DISABLED

    @property
    def tasks(self) -> list[Json]:
        """The statements to run, in order."""
        tasks: list[Json] = self.planned.get("tasks", [])
        return tasks


class Execution:
    """A run of steps on a warehouse; `changed` is called after every change of state, with the lock held."""

    def __init__(
        self, steps: list[Step], warehouse: Warehouse, changed: Callable[["Execution"], None]
    ) -> None:
        self.steps = steps
        self.cancelling = False
        self._by_name = {step.name: step for step in steps}
        self._warehouse = warehouse
        self._changed = changed
        self._condition = threading.Condition(threading.RLock())

    @property
    def finished(self) -> bool:
        """Whether every step has ended."""
        return not any(step.state in _WAITING for step in self.steps)

    def start(self) -> None:
        """Start to run, in threads that do not keep the server alive."""
        with self._condition:
            self._settle()
            self._changed(self)
        for _ in range(_AT_ONCE):
            threading.Thread(target=self._work, name="dataform-run", daemon=True).start()

    def cancel(self) -> None:
        """Start no further steps and stop the running jobs."""
        with self._condition:
            self.cancelling = True
            for step in self.steps:
                if step.state == State.PENDING:
                    step.state = State.CANCELLED
            self._changed(self)
            self._condition.notify_all()
            running = [step.job_id for step in self.steps if step.state == State.RUNNING and step.job_id]
        for job_id in running:
            self._warehouse.cancel(job_id)

    def _work(self) -> None:
        while step := self._take_next_step():
            reason = self._run(step)
            self._end(step, reason)

    def _take_next_step(self) -> Step | None:
        with self._condition:
            while any(step.state == State.PENDING for step in self.steps):
                if step := next(filter(self._ready, self.steps), None):
                    step.state, step.start_time = State.RUNNING, now()
                    self._changed(self)
                    return step
                self._condition.wait()
            return None

    def _ready(self, step: Step) -> bool:
        return step.state == State.PENDING and all(
            dependency.state in _LETS_DEPENDENTS_RUN for dependency in self._dependencies(step)
        )

    def _dependencies(self, step: Step) -> list[Step]:
        names = map(full_name, step.planned.get("dependencyTargets", []))
        return [self._by_name[name] for name in names if name in self._by_name]

    def _run(self, step: Step) -> str:
        """Run a step; return the reason why it failed, or an empty string if it succeeded."""
        descriptor = step.planned.get("actionDescriptor", {})
        try:
            for number, task in enumerate(step.tasks):
                if not self._begin_job(step, f"{step.job_prefix}-{number}"):
                    return "cancelled"
                labels = descriptor.get("bigqueryLabels", {})
                self._warehouse.run(task, step.job_id, labels, lambda: self.cancelling)
            if descriptor and step.planned["type"] == "table":
                self._warehouse.describe(step.planned["target"], descriptor)
        except StatementFailedError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - reported as the action's failure; else it would run for ever
            return f"{type(error).__name__}: {error}"
        return ""

    def _begin_job(self, step: Step, job_id: str) -> bool:
        with self._condition:
            if not self.cancelling:
                step.job_id = job_id
                self._changed(self)
            return not self.cancelling

    def _end(self, step: Step, reason: str) -> None:
        with self._condition:
            step.end_time = now()
            if not reason:
                step.state = State.SUCCEEDED
            elif self.cancelling:
                step.state = State.CANCELLED
            else:
                step.state, step.failure_reason = State.FAILED, reason
            self._settle()
            self._changed(self)
            self._condition.notify_all()

    def _settle(self) -> None:
        """Skip every step that can no longer run, and all steps that wait for it."""
        blocked = [step for step in self.steps if step.state == State.PENDING and self._is_blocked(step)]
        for step in blocked:
            step.state = State.SKIPPED
        if blocked:
            self._settle()

    def _is_blocked(self, step: Step) -> bool:
        ended = [one.state for one in self._dependencies(step) if one.state not in _WAITING]
        return any(state not in _LETS_DEPENDENTS_RUN for state in ended)
