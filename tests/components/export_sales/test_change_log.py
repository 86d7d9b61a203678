"""What a change log must be, how it combines with the other export modes, and what it costs."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud import bigquery
from google.cloud.firestore import GeoPoint

from components.export_sales.change_log import qualified
from components.export_sales.documents import UnreadableDocumentError
from components.export_sales.log_values import read_log
from components.export_sales.values import as_json
from components.shared.clients import bigquery_client, firestore_client, storage_client
from components.shared.errors import StepError
from components.shared.jobs import attribute_jobs
from tests.components.export_sales.change_logs import SOLD, Logged, as_node_writes
from tests.components.export_sales.test_changes import DAYS
from tests.components.export_sales.test_export_sales import PROJECT, counts


@pytest.fixture(scope="module")
def services(cloud: Any) -> tuple[Any, ...]:
    return firestore_client(PROJECT), storage_client(PROJECT), bigquery_client(PROJECT, "US")


@pytest.fixture
def shop(services: tuple[Any, ...], request: pytest.FixtureRequest) -> Iterator[Logged]:
    firestore, storage, client = services
    name = "".join(each for each in request.node.name.replace("_", "-") if each.isalnum() or each == "-")
    yield Logged(firestore, storage.create_bucket(f"its-{name[-40:].strip('-').lower()}"), client)


def test_switching_modes_exports_nothing_twice(shop: Logged) -> None:
    """The times of events are those of Firestore's commits: what did not change is not exported again."""
    shop.stamp("a", "b", "c")
    shop.write("before-the-log", sale_timestamp=SOLD)
    assert counts(shop.export(DAYS[0])) == (4, 4, 0, 0, 0, 0, 4)
    shop.stamp("a", quantity=2)
    there = shop.export_log(DAYS[1])
    assert (there.full_pass, counts(there)) == (
        "the previous export used another mode",
        (4, 0, 1, 0, 3, 0, 1),
    )
    [warning] = there.warnings
    assert (there.unlogged, warning.split(":")[0]) == (1, f"1 documents are not in {shop.log}")
    shop.stamp("b", quantity=2)
    shop.delete("c")
    day = shop.export_log(DAYS[2])
    assert (counts(day), day.unlogged) == ((3, 0, 1, 1, 2, 0, 2), 1)
    assert counts(shop.export(DAYS[3])) == (3, 0, 0, 0, 3, 0, 0)


def test_a_deletion_without_a_past_makes_no_negative_count(shop: Logged) -> None:
    shop.stamp("a")
    shop.export_log(DAYS[0])
    now = datetime.now(UTC)
    shop.put(*(shop.event(each, "DELETE", now, None) for each in ("x", "y")))
    found = shop.export_log(DAYS[1])
    assert (found.full_pass, counts(found)) == (
        "more documents were deleted than there were",
        (1, 0, 0, 0, 1, 0, 0),
    )


def test_a_day_reads_only_its_partitions(shop: Logged) -> None:
    """Ten times the history makes the full pass dearer, but not the day."""
    long_ago = datetime.now(UTC) - timedelta(days=20)
    data = json.dumps({"sale_id": "s", "text": "x" * 20_000})
    shop.stamp("a")
    billed = []
    for place in range(2):
        history = range(1_000 * place, 1_000 * (1 + 9 * place))
        for start in range(history.start, history.stop, 500):
            ids = (f"h{number}" for number in range(start, start + 500))
            shop.put(*(shop.event(each, "CREATE", long_ago, data) for each in ids))
        for day in (DAYS[4 * place], DAYS[4 * place + 1]):
            with attribute_jobs("run", "export_sales", 100) as asking:
                shop.export_log(day, full_pass_days=4)
            billed.append(asking.bytes_billed)
    assert billed[2] > 4 * billed[0] > 4 * billed[1] == 4 * billed[3]


def test_a_log_without_partitions_gives_a_warning(shop: Logged, capsys: pytest.CaptureFixture[str]) -> None:
    shop.stamp("a")
    whole = bigquery.Table(f"{PROJECT}.{shop.log.replace('sales_', 'whole_')}", shop.table.schema)
    shop.client.create_table(whole)
    shop.log = f"{whole.dataset_id}.{whole.table_id}"
    with pytest.raises(StepError, match="contains no document: import the existing documents"):
        shop.export_log(DAYS[0])
    assert "is not partitioned by its column timestamp" in capsys.readouterr().out


def test_a_log_of_other_documents_is_refused(shop: Logged) -> None:
    moment = shop.stamp("a")
    event = shop.event("b", "CREATE", moment)
    shop.put(event | {"document_name": event["document_name"].replace("/b", "/b/lines/1")})
    with pytest.raises(StepError, match=r"holds .*/b/lines/1, which is not a document of"):
        shop.export_log(DAYS[0])
    assert shop.names("") == []


def test_a_table_that_is_no_change_log_is_refused(shop: Logged) -> None:
    columns = [bigquery.SchemaField("document_name", "STRING"), bigquery.SchemaField("timestamp", "STRING")]
    other = shop.client.create_table(
        bigquery.Table(f"{PROJECT}.{shop.log.replace('sales_', 'other_')}", columns)
    )
    for table, why in [
        (f"{other.dataset_id}.nowhere", "cannot be read .*: install the extension"),
        (f"{other.dataset_id}.{other.table_id}", "it lacks timestamp, operation, data"),
    ]:
        with pytest.raises(StepError, match=why):
            shop.export(export_mode="changelog", changelog_table=table)


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("firestore_export.sales_raw_changelog", "here.firestore_export.sales_raw_changelog"),
        ("another-project.d.t", "another-project.d.t"),
        *(
            (each, None)
            for each in ("t", "a.b.c.d", "d.t`", "d.t;", "d. t", "d.t\n", "Project.d.t", "d.t*", ".d.t")
        ),
    ],
)
def test_a_table_name_is_valid_or_refused(table: str, name: str | None) -> None:
    if name:
        assert qualified(table, "here") == name
        return
    with pytest.raises(StepError, match="is not a table: write it as"):
        qualified(table, "here")


def test_values_come_back_as_firestore_has_them(services: tuple[Any, ...]) -> None:
    """A document as Firestore returns it, against the same one read from the JSON that Node makes of it."""
    reference = services[0].document("users/u1")
    fields = {
        "null": None, "yes": True, "whole": -7, "number": 1.5, "text": "é \U0001f600", "empty": {},
        "time": datetime(2026, 12, 31, 23, 59, 58, 5, UTC), "place": GeoPoint(1.5, -2.5), "user": reference,
        "nested": {"list": [1, {"at": datetime(2026, 1, 1, tzinfo=UTC)}], "map": {"_seconds": 1}},
    }  # fmt: skip
    document = services[0].collection("values").document("d")
    document.set(fields)
    read = document.get()
    log = read_log("projects/p/databases/d/documents/values/d", as_node_writes(read.to_dict()))
    assert json.loads(as_json(log)) == json.loads(as_json(read_protobuf(read)))


def read_protobuf(snapshot: Any) -> Any:
    from google.cloud.firestore_v1._helpers import encode_dict
    from google.cloud.firestore_v1.types import Document

    return Document.pb(Document(fields=encode_dict(snapshot.to_dict())))


@pytest.mark.parametrize("text", ['{"t": {"_seconds": "1", "_nanoseconds": 0}}', "{", "null", "[]" * 2, "7"])
def test_invalid_documents_are_unreadable(text: str) -> None:
    with pytest.raises(UnreadableDocumentError, match="the change log holds no valid document"):
        read_log("d", text)
