"""A customer of a mapped collection is removed from Firestore, the exports and their indexes."""

import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from google.cloud.storage import Bucket

from components.export_sales.request import ExportRequest
from components.export_sales.step import export_sales
from components.shared.clients import firestore_client, storage_client
from components.shared.errors import StepError
from erase import sales
from erase.data_subject import DataSubject
from erase.documents import delete_documents, find_documents
from erase.erasure import at_source
from erase.manifests import exports
from erase.mapped import customer_of, ids_in_exports, mapping_in_use
from erase.plan import Plan
from erase.platform import Platform
from erase.remains import remainders
from sources.mapping import read

PROJECT, NAME = "winter-days-local", "erase-mapped"
TODAY = datetime.now(UTC).date()
MAPPING = f"""\
name: shop
source: {{kind: firestore, collection: {NAME}}}
row: line
items: items
line: items[].sku
amount: {{field: "items[].price", means: line_total}}
status: {{default: completed}}
customer: {{fields: [userId, customer.email]}}
currency: {{default: EUR}}
time: {{field: createdAt}}
"""
EMAIL = "Anna@Example.org"


def order(user: str | None, email: str, *skus: str, **changes: Any) -> dict[str, Any]:
    sold = datetime.now(UTC) - timedelta(days=3)
    items = [{"sku": sku, "price": 2.5} for sku in skus]
    return {"userId": user, "customer": {"email": email}, "createdAt": sold, "items": items} | changes


@pytest.fixture(scope="module")
def bucket(cloud: Any) -> Bucket:
    """Export a collection in which Anna has two good orders and a broken one, and Bert has one."""
    collection = firestore_client(PROJECT).collection(NAME)
    collection.document("anna-1").set(order(None, EMAIL, "x", "y"))
    collection.document("anna-2").set(order(None, EMAIL.lower(), "x"))
    collection.document("anna-3").set(order(None, EMAIL, "x", createdAt="some day"))
    collection.document("bert-1").set(order("bert", EMAIL, "x"))
    made = storage_client(PROJECT).create_bucket(NAME)
    made.blob("mappings/orders.yaml").upload_from_string(MAPPING)
    export_sales(
        ExportRequest(
            project=PROJECT,
            database="(default)",
            collection="nothing",
            sales_mapping="mappings/orders.yaml",
            bucket=NAME,
            as_of=str(TODAY),
            max_reject_share=1.0,
        )
    )
    return made


def parquet(bucket: Bucket, prefix: str) -> list[dict[str, Any]]:
    blobs = bucket.list_blobs(prefix=prefix)
    tables = [pq.read_table(io.BytesIO(blob.download_as_bytes())) for blob in blobs]
    return [row for table in tables for row in table.to_pylist()]


def test_a_customer_leaves_mapped_exports_and_others_stay(bucket: Bucket) -> None:
    named = mapping_in_use(bucket, exports(bucket))
    assert named is not None
    subject = DataSubject(frozenset(ids_in_exports([f" {EMAIL} "])))
    platform = Platform(PROJECT, "us-central1", NAME, "(default)", NAME, {})
    found = find_documents(platform, subject, named.mapping)
    assert (found.ids, found.tally.held) == ({"anna-1", "anna-2", "anna-3"}, 4)
    plan = Plan(subject=subject.fingerprint)
    subject = sales.look(bucket, found.subject, found.ids, plan)
    assert plan.documents == {"anna-1/x", "anna-1/y", "anna-2/x", "anna-3"}
    delete_documents(platform, found)
    sales.remove(bucket, subject, plan)
    assert [row["document_id"] for row in parquet(bucket, "sales/")] == ["bert-1/x"]
    assert [row["document_id"] for row in parquet(bucket, "sales_index/")] == ["bert-1"]
    [manifest] = [
        json.loads(each.download_as_bytes()) for each in bucket.list_blobs(prefix="sales_manifests/")
    ]
    assert [manifest[name] for name in ("documents", "new", "rows", "rejects")] == [1, 1, 1, 0]
    rejects = b"".join(each.download_as_bytes() for each in bucket.list_blobs(prefix="sales_rejects/"))
    assert rejects == b""
    after = Plan(subject=subject.fingerprint)
    found = find_documents(platform, subject, named.mapping)
    sales.look(bucket, found.subject, found.ids, after)
    assert after.is_empty


def test_a_mapping_changed_since_the_export_is_refused(bucket: Bucket) -> None:
    blob = bucket.blob("mappings/orders.yaml")
    blob.upload_from_string(MAPPING.replace("[userId, customer.email]", "[userId]"))
    with pytest.raises(StepError, match="differs from the mapping of the newest export"):
        mapping_in_use(bucket, exports(bucket))
    blob.upload_from_string("# another comment\n" + MAPPING)
    assert mapping_in_use(bucket, exports(bucket)) is not None


@pytest.mark.parametrize(
    ("fields", "customer"),
    [
        ({"userId": 7}, "7"),
        (
            {"userId": "NULL", "customer": {"email": EMAIL}},
            hashlib.sha256(EMAIL.lower().encode()).hexdigest(),
        ),
        ({"userId": " ", "customer": "Anna"}, None),
    ],
)
def test_the_customer_of_a_document_that_is_not_a_sale(fields: dict[str, Any], customer: str | None) -> None:
    assert customer_of(fields, read(MAPPING, "orders.yaml")) == customer


def test_the_customer_of_two_fields_is_their_names_joined() -> None:
    mapping = read(MAPPING.replace("[userId, customer.email]", "[first + last]"), "orders.yaml")
    assert customer_of({"first": "Ann ", "last": "Lee"}, mapping) == "Ann Lee"


@pytest.mark.parametrize(
    ("where", "erased_there"),
    [("", f"(default) {NAME}"), ("database: eu-orders, ", f"eu-orders {NAME}"), ("project: a-shop, ", None)],
)
def test_only_collections_of_this_project_are_erased_from(where: str, erased_there: str | None) -> None:
    source = read(MAPPING.replace("collection:", f"{where}collection:"), "orders.yaml").source
    platform = at_source(Platform(PROJECT, "us-central1", NAME, "(default)", "winter_sales", {}), source)
    assert (f"{platform.database} {platform.collection}" if platform.collection else None) == erased_there


def test_a_table_left_to_its_owner_is_listed_as_a_remainder() -> None:
    platform = Platform(
        PROJECT, "us-central1", NAME, "(default)", "", {"staging": "s", "warehouse": "w", "features": "f"}
    )
    [first, *others] = remainders(platform, TODAY, 1, "BigQuery p.shop.orders")
    assert "the records of BigQuery p.shop.orders, which belong to its owner" in first.what
    assert "its owner delete them" in first.command
    assert not [each for each in others if "Firestore" in each.what]
