"""The calls that Google's client makes: ids, parameters, listings, and what is not supported."""

import contextlib
import http.client
import json
import subprocess
import sys
import time

import pytest
from google.api_core import exceptions
from google.cloud.aiplatform_v1 import PipelineJob, PipelineState
from google.protobuf import field_mask_pb2

from components.shared.clients import vertex_sdk

PARENT = "projects/winter-days-test/locations/us-central1"


@pytest.fixture(scope="module")
def listed(vertex) -> dict[str, PipelineJob]:
    """Three jobs that share a label and ran one after the other."""
    labels = {"for": "listing"}
    return {
        "first": vertex.run("branching", number=1, labels=labels | {"day": "1"}, display_name="one"),
        "second": vertex.run("failing_flat", labels=labels | {"day": "2"}, display_name="two"),
        "third": vertex.run("branching", number=1, labels=labels, display_name="one more"),
    }


def names(vertex, listed, **request) -> list[str]:
    """Return the keys of the listed jobs that the server lists."""
    known = {job.name: key for key, job in listed.items()}
    wanted = 'labels.for="listing"'
    request["filter"] = f"{request['filter']} AND {wanted}" if "filter" in request else wanted
    found = vertex.client.list_pipeline_jobs(request={"parent": PARENT, **request})
    return [known[job.name] for job in found]


def ask(vertex, path: str) -> tuple[int, dict]:
    connection = http.client.HTTPConnection("127.0.0.1", vertex.port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, json.load(response)


def test_a_second_job_with_an_id_is_a_conflict(vertex):
    first = vertex.submit("branching", job_id="only-once", number=1)
    assert first.name == f"{PARENT}/pipelineJobs/only-once"
    with pytest.raises(exceptions.Conflict, match="only-once already exists"):
        vertex.submit("branching", job_id="only-once", number=2)
    assert vertex.wait(first).runtime_config.parameter_values["number"] == 1


@pytest.mark.parametrize("job_id", ["Capital", "1st", "a_b", "a" * 129, "../a"])
def test_an_id_that_vertex_would_not_take_is_refused(vertex, job_id):
    with pytest.raises(exceptions.BadRequest, match="pipeline_job_id"):
        vertex.submit("branching", job_id=job_id, number=1)


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({}, "parameter 'rows' is missing"),
        ({"rows": 1, "colour": "red"}, "parameter 'colour' is not one of the pipeline's"),
        ({"rows": "1"}, "parameter 'rows' must be a NUMBER_INTEGER, not '1'"),
        ({"rows": 1.5}, "parameter 'rows' must be a NUMBER_INTEGER, not 1.5"),
        ({"rows": True}, "parameter 'rows' must be a NUMBER_INTEGER, not True"),
        ({"rows": 1, "share": "half"}, "parameter 'share' must be a NUMBER_DOUBLE"),
        ({"rows": 1, "title": 1}, "parameter 'title' must be a STRING"),
        ({"rows": 1, "verbose": "yes"}, "parameter 'verbose' must be a BOOLEAN"),
        ({"colour": "red"}, "'colour' .*; .*'rows'"),
    ],
)
def test_a_wrong_parameter_is_refused_by_its_name(vertex, parameters, complaint):
    with pytest.raises(exceptions.BadRequest, match=complaint):
        vertex.submit("succeeding", **parameters)


def test_an_invalid_pipeline_bucket_or_label_is_refused(vertex):
    with pytest.raises(exceptions.BadRequest, match="label 'Upper'"):
        vertex.submit("branching", number=1, labels={"a": "Upper"})
    job = PipelineJob(runtime_config={"gcs_output_directory": "b/runs"})
    loop = {"a": {"dependentTasks": ["b"]}, "b": {"dependentTasks": ["a"]}}
    upwards = {"../a": {"componentRef": {"name": "c"}}}
    for tasks in ({}, loop, upwards):
        job.pipeline_spec = {"root": {"dag": {"tasks": tasks}}, "components": {"c": {}}}
        with pytest.raises(exceptions.BadRequest, match="not a compiled pipeline"):
            vertex.client.create_pipeline_job(parent=PARENT, pipeline_job=job)
    job.pipeline_spec = vertex.pipelines.compiled(vertex.pipelines.retried)
    job.runtime_config.parameter_values = {"marker": ""}
    with pytest.raises(exceptions.BadRequest, match="must begin with gs://"):
        vertex.client.create_pipeline_job(parent=PARENT, pipeline_job=job)


def test_the_newest_job_comes_first_unless_asked_otherwise(vertex, listed):
    assert names(vertex, listed) == ["third", "second", "first"]
    assert names(vertex, listed, order_by="create_time desc") == ["third", "second", "first"]
    assert names(vertex, listed, order_by="end_time") == ["first", "second", "third"]
    with pytest.raises(exceptions.BadRequest, match="order_by"):
        names(vertex, listed, order_by="name")


def test_a_listing_comes_in_pages(vertex, listed):
    assert names(vertex, listed, page_size=2) == ["third", "second", "first"]
    pages = vertex.client.list_pipeline_jobs(
        request={"parent": PARENT, "filter": 'labels.for="listing"', "page_size": 2}
    ).pages
    assert [len(page.pipeline_jobs) for page in pages] == [2, 1]
    with pytest.raises(exceptions.BadRequest, match="page token"):
        names(vertex, listed, page_token="theirs")  # noqa: S106


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('state="PIPELINE_STATE_FAILED"', ["second"]),
        ("state != PIPELINE_STATE_FAILED", ["third", "first"]),
        ('display_name="one"', ["first"]),
        ('display_name:"one*"', ["third", "first"]),
        ('display_name="one" OR display_name="two"', ["second", "first"]),
        ('labels.day="1"', ["first"]),
        ("labels.day:*", ["second", "first"]),
        ('labels.day="2" AND state="PIPELINE_STATE_SUCCEEDED"', []),
        ("pipeline_name=failing-flat", ["second"]),
        ('create_time>="{second}"', ["third", "second"]),
        ('create_time<"{second}" OR create_time>"{second}"', ["third", "first"]),
    ],
)
def test_a_filter_chooses_jobs(vertex, listed, expression, expected):
    expression = expression.replace("{second}", listed["second"].create_time.rfc3339())
    assert names(vertex, listed, filter=expression) == expected


@pytest.mark.parametrize(
    "expression",
    ["state", "colour=red", "state=A state=B", 'create_time>"noon"', "(state=A)", "state<A", "AND"],
)
def test_a_filter_that_is_not_understood_is_refused(vertex, expression):
    with pytest.raises(exceptions.BadRequest, match="cannot be parsed"):
        vertex.client.list_pipeline_jobs(request={"parent": PARENT, "filter": expression})


def test_a_listing_leaves_the_details_out_and_keeps_to_its_mask(vertex, listed):
    mask = field_mask_pb2.FieldMask(paths=["name", "state"])
    whole = next(iter(vertex.client.list_pipeline_jobs(parent=PARENT)))
    assert (whole.pipeline_spec["pipelineInfo"]["name"], whole.job_detail.task_details) == ("branching", [])
    part = next(iter(vertex.client.list_pipeline_jobs(request={"parent": PARENT, "read_mask": mask})))
    assert (part.name, part.state) == (whole.name, PipelineState.PIPELINE_STATE_SUCCEEDED)
    assert not part.display_name
    mask.paths.append("colour")
    with pytest.raises(exceptions.BadRequest, match="read_mask"):
        vertex.client.list_pipeline_jobs(request={"parent": PARENT, "read_mask": mask})


def test_a_deleted_job_is_gone_with_its_files(vertex):
    job = vertex.run("branching", number=1)
    vertex.client.delete_pipeline_job(name=job.name).result(timeout=10)
    with pytest.raises(exceptions.NotFound, match=job.name):
        vertex.get(job)
    assert job.name not in [one.name for one in vertex.client.list_pipeline_jobs(parent=PARENT)]
    assert not vertex.file(job, "").exists()


@pytest.mark.parametrize(
    ("call", "request_", "name"),
    [
        ("batch_cancel_pipeline_jobs", {"parent": PARENT, "names": ["a"]}, "BatchCancelPipelineJobs"),
        ("list_training_pipelines", {"parent": PARENT}, "ListTrainingPipelines"),
        ("delete_training_pipeline", {"name": f"{PARENT}/trainingPipelines/1"}, "DeleteTrainingPipeline"),
    ],
)
def test_names_a_call_that_it_does_not_support(vertex, call, request_, name):
    with pytest.raises(exceptions.MethodNotImplemented, match=f"{name} is not supported"):
        getattr(vertex.client, call)(request=request_)


def test_names_a_field_that_it_does_not_support(vertex):
    job = PipelineJob(network="projects/1/global/networks/n")
    with pytest.raises(exceptions.MethodNotImplemented, match=r"PipelineJob\.network"):
        vertex.client.create_pipeline_job(parent=PARENT, pipeline_job=job)


@pytest.mark.parametrize(("path", "status"), [("..", 400), ("%2e%2e", 400), ("%2e%2e%2fa", 404), ("A", 400)])
def test_a_name_cannot_leave_the_folder(vertex, path, status):
    assert ask(vertex, f"/v1/projects/p/locations/l/pipelineJobs/{path}")[0] == status


SDK = """
import sys
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform
from google.cloud.aiplatform.utils import gcs_utils

gcs_utils.create_gcs_bucket_for_pipeline_artifacts_if_it_does_not_exist = lambda **_: None
aiplatform.init(
    project="winter-days-test", location="us-central1", api_endpoint=sys.argv[1], api_transport="rest",
    credentials=AnonymousCredentials(),
)
job = aiplatform.PipelineJob(
    display_name="by the SDK", template_path=sys.argv[2], job_id="by-the-sdk", pipeline_root="gs://b/runs",
    parameter_values={"number": 4}, failure_policy="fast", labels={"by": "sdk"},
)
job.submit(service_account="runner@winter-days-test.iam.gserviceaccount.com")
while not job.done():
    pass
print(">", job.state.name, job.task_details[0].state.name)
[found] = aiplatform.PipelineJob.list(filter='labels.by="sdk"', enable_simple_view=True)
print('>', found.resource_name, aiplatform.PipelineJob.get("by-the-sdk").display_name)
job.delete()
print(">", aiplatform.PipelineJob.list(filter='labels.by="sdk"'))
"""


def test_the_whole_sdk_submits_follows_lists_and_deletes(vertex, tmp_path):
    """In a process of its own, since google.cloud.aiplatform warns on import and keeps global settings."""
    spec = tmp_path / "pipeline.json"
    spec.write_text(json.dumps(vertex.pipelines.compiled(vertex.pipelines.branching)))
    command = [sys.executable, "-c", SDK, f"http://127.0.0.1:{vertex.port}", str(spec)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    name = f"{PARENT}/pipelineJobs/by-the-sdk"
    assert [line[2:] for line in done.stdout.splitlines() if line.startswith("> ")] == [
        "PIPELINE_STATE_SUCCEEDED SUCCEEDED",
        f"{name} by the SDK",
        "[]",
    ]


UNSUPPORTED = {
    "GetMetadataStore": lambda sdk: sdk.Experiment.get_or_create("an-experiment"),
    "ListContexts": lambda sdk: sdk.Experiment.list(),
    "ListArtifacts": lambda sdk: sdk.Artifact.list(),
    "GetContext": lambda sdk: sdk.get_experiment_df("an-experiment"),
    "ListTensorboards": lambda sdk: sdk.Tensorboard.list(),
    "ListEndpoints": lambda sdk: sdk.Endpoint.list(),
    "ListCustomJobs": lambda sdk: sdk.CustomJob.list(),
    "ListSchedules": lambda sdk: sdk.PipelineJobSchedule.list(),
    "ListDatasets": lambda sdk: sdk.TabularDataset.list(),
}


@pytest.mark.parametrize("call", UNSUPPORTED)
def test_calls_beyond_pipelines_and_models_are_refused_by_name(vertex, monkeypatch, call):
    monkeypatch.setenv("VERTEX_EMULATOR_HOST", f"127.0.0.1:{vertex.port}")
    sdk = vertex_sdk("winter-days-test", "us-central1")
    began = time.monotonic()
    with pytest.raises(
        exceptions.MethodNotImplemented, match=f"{call} is not supported by the local Vertex AI$"
    ):
        UNSUPPORTED[call](sdk)
    assert time.monotonic() - began < 30  # so it was not retried


def test_another_version_of_the_api_is_refused_and_nonsense_is_not_found(vertex):
    status, body = ask(vertex, f"/v1beta1/{PARENT}/pipelineJobs")
    assert (status, body["error"]["message"]) == (
        501,
        "v1beta1 is not supported by the local Vertex AI: use v1",
    )
    status, body = ask(vertex, f"/v1/{PARENT}/nothings")
    assert (status, body["error"]["status"]) == (404, "NOT_FOUND")
