"""Submitting a run: what Vertex gets, once, whatever happens on the way."""

import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.api_core.exceptions import NotFound
from google.protobuf import json_format

from components.shared.clients import storage_client
from pipelines.sizes import fit_to_machines
from pipelines.specification import COMPILED
from tests.orchestrator.conftest import BUCKET, PARENT, active
from tests.orchestrator.proxy import Fault

CREATE = r"POST .*/pipelineJobs(\?|$)"
UPLOAD = r"POST /upload/"
SPEC = "mlops/customer_churn_pipeline.json"


def bucket():
    return storage_client("winter-days-local").bucket(BUCKET)


def job_of(jobs, run_id):
    return jobs.get_pipeline_job(name=f"{PARENT}/pipelineJobs/{run_id}")


def trigger(client, day, **more):
    return client.post("/", json={"as_of": day.isoformat(), **more})


def test_vertex_gets_the_compiled_pipeline_and_all_that_the_run_needs(client, jobs, day):
    answer = trigger(client, day, parameters={"cutoffs": 3})
    assert answer.status_code == 200, answer.text
    run = answer.json()
    run_id = f"customer-churn-{day:%Y%m%d}"
    assert (run["id"], run["name"]) == (run_id, f"{PARENT}/pipelineJobs/{run_id}")
    assert (run["as_of"], run["created"], run["attempt"]) == (day.isoformat(), True, 1)
    assert run["state"] == "PIPELINE_STATE_PENDING"
    assert run["console"].endswith(f"/locations/us-central1/runs/{run_id}?project=winter-days-local")

    job = job_of(jobs, run_id)
    digest = hashlib.sha256(COMPILED.read_bytes()).hexdigest()
    sent = json_format.MessageToDict(type(job).pb(job))
    config, spec = sent["runtimeConfig"], sent["pipelineSpec"]
    scored_at = config["parameterValues"].pop("scored_at")
    assert scored_at.endswith("+00:00")
    assert config["parameterValues"] == {
        "project": "winter-days-local",
        "location": "us-central1",
        "bucket": BUCKET,
        "dataform_service_account": "dataform-exec-sa@winter-days-local.iam.gserviceaccount.com",
        "as_of": day.isoformat(),
        "run_id": run_id,
        "cutoffs": 3,
        "horizon_days": 60,
    }
    assert config["gcsOutputDirectory"] == f"gs://{BUCKET}/mlops/pipeline_root"
    assert config["failurePolicy"] == "PIPELINE_FAILURE_POLICY_FAIL_FAST"
    assert sent["serviceAccount"] == "winter-days-vertex-ai-sa@winter-days-local.iam.gserviceaccount.com"
    assert dict(job.labels) == {
        "vertex-ai-pipelines-run-billing-id": job.labels["vertex-ai-pipelines-run-billing-id"],
        "pipeline": "customer-churn",
        "as_of": day.isoformat(),
        "trigger": "by-hand",
        "attempt": "1",
        "spec": base64.b32encode(bytes.fromhex(digest)).decode().lower().strip("="),
        "team": "data",
    }
    assert spec == fit_to_machines(COMPILED.read_text(), {}, {})
    assert "in-shards" not in str(spec)
    assert "enableCache" not in str(spec)
    assert run["spec"] == f"gs://{BUCKET}/mlops/pipelines/sha256-{digest}.json"


def test_the_bucket_holds_the_specification_and_a_copy_under_its_digest(client, storage, day):
    bucket().blob(SPEC).upload_from_string("an older version")
    storage.clear()
    assert trigger(client, day).json()["created"]
    digest = hashlib.sha256(COMPILED.read_bytes()).hexdigest()
    for name in (SPEC, f"mlops/pipelines/sha256-{digest}.json"):
        assert bucket().blob(name).download_as_bytes() == COMPILED.read_bytes()
    assert storage.count(UPLOAD) == 2

    client.post(f"/runs/customer-churn-{day:%Y%m%d}:cancel")
    storage.clear()
    assert trigger(client, day, rerun=True).json()["created"]
    assert storage.count(UPLOAD) == 0


def test_a_concurrent_upload_by_another_process_stays(client, storage, day):
    bucket().blob(SPEC).upload_from_string("theirs")
    storage.clear()
    storage.faults.append(Fault(UPLOAD, 412, times=2))
    assert trigger(client, day).json()["created"]
    assert storage.count(UPLOAD) == 2
    assert bucket().blob(SPEC).download_as_text() == "theirs"


def test_a_repeated_trigger_gets_the_run_that_exists(client, vertex, day):
    at_two = {"X-CloudScheduler-ScheduleTime": f"{day}T02:00:00Z", "X-CloudScheduler-JobName": "daily"}
    first = client.post("/", headers=at_two).json()
    again = client.post("/", headers=at_two).json()
    assert (first["created"], again["created"]) == (True, False)
    assert (first["trigger"], again["trigger"]) == ("scheduler", "scheduler")
    assert first["parameters"]["scored_at"] == f"{day}T02:00:00+00:00"
    assert again == {**first, "created": False}


def test_triggers_at_the_same_instant_end_in_one_run(client, vertex, day):
    with ThreadPoolExecutor(8) as pool:
        answers = [one.result() for one in [pool.submit(trigger, client, day) for _ in range(8)]]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["id"] for answer in answers} == {f"customer-churn-{day:%Y%m%d}"}
    assert sum(answer.json()["created"] for answer in answers) == 1
    assert 1 <= vertex.count(CREATE) <= 8


def test_a_rerun_gets_its_own_id(client, day):
    ids = []
    for rerun in (False, True, True, False):
        ids.append(trigger(client, day, rerun=rerun).json()["id"])
        client.post(f"/runs/{ids[-1]}:cancel")
    base = f"customer-churn-{day:%Y%m%d}"
    assert ids == [base, f"{base}-r2", f"{base}-r3", base]


def test_reruns_at_the_same_instant_are_one_new_run(client, jobs, day):
    client.post(f"/runs/{trigger(client, day).json()['id']}:cancel")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: trigger(client, day, rerun=True), range(4)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    runs = [answer.json() for answer in answers if answer.status_code == 200]
    assert {run["id"] for run in runs} == {f"customer-churn-{day:%Y%m%d}-r2"}
    assert sum(run["created"] for run in runs) == len(active(jobs)) == 1


def test_parameters_that_differ_from_the_runs_are_a_conflict(client, day):
    trigger(client, day, parameters={"cutoffs": 2})
    assert trigger(client, day, parameters={"cutoffs": 2}).status_code == 200
    answer = trigger(client, day, parameters={"cutoffs": 4})
    assert answer.status_code == 409
    assert "exists with cutoffs=2.0, not 4: use rerun=true" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"cutoffs": "6"}, 'Input should be a valid integer, not "6"'),
        ({"cutoffs": True}, "Input should be a valid integer, not true"),
        ({"collection": 7}, "Input should be a valid string, not 7"),
        ({"max_reject_share": "much"}, "Input should be a valid number, not"),
        ({"cut_offs": 6}, "cannot be set: choose from assertions_dataset, bi_dataset"),
        ({"run_id": "mine"}, "cannot be set: choose from assertions_dataset, bi_dataset"),
        ({"as_of": "2020-01-01"}, "workspace, and as_of beside parameters"),
    ],
)
def test_a_wrong_parameter_is_named_and_nothing_is_submitted(client, storage, vertex, day, parameters, fault):
    answer = trigger(client, day, parameters=parameters)
    assert answer.status_code == 422
    (detail,) = answer.json()["detail"]
    assert detail["loc"] == ["body", "parameters", next(iter(parameters))]
    assert fault in detail["msg"]
    assert (storage.seen, vertex.seen) == ([], [])


@pytest.mark.parametrize(
    ("name", "value"), [("collection", "orders"), ("sales_mapping", "mappings/orders.yaml"), ("cutoffs", 3)]
)
def test_a_misplaced_parameter_is_told_where_it_belongs(client, vertex, day, name, value):
    answer = trigger(client, day, **{name: value})
    assert answer.status_code == 422
    (detail,) = answer.json()["detail"]
    assert detail["loc"] == ["body", name]
    assert detail["msg"] == "belongs under parameters, like " + json.dumps({"parameters": {name: value}})
    assert vertex.seen == []


@pytest.mark.parametrize("name", ["colection", "run_id"])
def test_other_extra_fields_are_refused(client, day, name):
    (detail,) = trigger(client, day, **{name: "x"}).json()["detail"]
    assert detail["msg"] == "Extra inputs are not permitted"


def test_a_dry_run_returns_the_run_and_calls_no_service(client, storage, vertex, jobs, day):
    run = trigger(client, day, dry_run=True, parameters={"cutoffs": 3}).json()
    assert (run["id"], run["created"], run["dry_run"]) == (f"customer-churn-{day:%Y%m%d}", False, True)
    assert run["parameters"]["cutoffs"] == 3
    assert (storage.seen, vertex.seen) == ([], [])
    with pytest.raises(NotFound):
        job_of(jobs, run["id"])


def test_a_service_that_is_briefly_unavailable_is_retried(client, storage, vertex, day):
    vertex.faults.append(Fault(CREATE, 503, times=2))
    storage.faults.append(Fault("GET .*customer_churn", 503, times=2))
    answer = trigger(client, day)
    assert (answer.status_code, answer.json()["created"]) == (200, True)
    assert vertex.count(CREATE) == 3


def test_a_lost_answer_does_not_make_a_second_run(client, vertex, day):
    vertex.faults.append(Fault(CREATE, 503, after_forwarding=True))
    assert trigger(client, day).status_code == 200
    assert len(client.get(f"/runs?as_of={day}").json()["runs"]) == 1


@pytest.mark.parametrize("where", ["storage", "vertex"])
def test_a_service_that_stays_unavailable_is_a_503_in_bounded_time(client, request, day, where):
    proxy = request.getfixturevalue(where)
    proxy.faults.append(
        Fault(".*", 503, b'{"error": {"message": "The service is unavailable."}}', times=1000)
    )
    answer = trigger(client, day)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "try again later: The service is unavailable." in answer.json()["detail"]
    assert 2 < len(proxy.seen) < 20


def test_a_missing_permission_is_named_with_the_account_that_lacks_it(client, vertex, day):
    message = (
        "Permission 'aiplatform.pipelineJobs.create' denied on resource "
        "'//aiplatform.googleapis.com/projects/winter-days-local' (or it may not exist)."
    )
    error = {"error": {"code": 403, "message": message, "status": "PERMISSION_DENIED"}}
    vertex.faults.append(Fault(CREATE, 403, json.dumps(error).encode()))
    answer = trigger(client, day)
    assert answer.status_code == 502
    account = "winter-days-orchestrator-sa@winter-days-local.iam.gserviceaccount.com"
    assert answer.json()["detail"].startswith(
        f"{account} lacks the permission aiplatform.pipelineJobs.create: "
    )
    assert vertex.count(CREATE) == 1


def test_a_missing_bucket_is_named(client, storage, day):
    storage.faults.append(Fault("POST /upload", 404, b'{"error": {"message": "The bucket does not exist."}}'))
    storage.faults.insert(0, Fault("GET .*customer_churn", 404, b'{"error": {"message": "No such object"}}'))
    answer = trigger(client, day)
    assert answer.status_code == 502
    assert "The bucket does not exist." in answer.json()["detail"]
