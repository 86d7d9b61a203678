"""Cloud Storage's stand-in through Google's own client."""

import uuid

import pytest
from google.api_core.exceptions import PreconditionFailed

from components.shared.clients import storage_client
from localcloud.state import LocalCloudError
from localcloud.storage.server import serving


@pytest.fixture
def bucket(cloud):
    with storage_client(cloud.project) as client:
        yield client.create_bucket(f"bucket-{uuid.uuid4().hex[:8]}")


def test_an_object_is_read_back_and_listed_by_its_prefix(bucket):
    bucket.blob("sales/export_date=2025-01-01/a.parquet").upload_from_string(b"\x00\xff")
    bucket.blob("clickstream/a.jsonl").upload_from_string("{}")
    assert bucket.blob("sales/export_date=2025-01-01/a.parquet").download_as_bytes() == b"\x00\xff"
    assert [blob.name for blob in bucket.list_blobs(prefix="sales/")] == [
        "sales/export_date=2025-01-01/a.parquet"
    ]


def test_only_the_first_of_two_writers_of_a_new_object_wins(bucket):
    bucket.blob("manifest.json").upload_from_string("first", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        bucket.blob("manifest.json").upload_from_string("second", if_generation_match=0)
    assert bucket.blob("manifest.json").download_as_text() == "first"


def test_a_machine_without_a_binary_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(LocalCloudError, match="riscv64"), serving(tmp_path, "127.0.0.1:4443"):
        pass
