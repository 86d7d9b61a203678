"""A day's export finds what is new, changed and gone, and is never blocked by what an earlier one left."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.cloud.firestore import Client, CollectionReference
from google.cloud.storage import Bucket

from components.export_sales import index, manifest
from components.export_sales.manifest import ASIDE
from components.export_sales.request import ExportRequest
from components.export_sales.step import export_sales
from components.export_sales.summary import ExportSummary
from components.shared.clients import firestore_client, storage_client
from components.shared.errors import StepError

PROJECT = "winter-days-local"
TODAY = datetime.now(UTC).date()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


class Shop:
    """A collection of sales, a bucket for their exports, and what was exported."""

    def __init__(self, client: Client, bucket: Bucket) -> None:
        self.sales: CollectionReference = client.collection(bucket.name)
        self.bucket = bucket

    def write(self, *ids: str, **changes: Any) -> datetime:
        """Write sales of yesterday; return the time of the last write."""
        for sale_id in ids:
            sale = {"sale_id": sale_id, "customer_id": "c", "sale_timestamp": f"{YESTERDAY}T10:00:00Z"}
            result = self.sales.document(sale_id).set(sale | {"quantity": 1, "total_amount": 5} | changes)
        return result.update_time

    def export(self, day: date = TODAY, share: float = 1.0, **mode: Any) -> ExportSummary:
        return export_sales(
            ExportRequest(
                project=PROJECT,
                database="(default)",
                collection=self.sales.id,
                bucket=self.bucket.name,
                as_of=str(day),
                max_reject_share=share,
                **mode,
            )
        )

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of all files that manifests name, ordered by document and time."""
        files = [name for manifest in self.manifests().values() for name in manifest["files"]]
        tables = [pq.read_table(io.BytesIO(self.bucket.blob(name).download_as_bytes())) for name in files]
        rows = [row for table in tables for row in table.to_pylist()]
        return sorted(rows, key=lambda row: (row["document_id"], row["known_from"]))

    def manifests(self) -> dict[str, Any]:
        found = self.bucket.list_blobs(prefix="sales_manifests/")
        return {
            blob.name.removeprefix("sales_manifests/"): json.loads(blob.download_as_text()) for blob in found
        }

    def names(self, prefix: str) -> list[str]:
        return sorted(blob.name for blob in self.bucket.list_blobs(prefix=prefix))


@pytest.fixture(scope="module")
def services(cloud: Any) -> tuple[Client, Any]:
    return firestore_client(PROJECT), storage_client(PROJECT)


@pytest.fixture
def shop(services: Any, request: pytest.FixtureRequest) -> Iterator[Shop]:
    firestore, storage = services
    name = "".join(
        letter for letter in request.node.name.replace("_", "-") if letter.isalnum() or letter == "-"
    )
    yield Shop(firestore, storage.create_bucket(f"export-{name[-40:].strip('-').lower()}"))


def counts(summary: ExportSummary) -> tuple[int, ...]:
    """Return documents, new, changed, deleted, unchanged, rejects and rows."""
    return (
        *(summary.documents, summary.new, summary.changed, summary.deleted, summary.unchanged),
        *(summary.rejects, summary.rows),
    )


def test_new_changed_and_deleted_sales_are_a_version_each(shop: Shop) -> None:
    shop.write("a", "b", "c", "d")
    assert counts(shop.export(YESTERDAY)) == (4, 4, 0, 0, 0, 0, 4)
    changed = shop.write("b", quantity=2)
    shop.sales.document("c").delete()
    made = shop.write("cc")
    assert counts(shop.export()) == (4, 1, 1, 1, 2, 0, 3)
    sold = datetime.combine(YESTERDAY, datetime.min.time(), UTC).replace(hour=10)
    newest = datetime.fromisoformat(shop.manifests()[f"export_date={TODAY}/manifest.json"]["read_time"])
    seen = [
        (row["document_id"], row["quantity"], row["is_deleted"], row["known_from"]) for row in shop.rows()
    ]
    assert seen == [
        ("a", 1, False, sold),
        ("b", 1, False, sold),
        ("b", 2, False, changed),
        ("c", 1, False, sold),
        ("c", None, True, newest),
        ("cc", 1, False, made),
        ("d", 1, False, sold),
    ]
    [gone] = [row for row in shop.rows() if row["is_deleted"]]
    [before] = [row for row in shop.rows() if row["document_id"] == "c" and not row["is_deleted"]]
    assert (gone["create_time"], gone["update_time"]) == (before["create_time"], before["update_time"])


def test_a_second_life_begins_when_the_document_is_made_again(shop: Shop) -> None:
    shop.write("a", "b")
    shop.export(YESTERDAY)
    shop.sales.document("a").delete()
    shop.write("a", quantity=7)
    made = shop.write("a", quantity=8)
    assert counts(shop.export()) == (2, 0, 1, 0, 1, 0, 1)
    last = shop.rows()[1]
    assert (last["quantity"], last["update_time"]) == (8, made)
    assert last["known_from"] == last["create_time"] < made


def test_a_days_second_export_adds_to_the_first(shop: Shop) -> None:
    shop.write("a")
    first = shop.export()
    again = shop.export()
    assert counts(again) == (1, 0, 0, 0, 1, 0, 0)
    assert again.day_rows == first.day_rows == 1
    assert shop.names("sales_manifests/") == [f"sales_manifests/export_date={TODAY}/manifest.json"]
    shop.write("a", quantity=2)
    shop.write("a", quantity=3)
    second = shop.export()
    assert (first.uri, 2) == (second.uri, second.day_rows)
    assert [row["quantity"] for row in shop.rows()] == [1, 3]
    assert len(shop.names("sales/")) == len(shop.names("sales_manifests/")) == 2


def test_an_older_day_leaves_what_is_exported_as_it_is(shop: Shop) -> None:
    shop.write("a")
    shop.export(TODAY)
    before = shop.names("")
    shop.write("b")
    older = shop.export(YESTERDAY)
    assert (counts(older), older.day_rows) == ((1, 0, 0, 0, 1, 0, 0), 1)
    assert shop.names("") == before


@pytest.mark.parametrize(
    ("day", "why"), [(TODAY + timedelta(days=3), "has not begun"), (date(2000, 1, 1), "the first sale is on")]
)
def test_a_day_out_of_reach_is_refused_before_anything_is_written(shop: Shop, day: date, why: str) -> None:
    shop.write("a")
    with pytest.raises(StepError, match=why):
        shop.export(day)
    assert shop.names("") == []
    shop.export()
    before = shop.names("")
    with pytest.raises(StepError, match=why):
        shop.export(day)
    assert shop.names("") == before


def test_a_document_that_cannot_be_read_is_a_reject_and_a_version(shop: Shop) -> None:
    shop.write("a", "b")
    shop.export(YESTERDAY)
    shop.write("b", quantity=1e300)
    assert counts(shop.export()) == (2, 0, 1, 0, 1, 1, 1)
    last = shop.rows()[-1]
    assert (last["document_id"], last["sale_id"]) == ("b", None)
    assert last["unreadable"] == "quantity is a whole number too large to be exact"
    [line] = shop.bucket.blob(shop.names("sales_rejects/")[0]).download_as_text().splitlines()
    assert json.loads(line)["reason"] == last["unreadable"]


def test_rejects_beyond_the_share_stop_the_export_and_leave_nothing_behind(shop: Shop) -> None:
    shop.write(*"abcdefgh")
    shop.export(YESTERDAY)
    before = shop.names("sales/")
    shop.write(*"abcdef", total_amount=float("nan"))
    with pytest.raises(StepError, match=r"6 of 6 changed documents cannot be read.*rejects\.jsonl"):
        shop.export(share=0.05)
    assert shop.names("sales/") == before
    shop.write(*"abcdef")
    assert counts(shop.export(share=0.05)) == (8, 0, 6, 0, 2, 0, 6)


def test_an_error_shows_ids_on_one_line(shop: Shop) -> None:
    shop.write("a\nERROR \x1b[2J", "b" * 1400, total_amount=float("nan"))
    with pytest.raises(StepError, match="none of the 2 documents can be read") as raised:
        shop.export()
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 700


GARBAGE = {
    "cut short": lambda text: text[: len(text) // 2],
    "empty": lambda _: "",
    "a list": lambda text: f"[{text}]",
    "without a field": lambda text: text.replace('"documents"', '"docs"'),
    "with a garbage time": lambda text: text.replace('"read_time":"2', '"read_time":"x'),
    "with a negative count": lambda text: text.replace('"rows":', '"rows":-'),
}


@pytest.mark.parametrize("damage", GARBAGE)
def test_an_unreadable_manifest_is_put_aside(
    shop: Shop, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.write("a", "b")
    shop.export(YESTERDAY)
    shop.write("b", quantity=2)
    shop.sales.document("a").delete()
    shop.export()
    good = shop.rows()
    name = f"sales_manifests/export_date={TODAY}/manifest.json"
    blob = shop.bucket.blob(name)
    blob.upload_from_string(GARBAGE[damage](blob.download_as_text()))
    assert counts(shop.export()) == (1, 0, 1, 1, 0, 0, 2)
    again = shop.rows()
    times = ("known_from", "export_id")
    assert [{name: row[name] for name in row if name not in times} for row in again] == [
        {name: row[name] for name in row if name not in times} for row in good
    ]
    assert shop.names(f"{ASIDE}/") == [f"{ASIDE}/{name}"]
    assert f"{name} is not a manifest" in capsys.readouterr().out


def test_a_stray_folder_among_the_manifests_is_put_aside(shop: Shop) -> None:
    shop.write("a")
    shop.export(YESTERDAY)
    stray = f"sales_manifests/export_date={YESTERDAY}x/manifest.json"
    shop.bucket.blob(stray).upload_from_string("{}")
    assert counts(shop.export()) == (1, 0, 0, 0, 1, 0, 0)
    assert shop.names(f"{ASIDE}/") == [f"{ASIDE}/{stray}"]


def test_a_day_reads_only_the_newest_manifests(shop: Shop) -> None:
    assert manifest.published_exports(shop.bucket, 2) == []
    days = [TODAY - timedelta(days=ago) for ago in (4, 3, 2, 1)]
    for number, day in enumerate(days):
        shop.write(f"s{number}", sale_timestamp="2020-01-01T00:00:00Z")
        shop.export(day)
    for day in days[2:]:
        shop.bucket.blob(f"sales_manifests/export_date={day}/manifest.json").upload_from_string("broken")
    assert [export.day for export in manifest.published_exports(shop.bucket, 2)] == [days[1]]
    read = manifest.published_exports(shop.bucket, manifest.ALL)
    assert [(export.day, export.manifest.documents) for export in read] == [(days[0], 1), (days[1], 2)]
    assert [export.day for export in manifest.published_exports(shop.bucket, 1)] == [days[1]]


def test_an_overwritten_manifest_is_checked_however_old_it_is(shop: Shop) -> None:
    days = [TODAY - timedelta(days=ago) for ago in (4, 3, 2, 1)]
    for number, day in enumerate(days):
        shop.write(f"s{number}", sale_timestamp="2020-01-01T00:00:00Z")
        shop.export(day)
    name = f"sales_manifests/export_date={days[0]}/manifest.json"
    shop.bucket.blob(name).upload_from_string("broken")
    assert [export.day for export in manifest.published_exports(shop.bucket, 1)] == days[3:]
    assert shop.names(f"{ASIDE}/") == [f"{ASIDE}/{name}"]


def test_a_lost_index_is_rebuilt_from_the_exports(shop: Shop) -> None:
    shop.write("a", "b", "c")
    shop.export(YESTERDAY)
    shop.sales.document("a").delete()
    shop.write("b", quantity=2)
    shop.export()
    for name in shop.names("sales_index/"):
        shop.bucket.blob(name).delete()
    assert counts(shop.export()) == (2, 0, 0, 0, 2, 0, 0)
    shop.sales.document("c").delete()
    assert counts(shop.export()) == (1, 0, 0, 1, 1, 0, 1)


DAMAGE = {
    "cut short": lambda whole: whole[: len(whole) // 2],
    "empty": lambda _: b"",
    "no Parquet": lambda _: b"long enough to be Parquet",
    "a page overwritten": lambda whole: whole[:4] + b"\xff" * 40 + whole[44:],
    "another table": lambda _: other_table(),
}


def other_table() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"document": ["a"]}), file)
    return file.getvalue()


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("folder", ["sales_index/", "sales/"])
def test_a_damaged_file_is_named_and_made_up_for_once_it_is_moved(
    shop: Shop, folder: str, damage: str
) -> None:
    shop.write("a", "b")
    shop.export(YESTERDAY)
    [name] = shop.names(folder)
    blob = shop.bucket.blob(name)
    blob.upload_from_string(DAMAGE[damage](blob.download_as_bytes()))
    if folder == "sales/":  # which is read only without an index
        shop.bucket.blob(shop.names("sales_index/")[0]).delete()
    shop.write("b", quantity=2)
    with pytest.raises(StepError, match=f"{name} is damaged: move it out of its folder"):
        shop.export()
    shop.bucket.rename_blob(blob, "elsewhere")
    shop.export()
    last = {row["document_id"]: row["quantity"] for row in shop.rows()}
    assert last == {"a": 1, "b": 2}


def test_the_snapshot_is_of_one_moment(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written while the collection is read belongs to the next export, whatever its name."""
    shop.write("a", "z")

    def differences(*sides: Any) -> Any:
        for difference in real(*sides):
            yield difference
            shop.write("m", "z", quantity=9)

    real = index.differences
    monkeypatch.setattr(index, "differences", differences)
    assert counts(shop.export()) == (2, 2, 0, 0, 0, 0, 2)
    monkeypatch.undo()
    assert [row["quantity"] for row in shop.rows()] == [1, 1]
    assert counts(shop.export()) == (3, 1, 1, 0, 1, 0, 2)


@pytest.mark.parametrize("ago", [2, 1, 0])
def test_the_contents_of_a_missing_file_are_exported_again(
    shop: Shop, ago: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether the newest export lost its file, or one before it: every document is in some export again."""
    days = [TODAY - timedelta(days=2), YESTERDAY, TODAY]
    for key, day in zip("abc", days, strict=True):
        shop.write(key, sale_timestamp="2020-01-01T00:00:00Z")
        shop.export(day)
    [lost] = shop.names(f"sales/export_date={TODAY - timedelta(days=ago)}/")
    shop.bucket.blob(lost).delete()
    assert counts(shop.export()) == (3, 1, 0, 0, 2, 0, 1)
    assert sorted(row["document_id"] for row in shop.rows()) == ["a", "b", "c"]
    assert f"its file {lost} is missing" in capsys.readouterr().out
    assert counts(shop.export()) == (3, 0, 0, 0, 3, 0, 0)
