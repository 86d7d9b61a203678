"""An interrupted erasure that goes on finds the documents without a customer, too."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from components.export_sales.request import ExportRequest
from components.export_sales.step import export_sales
from components.shared.clients import bigquery_client, firestore_client, storage_client
from components.shared.names import DATASETS
from erase import documents, erasure, tables
from erase.data_subject import DataSubject
from erase.documents import FoundDocuments, delete_documents
from erase.platform import Platform
from tests.hand_made import BOOKS

PROJECT = "winter-days-local"
TODAY = datetime.now(UTC).date()
OLD, NEW = (hashlib.sha256(f"anna@{place}.example.com".encode()).hexdigest() for place in ("old", "new"))


class Killed(BaseException):
    """Ends an erasure as kill -9 does: nothing catches it."""


def die_before_tables(*_: Any) -> None:
    raise Killed


def die_after_one_document(platform: Platform, found: FoundDocuments) -> None:
    delete_documents(platform, replace(found, times=dict([*found.times.items()][:1])))
    raise Killed


def write(name: str, document: str, customer: str | None, email: str) -> None:
    sold = f"{TODAY - timedelta(days=1)}T10:00:00Z"
    sale = {"sale_id": document, "customer_id": customer, "sale_timestamp": sold, **BOOKS}
    firestore_client(PROJECT).collection(name).document(document).set(sale | {"contact_email_hashed": email})


def made(name: str) -> Platform:
    """Export a sale of Anna's, whose address then changes; two have no customer but an address."""
    storage_client(PROJECT).create_bucket(name)
    datasets = {layer: f"{name}_{layer}".replace("-", "_") for layer in DATASETS}
    with bigquery_client(PROJECT) as client:
        for dataset in datasets.values():
            client.create_dataset(dataset)
    write(name, "annas", "anna", OLD)
    write(name, "berts", "bert", "b" * 64)
    export_sales(ExportRequest(PROJECT, name, "(default)", name, str(TODAY), 1.0))
    write(name, "annas", "anna", NEW)
    write(name, "with-old", None, OLD)
    write(name, "with-new", None, NEW)
    return Platform(PROJECT, "us-central1", name, "(default)", name, datasets)


@pytest.mark.parametrize(
    ("module", "function", "die"),
    [(tables, "remove", die_before_tables), (documents, "delete_documents", die_after_one_document)],
    ids=["once-the-exports-are-rewritten", "between-two-documents"],
)
def test_documents_without_a_customer_go_though_nothing_says_any_more_whose_they_are(
    cloud: Any, module: Any, function: str, die: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = made(f"erase-resumed-{function.replace('_', '-')}")
    anna = DataSubject(frozenset(["anna"]), ("k",), ("d",))
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(module, function, die)
        erasure.Erasure(platform, anna).run()
    assert erasure.Erasure(platform, anna).run().after.is_empty
    left = firestore_client(PROJECT).collection(platform.collection).stream()
    assert [document.id for document in left] == ["berts"]
