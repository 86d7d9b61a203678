"""The stand-ins that the generators write to, and files to import."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from google.cloud import firestore, storage

from components.shared.clients import firestore_client, storage_client
from localcloud.supervisor import running

BUCKET = "winter-days-nov-2025-lake-raw"


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Keep Firestore and Cloud Storage up, and return the project that the environment leads to."""
    folder = tmp_path_factory.mktemp("generators")
    with (
        running(folder, services=["firestore", "storage"]) as endpoints,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in endpoints.environment().items():
            patch.setenv(name, value)
        storage_client(endpoints.project).create_bucket(BUCKET)
        yield endpoints.project


@pytest.fixture
def firestore_database(project: str) -> firestore.Client:
    return firestore_client(project)


@pytest.fixture
def lake(project: str) -> Iterator[storage.Bucket]:
    """Return the bucket, and empty it afterwards."""
    bucket = storage_client(project).bucket(BUCKET)
    yield bucket
    for blob in bucket.list_blobs():
        blob.delete()


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that writes a text to a CSV file."""

    def write(text: str) -> Path:
        path = tmp_path / "own.csv"
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return write
