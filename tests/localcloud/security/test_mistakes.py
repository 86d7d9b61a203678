"""What a caller gets wrong is a 4xx in Google's form, in every service: a 500 would be tried again."""

import httpx
import pytest

from components.shared.names import BUCKET
from tests.localcloud.security.conftest import PARENT, WORKSPACE

JSON = {"Content-Type": "application/json"}
LONG = "a" * 300
BODIES = (
    *(b"null", b"[]", b"1", b'"text"', b"{", b"\xff", b'{"query": NaN, "name": NaN}'),
    *(b"[" * 100_000, b'{"a":' * 100_000),
)


def assert_the_callers_mistake(answer: httpx.Response) -> None:
    assert 400 <= answer.status_code < 500, answer.text
    error = answer.json()["error"]
    assert error["code"] == answer.status_code
    assert error["message"]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:12]))
@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("vertex", f"v1/{PARENT}/models:upload"),
        ("vertex", f"v1/{PARENT}/pipelineJobs?pipelineJobId=x"),
        ("vertex", f"v1beta1/{PARENT}/pipelineJobs?pipelineJobId=x"),
        ("dataform", f"v1/{WORKSPACE}:writeFile"),
        ("dataform", f"v1/{PARENT}/repositories?repositoryId=x"),
        ("bigquery", "bigquery/v2/projects/winter-days-local/queries"),
        ("storage", f"upload/storage/v1/b/{BUCKET}/o?uploadType=resumable&name=x"),
    ],
)
def test_a_body_that_is_no_json_object(cloud, service, path, body):
    answer = httpx.post(f"{cloud.url(service)}/{path}", content=body, headers=JSON)
    assert_the_callers_mistake(answer)


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("dataform", f"v1/{PARENT}/repositories/{LONG}"),
        ("dataform", f"v1/{WORKSPACE}:readFile?path=a/{LONG}"),
        ("vertex", f"v1/{PARENT}/pipelineJobs/{LONG}"),
        ("vertex", f"v1/{PARENT}/pipelineJobs?orderBy=%20"),
        ("storage", f"storage/v1/b/{BUCKET}/o/{LONG}"),
        ("storage", f"storage/v1/b/{BUCKET}/o/a%2F.%2Fb"),
        ("bigquery", "bigquery/v2/projects/winter-days-local/jobs?pageToken=x"),
        ("bigquery", "bigquery/v2/projects/winter-days-local/datasets?pageToken=%FF"),
        ("bigquery", f"bigquery/v2/projects/winter-days-local/datasets?pageToken={'9' * 30}"),
    ],
)
def test_a_name_or_an_option_out_of_range(cloud, service, path):
    assert_the_callers_mistake(httpx.get(f"{cloud.url(service)}/{path}"))


def test_a_name_that_no_file_can_have_is_refused_by_the_storage_and_its_files_are_not_told(cloud):
    upload = f"{cloud.url('storage')}/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name={LONG}"
    buckets = f"{cloud.url('storage')}/storage/v1/b?project=x"
    for answer in (
        httpx.post(upload, content=b"x", headers={"Content-Type": "application/octet-stream"}),
        httpx.post(buckets, json={"name": LONG}),
        httpx.post(buckets, json={"name": {}}),
    ):
        assert_the_callers_mistake(answer)
        assert str(cloud.folder) not in answer.text
    cloud.assert_untouched()


def test_a_timeout_of_any_length_is_accepted(cloud):
    asked = {"query": "SELECT 1", "useLegacySql": False, "timeoutMs": 10**30}
    assert httpx.post(cloud.queries(), json=asked).status_code == 200
