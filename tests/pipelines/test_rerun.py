"""Which tasks a rerun keeps from a failed run."""

from google.cloud.aiplatform_v1 import PipelineJob, PipelineTaskDetail

from pipelines.rerun import choices

State = PipelineTaskDetail.State


def run_of(*tasks):
    """Return a job of tasks, each given as its path, such as batch.shards.plan, and its state."""
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


def test_finished_tasks_are_skipped_except_the_exit_task_and_failed_groups():
    job = run_of(*FAILED)
    chosen = list(choices(job, TASKS))
    assert {one["taskName"] for one in chosen if one["skipTask"]} == KEPT
    assert [(one["taskId"], one["taskName"]) for one in chosen] == [
        (str(number), name) for number, (name, _) in enumerate(FAILED, 10)
    ]


def test_a_task_for_the_run_itself_makes_no_difference():
    job = run_of(("customer-churn", State.FAILED), *((f"customer-churn.{name}", one) for name, one in FAILED))
    skipped = {one["taskName"] for one in choices(job, TASKS) if one["skipTask"]}
    assert skipped == {f"customer-churn.{name}" for name in KEPT}
