"""The plan in the bucket: written though the answer was lost, and never written over another erasure's."""

import pytest
from google.cloud.storage import Bucket

from components.shared.clients import storage_client
from components.shared.errors import StepError
from erase.plan import NAME, Plan, close_plan, keep_plan, open_plan
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
    close_plan(bucket)


@pytest.mark.parametrize("subject", ["others", "s"], ids=["of-others", "of-the-same"])
def test_a_plan_does_not_replace_that_of_an_erasure_that_has_begun_meanwhile(
    bucket: Bucket, subject: str
) -> None:
    first = Plan(subject="s", documents={"a", "b"})
    keep_plan(bucket, first)
    with pytest.raises(StepError, match="another erasure has just begun"):
        keep_plan(bucket, Plan(subject=subject, documents={"c"}))
    assert open_plan(bucket, "s") == first
    more = Plan(subject="s", documents={"a", "b", "c"})
    keep_plan(bucket, more, first)
    assert open_plan(bucket, "s") == more
    close_plan(bucket)
