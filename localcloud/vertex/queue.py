"""The waiting and the running jobs, in order of arrival."""

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from google.cloud.aiplatform_v1.types import PipelineFailurePolicy, PipelineJob
from google.protobuf import json_format

from localcloud.resources import Store, now
from localcloud.rest import raw
from localcloud.vertex import outcome
from localcloud.vertex.details import State as TaskState
from localcloud.vertex.details import apply_event, set_state
from localcloud.vertex.neighbours import SECONDS, Neighbours
from localcloud.vertex.outcome import JobState
from localcloud.vertex.parameters import checked_parameters
from localcloud.vertex.runs import Run

type Json = dict[str, Any]

_FAIL_FAST = PipelineFailurePolicy.PIPELINE_FAILURE_POLICY_FAIL_FAST


@dataclass
class _Going:
    """A running job: its resource, which is written after every change, and its process.

    `lost` is the reason why it cannot go on, once there is one.
    """

    job: PipelineJob
    run: Run
    lost: str = ""
    has_ended: threading.Event = field(default_factory=threading.Event)


class JobQueue:
    """Runs the jobs of a store, at most `at_once` in parallel, and writes their results to the store."""

    def __init__(self, store: Store, at_once: int, neighbours: Neighbours) -> None:
        self._store = store
        self._neighbours = neighbours
        self._at_once = at_once
        self._going: dict[str, _Going] = {}
        self._waiting: deque[str] = deque()

    def resume(self, jobs: Iterable[PipelineJob]) -> None:
        """Take over the jobs of an earlier server: fail those that were running, queue those that waited."""
        for job in jobs:
            if job.state == JobState.PIPELINE_STATE_PENDING:
                self.add(job.name)
            elif job.state == JobState.PIPELINE_STATE_CANCELLING:
                outcome.cancel(job)
                self._store.put(job)
            elif job.state not in outcome.ENDED:
                outcome.fail(job, outcome.STOPPED)
                self._store.put(job)

    def add(self, name: str) -> None:
        """Run a pending job as soon as its turn comes."""
        with self._store.lock:
            self._waiting.append(name)
            self._start_waiting()

    def cancel(self, name: str) -> None:
        """Stop a job: CANCELLING until none of its processes is left, then CANCELLED."""
        with self._store.lock:
            if name in self._waiting:
                self._waiting.remove(name)
                job = self._store.get(PipelineJob, name)
                outcome.cancel(job)
                self._store.put(job)
            elif self._going[name].job.state != JobState.PIPELINE_STATE_CANCELLING:
                self._cancel_going(self._going[name])

    def _cancel_going(self, going: _Going) -> None:
        going.job.state, going.job.update_time = JobState.PIPELINE_STATE_CANCELLING, now()
        for detail in going.job.job_detail.task_details:
            if detail.state == TaskState.RUNNING:
                set_state(detail, TaskState.CANCELLING, now())
        self._store.put(going.job)
        going.run.cancel()

    def _start_waiting(self) -> None:
        while self._waiting and len(self._going) < self._at_once:
            job = self._store.get(PipelineJob, self._waiting.popleft())
            job.state = JobState.PIPELINE_STATE_RUNNING
            job.start_time = job.update_time = now()
            self._store.put(job)
            try:
                going = self._going[job.name] = _Going(job, self._run(job))
            except OSError as error:
                outcome.fail(job, f"the run could not be started: {error}")
                self._store.put(job)
            else:
                for work in (self._follow, self._watch):
                    threading.Thread(target=work, args=[going], daemon=True).start()

    def _run(self, job: PipelineJob) -> Run:
        spec: Json = json_format.MessageToDict(raw(job).pipeline_spec)
        runtime: Json = json_format.MessageToDict(raw(job).runtime_config)
        parameters = checked_parameters(spec, runtime.get("parameterValues", {}))
        fail_fast = job.runtime_config.failure_policy == _FAIL_FAST
        job_id = job.name.rpartition("/")[2]
        return Run(self._store.folder(job.name), spec, job_id, parameters, fail_fast)

    def _follow(self, going: _Going) -> None:
        try:
            crash = self._apply_events(going)
            code = going.run.wait()
            with self._store.lock:
                _end(going, code, crash)
                self._store.put(going.job)
        finally:
            going.has_ended.set()
            with self._store.lock:
                del self._going[going.job.name]
                self._start_waiting()

    def _watch(self, going: _Going) -> None:
        """Stop a run if the same services are found to have ended in two checks in a row."""
        before: list[str] = []
        while not going.has_ended.wait(SECONDS):
            ended = self._neighbours.ended()
            if ended and ended == before:
                going.lost = self._neighbours.describe(ended)
                going.run.cancel()
                return
            before = ended

    def _apply_events(self, going: _Going) -> str:
        """Write the job after each event; return why the run failed as a whole, if it did."""
        crash = ""
        for event in going.run.events():
            if event["event"] == "run_failed":
                crash = event["cause"]
                continue
            with self._store.lock:
                apply_event(going.job, event)
                going.job.update_time = now()
                self._store.put(going.job)
        return crash


def _end(going: _Going, code: int, crash: str) -> None:
    job = going.job
    if job.state == JobState.PIPELINE_STATE_CANCELLING:
        outcome.cancel(job)
    elif code and going.lost:
        outcome.lose(job, going.lost)
    elif code:
        outcome.fail(job, crash or f"the process of the run ended with exit code {code}: see its log")
    else:
        outcome.succeed(job)
