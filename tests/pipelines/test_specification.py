"""The specification in the bucket: uploaded once, kept under its digest, never overwriting another."""

import hashlib
import uuid

import pytest
from google.api_core.exceptions import PreconditionFailed

from components.shared.clients import storage_client
from components.shared.names import SPECIFICATION
from pipelines.specification import COMPILED, Specification, kept_name

NEW = Specification('{"pipelineInfo": {"name": "new"}}')
KEPT = f"mlops/pipelines/sha256-{hashlib.sha256(NEW.text.encode()).hexdigest()}.json"


@pytest.fixture
def bucket(cloud):
    return storage_client("specification").create_bucket(f"specification-{uuid.uuid4().hex[:8]}")


def texts(bucket):
    return {blob.name: blob.download_as_text() for blob in bucket.list_blobs()}


def test_its_label_is_valid_for_vertex_and_names_the_copy():
    assert len(NEW.label) == 52
    assert kept_name(NEW.label) == KEPT


def test_it_knows_the_parameters_of_the_pipeline():
    parameters = Specification(COMPILED.read_text(encoding="utf-8")).parameters
    assert parameters["horizon_days"]["parameterType"] == "NUMBER_INTEGER"


def test_it_is_uploaded_with_a_copy_once(bucket):
    assert NEW.upload(bucket, dry_run=True)
    assert texts(bucket) == {}
    assert NEW.upload(bucket)
    assert texts(bucket) == {SPECIFICATION: NEW.text, KEPT: NEW.text}
    assert not NEW.upload(bucket)


def test_uploading_it_again_leaves_its_copy_as_it_was(bucket):
    NEW.upload(bucket)
    Specification("{}").upload(bucket)
    generation = bucket.get_blob(KEPT).generation
    assert NEW.upload(bucket)
    assert bucket.get_blob(KEPT).generation == generation
    assert bucket.blob(SPECIFICATION).download_as_text() == NEW.text


def test_a_concurrent_write_stays(bucket, monkeypatch):
    get_blob = bucket.get_blob

    def get_too_early(name):
        found = get_blob(name)
        bucket.blob(name).upload_from_string("theirs")
        return found

    monkeypatch.setattr(bucket, "get_blob", get_too_early)
    with pytest.raises(PreconditionFailed):
        NEW.upload(bucket)
    assert texts(bucket) == {SPECIFICATION: "theirs", KEPT: NEW.text}
