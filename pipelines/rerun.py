"""Rerun a run that failed or was cancelled, with the preview API v1beta1 of Vertex AI."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from google.cloud.aiplatform_v1 import PipelineJob, PipelineTaskDetail
from google.protobuf.json_format import MessageToDict, ParseDict

if TYPE_CHECKING:
    from google.cloud.aiplatform_v1beta1 import PipelineJob as RerunJob

NUMBER = "vertex-ai-pipelines-run-billing-id"  # the label in which Vertex AI gives the number of a job
ITS_OWN = "vertex-ai-"  # the prefix of the labels that it sets itself
TASK_DONE = ("SUCCEEDED", "SKIPPED")
AFTER_ALL = "ALL_UPSTREAM_TASKS_COMPLETED"


def rerun_of(original: PipelineJob, display_name: str, labels: Mapping[str, str]) -> "RerunJob":
    """Return the job that reruns another: the same specification, parameters and account.

    It has the original's labels, and `labels`. The original must have NUMBER, which Vertex AI sets.
    """
    from google.cloud.aiplatform_v1beta1 import PipelineJob as RerunJob

    had: dict[str, Any] = MessageToDict(PipelineJob.pb(original))
    kept = {name: had[name] for name in ("pipelineSpec", "runtimeConfig", "serviceAccount") if name in had}
    inherited = {name: text for name, text in original.labels.items() if not name.startswith(ITS_OWN)}
    content = kept | {
        "displayName": display_name,
        "labels": inherited | dict(labels),
        "originalPipelineJobId": original.labels[NUMBER],
        "pipelineTaskRerunConfigs": list(choices(original, had["pipelineSpec"]["root"]["dag"]["tasks"])),
    }
    job = RerunJob()
    ParseDict(content, RerunJob.pb(job))
    return job


def choices(original: PipelineJob, tasks: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield, for each task of a run, whether to skip it: if it and its enclosing groups had succeeded.

    The exit task runs again, since it records how a run ended. A group, such as shards with their plan, is
    kept or rerun as a whole.
    """
    details = {detail.task_id: detail for detail in original.job_detail.task_details}
    last = {
        name for name, task in tasks.items() if task.get("triggerPolicy", {}).get("strategy") == AFTER_ALL
    }
    for detail in details.values():
        skipped = detail.task_name not in last and all(
            one.state.name in TASK_DONE for one in _within(detail, details, tasks)
        )
        yield {"taskId": str(detail.task_id), "taskName": detail.task_unique_name, "skipTask": skipped}


def _within(
    detail: PipelineTaskDetail, details: dict[int, PipelineTaskDetail], tasks: dict[str, Any]
) -> Iterator[PipelineTaskDetail]:
    """Yield a task and its enclosing groups, except those of the run itself, which contain what failed."""
    yield detail
    group = details.get(detail.parent_task_id)
    while group and group.task_name not in tasks:
        outer = details.get(group.parent_task_id)
        if outer:
            yield group
        group = outer
