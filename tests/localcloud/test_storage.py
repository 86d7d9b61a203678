"""The stand-in for Cloud Storage, through Google's own client."""

import io
import uuid

import pytest
from google.api_core.exceptions import (
    BadRequest,
    MethodNotImplemented,
    NotFound,
    NotModified,
    PreconditionFailed,
)

from components.shared.clients import storage_client
from localcloud.state import LocalCloudError
from localcloud.storage.server import run_server


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


def test_a_resumable_upload_is_refused_when_the_generation_differs(bucket):
    bucket.blob("index").upload_from_string("first")
    blob, current = bucket.blob("index", chunk_size=262_144), bucket.get_blob("index").generation
    for stale in (0, current - 1):
        with pytest.raises(PreconditionFailed), io.BytesIO(b"second") as stream:
            blob.upload_from_file(stream, if_generation_match=stale)
    assert bucket.blob("index").download_as_text() == "first"
    with io.BytesIO(b"x" * 300_000) as stream:  # in two pieces
        blob.upload_from_file(stream, if_generation_match=current)
    assert bucket.blob("index").download_as_bytes() == b"x" * 300_000


@pytest.fixture
def objects(bucket):
    """Return a bucket with the objects `a` and `b`, and the generation of `a`."""
    bucket.blob("a").upload_from_string("aa")
    bucket.blob("b").upload_from_string("bb")
    return bucket, bucket.get_blob("a").generation


CALLS = {
    "compose": lambda bucket, **wanted: bucket.blob("b").compose([bucket.blob("a")], **wanted),
    "rewrite": lambda bucket, **wanted: bucket.blob("b").rewrite(bucket.blob("a"), **wanted),
    "copy": lambda bucket, **wanted: bucket.copy_blob(bucket.blob("a"), bucket, "b", **wanted),
    "delete": lambda bucket, **wanted: bucket.blob("b").delete(**wanted),
    "upload": lambda bucket, **wanted: bucket.blob("b").upload_from_string("cc", **wanted),
    "get": lambda bucket, **wanted: bucket.blob("b").reload(**wanted),
    "download": lambda bucket, **wanted: bucket.blob("b").download_as_bytes(**wanted),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_call_is_refused_when_the_generation_differs(objects, call):
    bucket, generation = objects
    with pytest.raises(PreconditionFailed):
        CALLS[call](bucket, if_generation_match=generation)  # that of the other object
    assert bucket.blob("b").download_as_bytes() == b"bb"
    CALLS[call](bucket, if_generation_match=bucket.get_blob("b").generation)


@pytest.mark.parametrize("call", ["compose", "rewrite", "copy"])
def test_an_object_that_must_be_new_is_made_once(objects, call):
    bucket, _ = objects
    with pytest.raises(PreconditionFailed):
        CALLS[call](bucket, if_generation_match=0)
    bucket.blob("b").delete()
    CALLS[call](bucket, if_generation_match=0)
    assert bucket.blob("b").download_as_bytes() == b"aa"


def test_sources_have_conditions_too(objects):
    bucket, generation = objects
    a, other = bucket.blob("a"), bucket.blob("b").generation or 1
    with pytest.raises(PreconditionFailed):
        bucket.blob("c").rewrite(a, if_source_generation_match=other)
    with pytest.raises(PreconditionFailed):
        bucket.blob("c").compose([a, bucket.blob("b")], if_source_generation_match=[generation, 1])
    assert not bucket.blob("c").exists()
    bucket.blob("c").compose([a], if_source_generation_match=[generation])
    bucket.blob("d").rewrite(a, if_source_generation_match=generation)
    assert bucket.blob("c").download_as_bytes() == bucket.blob("d").download_as_bytes() == b"aa"


def test_a_missing_source_is_not_found(objects):
    bucket, _ = objects
    with pytest.raises(NotFound):
        bucket.blob("c").compose([bucket.blob("a"), bucket.blob("missing")])


def test_an_object_that_has_not_changed_is_not_sent_again(objects):
    bucket, generation = objects
    with pytest.raises(NotModified):
        bucket.blob("a").reload(if_generation_not_match=generation)
    assert bucket.blob("a").download_as_bytes(if_generation_not_match=1) == b"aa"


@pytest.mark.parametrize("name", ["md5_hash", "crc32c"])
@pytest.mark.parametrize("size", [3, 3_000_000])
def test_content_with_a_wrong_checksum_is_refused_and_not_kept(bucket, name, size):
    content = b"x" * size
    bucket.blob("kept").upload_from_string(content)
    right = getattr(bucket.get_blob("kept"), name)
    wrong = getattr(bucket.get_blob("kept"), name)[::-1].strip("=").ljust(len(right), "=")
    blob = bucket.blob("kept")
    setattr(blob, name, wrong)
    with pytest.raises(BadRequest, match="doesn't match calculated hash"):
        blob.upload_from_string(b"y" * size, checksum=None)
    assert bucket.blob("kept").download_as_bytes() == content
    blob = bucket.blob("kept")
    setattr(blob, name, right)
    blob.upload_from_string(content, checksum=None)


@pytest.mark.parametrize("checksum", ["md5", "crc32c", "auto"])
def test_the_client_s_own_checksums_are_right(bucket, checksum):
    bucket.blob("a").upload_from_string(b"\r\n--x--\r\n" * 9, checksum=checksum)
    assert bucket.blob("a").download_as_bytes(checksum=checksum) == b"\r\n--x--\r\n" * 9


@pytest.mark.parametrize(
    "ask",
    [
        lambda bucket: list(bucket.list_blobs(match_glob="*.txt")),
        lambda bucket: list(bucket.list_blobs(soft_deleted=True)),
        lambda bucket: bucket.blob("a").delete(if_metageneration_match=1),
        lambda bucket: (setattr(bucket, "versioning_enabled", True), bucket.patch()),
        lambda bucket: versioned(bucket.client),
    ],
    ids=["match_glob", "soft deletion", "metageneration", "versioning", "a bucket with versions"],
)
def test_an_unsupported_call_is_refused(bucket, ask):
    with pytest.raises(MethodNotImplemented, match="not supported by the local Cloud Storage"):
        ask(bucket)


def versioned(client):
    bucket = client.bucket(f"bucket-{uuid.uuid4().hex[:8]}")
    bucket.versioning_enabled = True
    client.create_bucket(bucket)


def test_a_machine_without_a_binary_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(LocalCloudError, match="riscv64"), run_server(tmp_path, "127.0.0.1:4443"):
        pass
