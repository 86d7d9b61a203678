"""No run starts while the mark in the bucket says that an erasure is under way."""

from collections.abc import Iterator

import pytest
from google.cloud.storage import Blob

from components.shared.clients import storage_client
from components.shared.erasures import MARK
from tests.orchestrator.conftest import BUCKET, PROJECT, active
from tests.orchestrator.proxy import Fault

CREATE = r"POST .*/pipelineJobs(\?|$)"


@pytest.fixture
def mark(cloud) -> Iterator[Blob]:
    blob = storage_client(PROJECT).bucket(BUCKET).blob(MARK)
    yield blob
    if blob.exists():
        blob.delete()


def refusal(answer) -> str:
    assert answer.status_code == 409, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    return answer.json()["detail"]


def test_a_run_is_refused_until_the_erasure_has_ended(client, vertex, mark, day):
    mark.upload_from_string("{}")
    body = {"as_of": day.isoformat()}
    said = refusal(client.post("/", json=body))
    assert said.startswith(f"an erasure is under way (gs://{BUCKET}/erasures/open.json)")
    assert said.endswith("run the same python -m erase command again")
    span = {"from": day.isoformat(), "to": day.isoformat()}
    assert refusal(client.post("/backfill", json=span)) == said
    assert vertex.count(CREATE) == 0
    mark.delete()
    assert client.post("/", json=body).json()["created"]


def test_a_run_overtaken_by_an_erasure_is_cancelled(client, vertex, jobs, mark, day):
    overtaken = Fault(CREATE, 503, after_forwarding=True, meanwhile=lambda: mark.upload_from_string("{}"))
    vertex.faults.append(overtaken)
    body = {"as_of": day.isoformat()}
    assert "an erasure is under way" in refusal(client.post("/", json=body))
    assert (vertex.count(CREATE), active(jobs)) == (2, [])  # the answer to the first was lost
    mark.delete()
    assert client.post("/", json=body | {"rerun": True}).json()["created"]


def test_the_existing_run_is_returned_during_an_erasure(client, mark, day):
    body = {"as_of": day.isoformat()}
    made = client.post("/", json=body).json()
    mark.upload_from_string("{}")
    assert client.post("/", json=body).json() | {"created": True} == made
