"""A plan that was written counts as written, though the answer was lost and the request is repeated."""

import pytest
from google.cloud.storage import Bucket

from components.shared.clients import storage_client
from erase.plan import NAME, Plan, keep_plan
from localcloud.endpoints import Endpoints
from tests.faults.calls import Call, Calls, Trap
from tests.faults.fault import Fault
from tests.faults.http_proxy import http_proxy
from tests.faults.killing import Killer

BUCKET = "lost-answers"


@pytest.fixture(scope="module")
def bucket(cloud: Endpoints) -> Bucket:
    return storage_client(cloud.project).create_bucket(BUCKET)


def test_a_plan_whose_answer_was_lost_is_no_other_erasures(
    cloud: Endpoints, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(subject="s", documents={"a", "b"})
    upload = Call("storage", f"POST /upload/storage/v1/b/{BUCKET}/o?uploadType=multipart {NAME}", 1)
    calls = Calls("nobody", Trap(upload, Fault.LOST))
    with http_proxy("storage", cloud.address("storage"), calls, Killer()) as address:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://{address}")
        keep_plan(storage_client(cloud.project).bucket(BUCKET), plan)
    assert calls.met == 1
    assert Plan.model_validate_json(bucket.blob(NAME).download_as_bytes()) == plan
