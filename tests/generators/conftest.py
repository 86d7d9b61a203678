"""The stand-ins that the generators write to, and files to import."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from google.api_core.exceptions import Conflict
from google.cloud import firestore, storage

from components.shared.clients import firestore_client, storage_client
from localcloud.endpoints import Endpoints

BUCKET = "winter-days-nov-2025-lake-raw"


@pytest.fixture(scope="module")
def project(cloud: Endpoints) -> str:
    """Return the project that the environment points to, with its bucket created."""
    with suppress(Conflict):
        storage_client(cloud.project).create_bucket(BUCKET)
    return cloud.project


@pytest.fixture
def firestore_database(project: str) -> firestore.Client:
    return firestore_client(project)


@pytest.fixture
def lake(project: str) -> storage.Bucket:
    """Return the bucket, emptied."""
    bucket = storage_client(project).bucket(BUCKET)
    bucket.delete_blobs(list(bucket.list_blobs()))
    return bucket


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that writes a text to a CSV file."""

    def write(text: str) -> Path:
        path = tmp_path / "own.csv"
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return write
