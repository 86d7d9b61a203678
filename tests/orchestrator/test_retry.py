"""Retrying a run: what is requested of Vertex AI, and when nothing is."""

from datetime import timedelta

import pytest
from google.api_core.exceptions import MethodNotImplemented
from google.cloud.aiplatform_v1 import PipelineJob
from google.protobuf.json_format import MessageToDict

from components.shared.clients import rerun_service_client
from orchestrator.runs import records_id
from tests.orchestrator.conftest import PARENT
from tests.orchestrator.proxy import Fault
from tests.orchestrator.test_one_active import by_hand, end

CREATE = r"POST /v1beta1/.*/pipelineJobs\?"
NUMBER = "vertex-ai-pipelines-run-billing-id"


@pytest.fixture(scope="module", autouse=True)
def imported(cloud):
    """Make both sides import the v1beta1 library, which takes long on a busy machine."""
    with (
        rerun_service_client("us-central1") as client,
        pytest.raises(MethodNotImplemented, match="supported only for reruns"),
    ):
        client.create_pipeline_job(parent=PARENT, pipeline_job={})


def trigger(client, day, **more):
    return client.post("/", json={"as_of": day.isoformat(), **more}).json()


def cancelled(client, day):
    """Trigger a run and cancel it before any task starts; return the answer to the trigger."""
    run = trigger(client, day, parameters={"cutoffs": 3})
    client.post(f"/runs/{run['id']}:cancel")
    return run


def asked(jobs, run_id):
    return MessageToDict(PipelineJob.pb(jobs.get_pipeline_job(name=f"{PARENT}/pipelineJobs/{run_id}")))


def refused(client, run_id):
    answer = client.post(f"/runs/{run_id}:retry")
    assert answer.status_code == 409, answer.text
    return answer.json()["detail"]


def test_a_retry_has_the_parameters_and_the_pipeline_of_its_run_and_names_it(client, jobs, vertex, day):
    run = cancelled(client, day)
    answer = client.post(f"/runs/{run['id']}:retry")
    assert answer.status_code == 200, answer.text
    again = answer.json()
    assert (again["id"], again["attempt"], again["trigger"]) == (f"{run['id']}-r2", 2, "retry")
    assert (again["created"], again["retry_of"], again["as_of"]) == (True, run["id"], day.isoformat())
    assert (again["parameters"], again["spec"]) == (run["parameters"], run["spec"])
    assert again["parameters"]["run_id"] == run["id"]
    before, after = asked(jobs, run["id"]), asked(jobs, again["id"])
    for field in ("pipelineSpec", "runtimeConfig", "serviceAccount"):
        assert after[field] == before[field]
    assert after["labels"].pop(NUMBER) != before["labels"].pop(NUMBER)
    told = {"attempt": "2", "trigger": "retry", "retry_of": run["id"], "run_id": run["id"]}
    assert after["labels"] == before["labels"] | told
    assert vertex.count(CREATE) == 1


def test_a_retry_of_a_retry_names_it_and_keeps_the_id_of_the_first_run(client, jobs, day):
    run = cancelled(client, day)
    for number, before in ((2, run["id"]), (3, f"{run['id']}-r2")):
        again = client.post(f"/runs/{before}:retry").json()
        assert (again["id"], again["retry_of"]) == (f"{run['id']}-r{number}", before)
        assert again["parameters"]["run_id"] == run["id"]
        job = jobs.get_pipeline_job(name=again["name"])
        assert records_id(job) == run["id"]
        client.post(f"/runs/{again['id']}:cancel")


def test_a_missing_or_active_run_cannot_be_retried(client, vertex, day):
    answer = client.post("/runs/no-such-run:retry")
    assert (answer.status_code, answer.json()["detail"]) == (404, "there is no run no-such-run")
    run = trigger(client, day)
    assert refused(client, run["id"]) == f"{run['id']} has not ended: PIPELINE_STATE_PENDING"
    assert vertex.count(CREATE) == 0


def test_a_run_followed_by_another_cannot_be_retried(client, vertex, day):
    run = cancelled(client, day)
    later = trigger(client, day + timedelta(days=1))
    assert refused(client, run["id"]).startswith(f"{later['id']}, as of {later['as_of']}, is active")
    client.post(f"/runs/{later['id']}:cancel")
    assert refused(client, run["id"]) == (
        f"{run['id']} is not the newest run: {later['id']} has run since, and may have changed what this "
        "one left; run the day again with POST / and rerun=true"
    )
    assert vertex.count(CREATE) == 0


def test_a_run_that_was_submitted_by_hand_cannot_be_retried(client, vertex, jobs, day):
    by_hand(vertex, f"by-hand-{day}")
    end(jobs, f"by-hand-{day}")
    assert "was not submitted by this service" in refused(client, f"by-hand-{day}")


def test_a_retry_sent_twice_is_one_run(client, vertex, day):
    """The answer is lost, so Google's client sends the request again."""
    run = cancelled(client, day)
    vertex.faults.append(Fault(CREATE, 503, after_forwarding=True))
    again = client.post(f"/runs/{run['id']}:retry").json()
    assert (again["id"], again["created"]) == (f"{run['id']}-r2", False)
    assert vertex.count(CREATE) == 2
    assert refused(client, run["id"]).startswith(f"{again['id']}, as of {day}, is active")


def test_a_refusal_by_vertex_is_reported(client, vertex, day):
    run = cancelled(client, day)
    body = b'{"error": {"code": 400, "message": "reruns are not allowed", "status": "INVALID_ARGUMENT"}}'
    vertex.faults.append(Fault(CREATE, 400, body))
    answer = client.post(f"/runs/{run['id']}:retry")
    assert answer.status_code == 502
    assert "reruns are not allowed" in answer.json()["detail"]
