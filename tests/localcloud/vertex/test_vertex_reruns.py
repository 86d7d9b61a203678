"""A rerun of a job: what had succeeded is not run again, and the rest ends as if nothing had failed."""

from collections import Counter

import pytest
from google.api_core import exceptions

GROUP = "exit-handler-1.make-tables"
DONE = ["exit-handler-1.make-table", GROUP, f"{GROUP}.make-table"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("resumable")


@pytest.fixture(scope="module")
def failed(vertex, folder):
    """A job whose third step has failed."""
    job = vertex.run("resumable", folder=str(folder), rows=3, fail_fast=True)
    assert job.state.name == "PIPELINE_STATE_FAILED"
    return job


def states(details) -> dict[str, str]:
    return {name: detail.state.name for name, detail in details.items()}


def receipts(folder) -> Counter[str]:
    return Counter(path.name.split("-")[0] for path in folder.iterdir())


def run_again(*details) -> list[dict]:
    return [{"taskId": detail.task_id, "taskName": detail.task_unique_name} for detail in details]


def test_succeeded_tasks_are_not_run_again_and_later_ones_get_their_outputs(vertex, tasks_of, tmp_path):
    original = vertex.run("resumable", folder=str(tmp_path), rows=3, fail_fast=True)
    assert receipts(tmp_path) == {"make": 2, "need": 1, "ended": 1}
    (tmp_path / "mended").touch()
    before = tasks_of(original)
    exit_task = before["note-outcome"]
    job = vertex.wait(vertex.rerun(original, pipelineTaskRerunConfigs=run_again(exit_task)))
    details = tasks_of(job)
    assert states(details) == {
        "exit-handler-1": "SUCCEEDED",
        **dict.fromkeys(DONE, "SKIPPED"),
        "exit-handler-1.need": "SUCCEEDED",
        "exit-handler-1.tell": "SUCCEEDED",
        "note-outcome": "SUCCEEDED",
    }
    assert receipts(tmp_path) == {"make": 2, "need": 2, "tell": 1, "ended": 2, "mended": 1}
    [told] = tmp_path.glob("tell-*")
    assert told.read_text() == "333"  # the rows of the file, of its metadata and of the group's output
    ended = {path.name: path.read_text() for path in tmp_path.glob("ended-*")}
    ids = [one.name.rpartition("/")[2] for one in (original, job)]
    assert ended == {f"ended-{ids[0]}": "FAILED", f"ended-{ids[1]}": "SUCCEEDED"}
    for name in DONE:
        assert (details[name].outputs, details[name].inputs) == (before[name].outputs, before[name].inputs)
        assert details[name].execution.metadata == before[name].execution.metadata
        assert details[name].execution.state.name == "CACHED"
        assert not details[name].start_time
    assert (
        job.labels["vertex-ai-pipelines-run-billing-id"]
        != (original.labels["vertex-ai-pipelines-run-billing-id"])
    )


def test_without_configurations_a_succeeded_exit_task_is_not_run_again(vertex, tasks_of, failed):
    details = tasks_of(vertex.wait(vertex.rerun(failed)))
    assert states(details)["note-outcome"] == "SKIPPED"
    assert states(details)["exit-handler-1.need"] == "FAILED"


def test_a_rerun_of_a_rerun_keeps_what_the_first_one_had_kept(vertex, tasks_of, failed, folder):
    before = receipts(folder)["make"]
    second = vertex.wait(vertex.rerun(failed))
    third = vertex.wait(vertex.rerun(second))
    assert {states(tasks_of(third))[name] for name in DONE} == {"SKIPPED"}
    assert receipts(folder)["make"] == before


def test_a_task_that_succeeded_may_be_run_again(vertex, tasks_of, failed, folder):
    before = receipts(folder)["make"]
    again = run_again(tasks_of(failed)["exit-handler-1.make-table"])
    found = states(tasks_of(vertex.wait(vertex.rerun(failed, pipelineTaskRerunConfigs=again))))
    assert (found["exit-handler-1.make-table"], found[GROUP]) == ("SUCCEEDED", "SKIPPED")
    assert receipts(folder)["make"] == before + 1


def test_other_parameters_and_another_pipeline_are_refused(vertex, failed, folder):
    config = {"gcsOutputDirectory": "gs://b/runs", "parameterValues": {"folder": str(folder), "rows": 4}}
    with pytest.raises(exceptions.BadRequest, match=f"rows differ from the parameters of {failed.name}"):
        vertex.rerun(failed, runtimeConfig=config)
    other = vertex.pipelines.compiled(vertex.pipelines.succeeding)
    with pytest.raises(exceptions.BadRequest, match=f"pipeline_spec is not that of {failed.name}"):
        vertex.rerun(failed, pipelineSpec=other)


def test_an_invalid_or_unsupported_rerun_is_refused(vertex, failed):
    cases = [
        ({"number": "17"}, exceptions.NotFound, "original_pipeline_job_id 17 is not a job"),
        (
            {"pipelineTaskRerunConfigs": [{"taskName": "exit-handler-1.need", "skipTask": True}]},
            exceptions.MethodNotImplemented,
            "exit-handler-1.need did not succeed",
        ),
        (
            {"pipelineTaskRerunConfigs": [{"taskName": "nothing"}]},
            exceptions.BadRequest,
            "has no task nothing",
        ),
        (
            {"pipelineTaskRerunConfigs": [{"taskId": 1, "skipDownstreamTasks": True}]},
            exceptions.MethodNotImplemented,
            "skip_downstream_tasks is not supported",
        ),
        (
            {"preflightValidations": True},
            exceptions.MethodNotImplemented,
            "preflight_validations is not supported",
        ),
    ]
    for fields, error, message in cases:
        with pytest.raises(error, match=message):
            vertex.rerun(failed, **fields)


def test_a_rerun_whose_original_has_lost_its_outputs_is_refused(vertex, tmp_path):
    job = vertex.run("resumable", folder=str(tmp_path), fail_fast=True)
    vertex.file(job, f"outputs/{DONE[0]}.json").unlink()
    with pytest.raises(exceptions.BadRequest, match=f"the outputs of {DONE[0]} in .* no longer exist$"):
        vertex.rerun(job)


def test_a_job_that_has_not_ended_cannot_be_run_again(vertex, tmp_path):
    job = vertex.submit("endless", started=str(tmp_path / "started"), cleaned=str(tmp_path / "cleaned"))
    with pytest.raises(exceptions.BadRequest, match="has not ended"):
        vertex.rerun(job)
    vertex.client.cancel_pipeline_job(name=job.name)
    vertex.wait(job)
