"""The machine of each task of a compiled pipeline, and how long a run's tasks held theirs."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from google.cloud.aiplatform_v1 import PipelineJob

from components.cost.prices import MachineType, machine_for

DEFAULT_VCPUS, DEFAULT_GIB = 4.0, 16.0  # of a task without limits: e2-standard-4
SIZES = {"K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def step_of(task: str) -> str:
    """Return the step that a task belongs to, without the number that a loop's tasks have."""
    name = task.rpartition(".")[2]
    while (head := name.rpartition("-"))[2].isdigit():
        name = head[0]
    return name.replace("-", "_")


def machines_of(
    spec: Mapping[str, Any], parameters: Mapping[str, Any] | None = None
) -> dict[str, MachineType]:
    """Return the machine of each step of a compiled pipeline; parameters are those that limits may name."""
    executors = spec["deploymentSpec"]["executors"]
    return {
        step_of(name.removeprefix("comp-")): _machine(executors[component["executorLabel"]], parameters or {})
        for name, component in spec["components"].items()
        if "executorLabel" in component
    }


def _machine(executor: Mapping[str, Any], parameters: Mapping[str, Any]) -> MachineType:
    limits = executor["container"].get("resources", {})
    vcpus = _limit(limits.get("resourceCpuLimit") or limits.get("cpuLimit"), parameters)
    memory = _limit(limits.get("resourceMemoryLimit") or limits.get("memoryLimit"), parameters)
    gib = memory / 2**30 if memory and memory > 2**20 else memory  # a bare number is in GB
    return machine_for(vcpus or DEFAULT_VCPUS, gib or DEFAULT_GIB)


def _limit(value: str | float | None, parameters: Mapping[str, Any]) -> float | None:
    """Return a limit as a number; one that names a pipeline parameter takes its value."""
    text = str(value or "")
    if text.startswith("{{"):
        named = text.partition("pipelinechannel--")[2].partition("'")[0]
        text = str(parameters.get(named, ""))
    for end in sorted(SIZES, key=len, reverse=True):
        if text.endswith(end):
            return float(text.removesuffix(end)) * SIZES[end]
    if text.endswith("m"):
        return float(text.removesuffix("m")) / 1000
    return float(text) if text else None


def task_seconds(job: PipelineJob, now: datetime | None = None) -> dict[str, float]:
    """Return the machine seconds of each step of a run, summed over parallel tasks.

    A task that has not ended, such as the caller's own, counts until now.
    """
    seconds: dict[str, float] = {}
    steps = machines_of(_spec(job))
    for detail in job.job_detail.task_details:
        step = step_of(detail.task_name)
        if step in steps and detail.start_time:
            held = _time(detail.end_time or now or datetime.now(UTC)) - _time(detail.start_time)
            seconds[step] = seconds.get(step, 0.0) + max(0.0, held.total_seconds())
    return seconds


def _time(moment: Any) -> datetime:
    return cast("datetime", moment)


def job_machines(job: PipelineJob) -> dict[str, MachineType]:
    """Return the machine of each step of a run."""
    return machines_of(_spec(job), dict(job.runtime_config.parameter_values or {}))


def _spec(job: PipelineJob) -> dict[str, Any]:
    from google.protobuf.json_format import MessageToDict

    spec: dict[str, Any] = MessageToDict(PipelineJob.pb(job).pipeline_spec)
    return spec
