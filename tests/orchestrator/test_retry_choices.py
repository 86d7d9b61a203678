"""Which runs can be retried, and which of their tasks are kept."""

import pytest
from google.cloud.aiplatform_v1 import PipelineJob, PipelineTaskDetail

from orchestrator import retry

NUMBER = "vertex-ai-pipelines-run-billing-id"
State = PipelineTaskDetail.State


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"state": "PIPELINE_STATE_SUCCEEDED"}, "has succeeded: there is nothing to retry"),
        ({"state": "PIPELINE_STATE_RUNNING"}, "has not ended: PIPELINE_STATE_RUNNING"),
        ({"spec": "other"}, "was submitted with another compiled pipeline than the deployed one"),
        ({NUMBER: ""}, "was not submitted by this service, or Vertex AI does not return its number"),
        ({"pipeline": "other"}, "was not submitted by this service"),
        ({}, ""),
    ],
)
def test_what_a_run_is_decides_whether_it_can_be_retried(change, fault):
    labels = {"pipeline": "customer-churn", "as_of": "2026-01-31", "spec": "same", NUMBER: "17"} | change
    state = labels.pop("state", "PIPELINE_STATE_FAILED")
    job = PipelineJob(state=state, labels={name: text for name, text in labels.items() if text})
    assert retry._fault(job, "same").startswith(fault)
    assert bool(retry._fault(job, "same")) == bool(fault)


def run_of(*tasks):
    """Return a job of tasks: each its path, such as batch.shards.plan, and its state."""
    ids = {name: number for number, (name, _) in enumerate(tasks, 10)}
    details = [
        PipelineTaskDetail(
            task_id=ids[name],
            parent_task_id=ids.get(name.rpartition(".")[0], 0),
            task_name=name.rpartition(".")[2],
            task_unique_name=name,
            state=state,
        )
        for name, state in tasks
    ]
    return PipelineJob(job_detail={"task_details": details})


TASKS = {"batch": {}, "record-run": {"triggerPolicy": {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}}}
FAILED = [
    ("batch", State.FAILED),
    ("batch.plan", State.SUCCEEDED),
    ("batch.export", State.SKIPPED),
    ("batch.shards", State.FAILED),
    ("batch.shards.plan", State.SUCCEEDED),
    ("batch.shards.loop", State.FAILED),
    ("batch.shards.loop.1", State.SUCCEEDED),
    ("batch.done", State.SUCCEEDED),
    ("batch.done.plan", State.SUCCEEDED),
    ("batch.write", State.NOT_TRIGGERED),
    ("batch.other", State.CANCELLED),
    ("record-run", State.SUCCEEDED),
]
KEPT = {"batch.plan", "batch.export", "batch.done", "batch.done.plan"}


def test_finished_steps_are_skipped_but_the_exit_task_and_what_is_in_a_group_that_failed():
    job = run_of(*FAILED)
    choices = list(retry._choices(job, TASKS))
    assert {one["taskName"] for one in choices if one["skipTask"]} == KEPT
    assert [(one["taskId"], one["taskName"]) for one in choices] == [
        (str(number), name) for number, (name, _) in enumerate(FAILED, 10)
    ]


def test_a_task_that_stands_for_the_run_itself_makes_no_difference():
    job = run_of(("customer-churn", State.FAILED), *((f"customer-churn.{name}", one) for name, one in FAILED))
    skipped = {one["taskName"] for one in retry._choices(job, TASKS) if one["skipTask"]}
    assert skipped == {f"customer-churn.{name}" for name in KEPT}
