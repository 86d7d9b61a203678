"""A user's mistake ends with a clear message, a non-zero exit and nothing half-written."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.cloud.firestore import Client

from components.export_sales.request import ExportRequest
from components.export_sales.step import export_sales
from components.shared.clients import firestore_client, storage_client
from components.shared.errors import StepError
from laptop.provision import provision
from localcloud.endpoints import Endpoints
from tests.cloud import led_to

PROJECT = "bad-input"
BUCKET = "bad-input-lake"
SETTINGS = {
    "project": PROJECT,
    "database": "(default)",
    "collection": "winter_sales",
    "bucket": BUCKET,
    "as_of": "2026-01-31",
    "max_reject_share": 0.05,
}


@pytest.fixture(scope="module")
def services(laptop: Endpoints) -> Iterator[None]:
    with led_to(laptop):
        provision(PROJECT, BUCKET, "us-central1")
        yield


@pytest.fixture
def collection(services: None) -> Iterator[Any]:
    client: Client = firestore_client(PROJECT)
    collection = client.collection("winter_sales")
    yield collection
    for document in collection.list_documents():
        document.delete()


def exported_objects() -> list[str]:
    return [
        blob.name
        for blob in storage_client(PROJECT).list_blobs(BUCKET)
        if blob.name.startswith(("sales/", "sales_manifests/"))
    ]


def test_an_empty_collection_says_what_to_run(collection: Any) -> None:
    with pytest.raises(StepError, match=r"winter_sales is empty: run python -m generators\.sales"):
        export_sales(ExportRequest(**SETTINGS))
    assert exported_objects() == []


def test_a_collection_of_malformed_documents_is_refused(collection: Any) -> None:
    collection.document("a").set({"sale_id": "a", "customer_id": "c"})
    collection.document("b").set({"sale_id": "b", "customer_id": "c", "sale_timestamp": "yesterday"})
    with pytest.raises(StepError, match="none of the 2 documents can be read"):
        export_sales(ExportRequest(**SETTINGS))
    assert exported_objects() == []
    rejects = (
        storage_client(PROJECT).bucket(BUCKET).blob("sales_rejects/export_date=2026-01-31/rejects.jsonl")
    )
    reasons = rejects.download_as_text()
    assert "sale_timestamp is missing" in reasons
    assert "sale_timestamp is not ISO-8601: 'yesterday'" in reasons


def test_a_bucket_that_does_not_exist_is_named(services: None) -> None:
    with pytest.raises(StepError, match="the bucket nowhere does not exist"):
        export_sales(ExportRequest(**SETTINGS | {"bucket": "nowhere"}))


@pytest.mark.parametrize("as_of", ["2026-02-30", "tomorrow", "20260131", ""])
def test_an_invalid_as_of_is_refused(services: None, as_of: str) -> None:
    with pytest.raises(StepError, match="write it as YYYY-MM-DD"):
        export_sales(ExportRequest(**SETTINGS | {"as_of": as_of}))


def test_an_export_that_dies_half_way_is_never_published(
    collection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from components.export_sales import writer
    from components.export_sales.source import Snapshot

    sale = {"customer_id": "c", "sale_timestamp": "2026-01-01T00:00:00Z"}
    for number in range(6):
        collection.document(f"s{number}").set(sale | {"sale_id": f"s{number}"})
    monkeypatch.setattr(writer, "ROWS_A_FILE", 2)
    export_sales(ExportRequest(**SETTINGS))
    whole = exported_objects()
    assert len(whole) == 4

    for number in range(6):
        collection.document(f"s{number}").update({"quantity": 2})

    def break_off(snapshot: Snapshot) -> Iterator[Any]:
        yield from list(documents(snapshot))[:4]
        raise ConnectionError("broken off")

    documents = Snapshot.documents
    monkeypatch.setattr(Snapshot, "documents", break_off)
    with pytest.raises(ConnectionError):
        export_sales(ExportRequest(**SETTINGS))
    assert exported_objects() == whole


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("customer_id,date\nc,2026-01-01\n", "no column for amount"),
        ("customer_id,date,amount\nc,2026-01-01,5\nd,2026-01-02,five\n", "('five'; line 3)"),
    ],
)
def test_a_csv_that_cannot_be_read_names_the_place_and_writes_nothing(
    tmp_path: Path, collection: Any, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from generators.own_sales import main

    path = tmp_path / "orders.csv"
    path.write_text(text)
    with pytest.raises(SystemExit, match="2"):
        main([str(path), "--project", PROJECT])
    assert message in capsys.readouterr().out
    assert list(collection.list_documents()) == []
