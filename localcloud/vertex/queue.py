"""The waiting and the running jobs, in order of arrival."""

import threading
from collections import deque
from collections.abc import Iterable, Sequence
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
class _RunningJob:
    """A running job: its resource, which is written after every change, and its process.

    `lost` is the reason why it cannot go on, once there is one.
    """

    job: PipelineJob
    run: Run
    lost: str = ""
    has_ended: threading.Event = field(default_factory=threading.Event)


class JobQueue:
    """Runs the jobs of a store, at most `at_once` in parallel, and writes their results to the store."""

    def __init__(self, store: Store, at_once: int, neighbours: Neighbours, preload: Sequence[str]) -> None:
        self._store = store
        self._neighbours = neighbours
        self._at_once = at_once
        self._preload = preload
        self._running_jobs: dict[str, _RunningJob] = {}
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
            elif self._running_jobs[name].job.state != JobState.PIPELINE_STATE_CANCELLING:
                self._cancel_running(self._running_jobs[name])

    def _cancel_running(self, running: _RunningJob) -> None:
        running.job.state, running.job.update_time = JobState.PIPELINE_STATE_CANCELLING, now()
        for detail in running.job.job_detail.task_details:
            if detail.state == TaskState.RUNNING:
                set_state(detail, TaskState.CANCELLING, now())
        self._store.put(running.job)
        running.run.cancel()

    def _start_waiting(self) -> None:
        while self._waiting and len(self._running_jobs) < self._at_once:
            job = self._store.get(PipelineJob, self._waiting.popleft())
            job.state = JobState.PIPELINE_STATE_RUNNING
            job.start_time = job.update_time = now()
            self._store.put(job)
            try:
                running = self._running_jobs[job.name] = _RunningJob(job, self._run(job))
            except OSError as error:
                outcome.fail(job, f"the run could not be started: {error}")
                self._store.put(job)
            else:
                for work in (self._follow, self._watch):
                    threading.Thread(target=work, args=[running], daemon=True).start()

    def _run(self, job: PipelineJob) -> Run:
        spec: Json = json_format.MessageToDict(raw(job).pipeline_spec)
        runtime: Json = json_format.MessageToDict(raw(job).runtime_config)
        parameters = checked_parameters(spec, runtime.get("parameterValues", {}))
        fail_fast = job.runtime_config.failure_policy == _FAIL_FAST
        job_id = job.name.rpartition("/")[2]
        return Run(self._store.folder(job.name), spec, job_id, parameters, fail_fast, self._preload)

    def _follow(self, running: _RunningJob) -> None:
        try:
            crash = self._apply_events(running)
            code = running.run.wait()
            with self._store.lock:
                _end(running, code, crash)
                self._store.put(running.job)
        finally:
            running.has_ended.set()
            with self._store.lock:
                del self._running_jobs[running.job.name]
                self._start_waiting()

    def _watch(self, running: _RunningJob) -> None:
        """Stop a run if the same services are found to have ended in two checks in a row."""
        before: list[str] = []
        while not running.has_ended.wait(SECONDS):
            ended = self._neighbours.find_ended()
            if ended and ended == before:
                running.lost = self._neighbours.describe(ended)
                running.run.cancel()
                return
            before = ended

    def _apply_events(self, running: _RunningJob) -> str:
        """Write the job after each event; return why the run failed as a whole, if it did."""
        crash = ""
        for event in running.run.events():
            if event["event"] == "run_failed":
                crash = event["cause"]
                continue
            with self._store.lock:
                apply_event(running.job, event)
                running.job.update_time = now()
                self._store.put(running.job)
        return crash


def _end(running: _RunningJob, code: int, crash: str) -> None:
    job = running.job
    if job.state == JobState.PIPELINE_STATE_CANCELLING:
        outcome.cancel(job)
    elif code and running.lost:
        outcome.lose(job, running.lost)
    elif code:
        outcome.fail(job, crash or f"the process of the run ended with exit code {code}: see its log")
    else:
        outcome.succeed(job)
