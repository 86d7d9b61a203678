"""A sharded export gives the bronze of one task, reads each document once, and redoes only what died."""

import io
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from google.cloud.firestore import SERVER_TIMESTAMP, Client
from google.cloud.storage import Bucket

import erase.plan
import erase.sales
from components.export_sales import index, source, unfinished
from components.export_sales.index import Version, as_table, versions_in
from components.export_sales.request import ExportRequest
from components.export_sales.shards import export_shard, plan_export
from components.export_sales.source import Snapshot
from components.export_sales.spans import Span, place
from components.export_sales.step import export_sales, run, run_plan, run_shard
from components.export_sales.summary import ExportSummary
from components.export_sales.unfinished import PLAN, Plan
from components.shared.clients import firestore_client, firestore_query_client, storage_client
from components.shared.errors import StepError
from components.shared.run_record import read_records
from erase.data_subject import DataSubject
from tests.components.export_sales.test_changes import versions
from tests.components.export_sales.test_export_sales import PROJECT, TODAY, YESTERDAY, Shop, counts
from tests.components.export_sales.test_mapped_export import ORDERS
from tests.faults.child import Artifact

BEFORE = YESTERDAY - timedelta(days=1)
ODD = ["é", "\uffff", "\U0001f600", "__ie", "__i", "~", "A", "_"]
NUMBERS = ["__id7__", "__id-3__", "__id10__", "__id99__"]  # numeric ids, as Firestore once assigned them


class Sharded(Shop):
    """A collection whose export is split into shards of `documents_a_shard` documents."""

    documents_a_shard = 128

    def fill(self, count: int, **changes: Any) -> None:
        """Write sales in batches."""
        ids = [*ODD, *(f"s{number:04}" for number in range(count - len(ODD)))]
        for first in range(0, count, 400):
            batch = self.sales._client.batch()
            for sale_id in ids[first : first + 400]:
                sale = {"sale_id": sale_id, "customer_id": "c", "sale_timestamp": "2020-01-01T10:00:00Z"}
                batch.set(self.sales.document(sale_id), sale | {"quantity": 1, "total_amount": 5} | changes)
            batch.commit()

    def request(self, day: date = TODAY, **settings: Any) -> ExportRequest:
        given = {"database": "(default)", "collection": self.sales.id, "max_reject_share": 1.0} | settings
        return ExportRequest(project=PROJECT, bucket=self.bucket.name, as_of=str(day), **given)

    def plan(self, most: int, day: date = TODAY, **settings: Any) -> Plan | None:
        return plan_export(self.request(day, **settings), most, self.documents_a_shard)[0]

    def end(self, most: int, day: date = TODAY, **settings: Any) -> ExportSummary:
        return export_sales(self.request(day, **settings), most)

    def export_in(self, most: int, day: date = TODAY, **settings: Any) -> ExportSummary:
        """Export in at most this many shards, the last one first."""
        plan = self.plan(most, day, **settings)
        for shard in reversed(range(len(plan.spans) if plan else 0)):
            export_shard(self.request(day, **settings), shard)
        return self.end(most, day, **settings)

    def listed(self) -> list[Version]:
        newest = list(self.manifests().values())[-1]
        return list(index.merge_versions(self.bucket, [newest["index"], *newest.get("deltas", [])]))

    def rejects(self) -> list[str]:
        names = self.names("sales_rejects/")
        return sorted(
            line for name in names for line in self.bucket.blob(name).download_as_text().splitlines()
        )


@pytest.fixture(scope="module")
def services(cloud: Any) -> tuple[Client, Any]:
    return firestore_client(PROJECT), storage_client(PROJECT)


@pytest.fixture
def shop(services: Any, request: pytest.FixtureRequest) -> Iterator[Sharded]:
    firestore, storage = services
    name = "".join(each for each in request.node.name.replace("_", "-") if each.isalnum() or each == "-")
    yield Sharded(firestore, storage.create_bucket(f"shards-{name[-40:].strip('-').lower()}"))


def beside(shop: Sharded, ending: str) -> Sharded:
    """Return the same collection, with a bucket of its own."""
    other = Sharded(shop.sales._client, storage_client(PROJECT).create_bucket(f"{shop.bucket.name}-{ending}"))
    other.sales = shop.sales
    return other


def test_bronze_is_the_same_from_one_two_and_seven_shards(shop: Sharded) -> None:
    """Sales new, changed, deleted, unreadable and recreated, with ids of every kind, over three days."""
    shops = {1: shop, 2: beside(shop, "two"), 7: beside(shop, "seven")}
    shop.fill(1000)
    nested = shop.sales.document("s0003").collection(shop.sales.id)  # in the collection group, but no sale
    for number in range(300):
        nested.document(f"x{number}").set({"sale_id": "none"})
    history: list[Callable[[], object]] = [
        lambda: shop.write("s0004", quantity=1e300),
        lambda: [
            shop.write(*ODD[:5], "s0500", "new", "\U0001f680", quantity=3),
            shop.sales.document("s0007").delete(),
        ],
        lambda: [
            shop.sales.document("é").delete(),
            shop.write("s0007"),
            shop.write("s0990", quantity=1e300),
        ],
    ]
    for day, happens in zip([BEFORE, YESTERDAY, TODAY], history, strict=True):
        happens()
        found = {most: each.export_in(most, day) for most, each in shops.items()}
        assert len({counts(each) for each in found.values()}) == 1
        assert found[1].day_rows == found[7].day_rows == found[7].rows
    assert counts(found[7]) == (1001, 1, 1, 1, 999, 1, 3)
    assert versions(shop) == versions(shops[2]) == versions(shops[7])
    assert len(versions(shop)) == 1000 + 8 + 1 + 3
    assert shop.listed() == shops[2].listed() == shops[7].listed()
    assert shop.rejects() == shops[2].rejects() == shops[7].rejects() != []
    for each in shops.values():
        assert each.names("sales_index/unfinished/") == []
        named = {file for one in each.manifests().values() for file in one["files"]}
        assert named == set(each.names("sales/"))


def test_each_document_is_read_once_and_a_shard_reads_its_own(shop: Sharded) -> None:
    shop.fill(900)
    plan, read = plan_export(shop.request(), 4, 128)
    assert plan is not None
    assert read == 1 + 1 + 3  # the time, count(), three cursors
    assert b'"asked":{' in shop.bucket.blob(PLAN).download_as_bytes()  # as earlier versions read it
    parts = [export_shard(shop.request(), shard) for shard in range(4)]
    assert [part.documents for part, _ in parts] == [225] * 4
    assert [read for _, read in parts] == [225] * 4
    assert shop.end(4).documents_read == 0
    ids = [[row["document_id"] for row in rows(shop.bucket, part.files)] for part, _ in parts]
    assert [sorted(each, key=place) for each in ids] == ids
    assert [place(each[0]) for each in ids[1:]] == [place(cursor) for cursor in plan.cursors]


def rows(bucket: Bucket, names: list[str]) -> list[dict[str, Any]]:
    tables = [pq.read_table(io.BytesIO(bucket.blob(name).download_as_bytes())) for name in names]
    return [row for table in tables for row in table.to_pylist()]


def test_a_shard_that_died_is_redone_alone(shop: Sharded, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.fill(600)
    first = shop.plan(3)
    assert first is not None
    export_shard(shop.request(), 0)
    with monkeypatch.context() as patched:
        patched.setattr(unfinished, "write_part", killed)
        with pytest.raises(KeyboardInterrupt):
            export_shard(shop.request(), 1)
    export_shard(shop.request(), 2)
    with pytest.raises(StepError, match=r"unfinished shards of the export's 3: \[1\]"):
        shop.end(3)
    assert (shop.manifests(), len(shop.names("sales/"))) == ({}, 3)
    shop.write("s0001", "later", quantity=9)
    assert shop.plan(3) == first
    assert [export_shard(shop.request(), shard)[1] for shard in range(3)] == [0, 200, 0]
    assert counts(shop.end(3)) == (600, 600, 0, 0, 0, 0, 600)
    assert {row["quantity"] for row in shop.rows()} == {1}  # as of the one read_time
    assert counts(shop.export_in(3)) == (601, 1, 1, 0, 599, 0, 2)


def killed(*_: Any) -> None:
    raise KeyboardInterrupt


def test_a_shard_whose_file_is_gone_is_redone(shop: Sharded) -> None:
    shop.fill(300)
    shop.plan(2)
    parts = [export_shard(shop.request(), shard)[0] for shard in range(2)]
    shop.bucket.blob(parts[1].files[0]).delete()
    with pytest.raises(StepError, match=r"\[1\]"):
        shop.end(2)
    shop.plan(2)
    shop.bucket.blob(parts[0].index).delete()
    assert [export_shard(shop.request(), shard)[1] for shard in range(2)] == [150, 150]
    assert shop.end(2).documents == 300


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"rows": 1}'], ids=["empty", "half", "list", "lacking"])
def test_a_shard_whose_description_is_damaged_is_redone(
    shop: Sharded, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.fill(300)
    shop.plan(2)
    for shard in range(2):
        export_shard(shop.request(), shard)
    [name] = [name for name in shop.names(index.UNFINISHED) if name.endswith("00001.json")]
    shop.bucket.blob(name).upload_from_string(damage)
    with pytest.raises(StepError, match=r"unfinished shards of the export's 2: \[1\]"):
        shop.end(2)
    assert f"{name} does not describe a shard" in capsys.readouterr().out
    shop.plan(2)
    assert [export_shard(shop.request(), shard)[1] for shard in range(2)] == [0, 150]
    assert shop.end(2).documents == 300


def test_a_plan_for_something_else_is_replaced_and_leaves_nothing(shop: Sharded) -> None:
    shop.fill(600)
    old = shop.plan(3, YESTERDAY)
    export_shard(shop.request(YESTERDAY), 0)
    assert len(shop.names("sales/")) == 1
    with pytest.raises(StepError, match=r"the shard plan of this export of .* is no longer valid"):
        export_shard(shop.request(TODAY), 1)
    with pytest.raises(StepError, match="is no longer valid"):
        shop.end(3, TODAY)
    new = shop.plan(2, TODAY)
    assert old is not None
    assert new is not None
    assert (new.export_id != old.export_id, len(new.spans)) == (True, 2)
    assert (shop.names("sales/"), shop.names("sales_index/")) == ([], [PLAN])
    # A plan that an export in one task has made obsolete leaves nothing either.
    export_shard(shop.request(TODAY), 0)
    assert shop.export(TODAY).documents == 600
    assert shop.names("sales_index/unfinished/") == []
    named = {file for one in shop.manifests().values() for file in one["files"]}
    assert named == set(shop.names("sales/"))
    with pytest.raises(StepError, match="is no longer valid"):
        export_shard(shop.request(TODAY), 1)


def test_an_erasure_leaves_no_plan_that_reads_as_of_before_it(shop: Sharded) -> None:
    shop.fill(300)
    shop.plan(2)
    export_shard(shop.request(), 0)
    subject, erasure = DataSubject(frozenset({"c"})), erase.plan.Plan(subject="c")
    subject = erase.sales.look(shop.bucket, subject, set(), erasure)
    assert erasure.places["sales_index/"].held == 150
    erase.sales.remove(shop.bucket, subject, erasure)
    assert (shop.names("sales/"), shop.names("sales_index/")) == ([], [])
    with pytest.raises(StepError, match="is no longer valid"):
        export_shard(shop.request(), 1)


def test_a_plan_that_is_about_to_expire_is_replaced(shop: Sharded, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.fill(300)
    old = shop.plan(2)
    monkeypatch.setattr(unfinished, "GOES_ON", timedelta())
    assert shop.plan(2) not in (old, None)


def test_shards_that_disagree_with_count_publish_nothing(shop: Sharded) -> None:
    shop.fill(300)
    plan = shop.plan(2)
    assert plan is not None
    for shard in range(2):
        export_shard(shop.request(), shard)
    unfinished.write_plan(shop.bucket, plan.model_copy(update={"documents": 301}))
    with pytest.raises(StepError, match=r"2 shards read 300 documents, but count\(\) found 301"):
        shop.end(2)
    assert (shop.manifests(), shop.names("sales/"), shop.names("sales_index/")) == ({}, [], [])
    assert shop.export_in(2).documents == 300


def test_a_published_export_is_not_repeated_when_its_answer_was_lost(
    shop: Sharded, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.fill(300)
    shop.plan(2)
    for shard in range(2):
        export_shard(shop.request(), shard)
    with monkeypatch.context() as patched:
        patched.setattr(index, "prune", killed)
        with pytest.raises(KeyboardInterrupt):
            shop.end(2)
    again = shop.end(2)
    assert (counts(again), again.day_rows) == ((300, 300, 0, 0, 0, 0, 300), 300)
    assert len(shop.manifests()) == 1
    assert shop.names("sales_index/unfinished/") == []
    assert len(shop.rows()) == 300


def test_too_many_rejects_of_all_shards_stop_the_export(shop: Sharded) -> None:
    shop.fill(300)
    shop.write("s0001", "s0002", quantity=1e300)
    shop.write(*(f"t{number}" for number in range(40)), quantity=1e300)
    shop.plan(2)
    for shard in range(2):
        export_shard(shop.request(), shard)
    with pytest.raises(StepError, match=r"42 of 340 .*rejects-00000\.jsonl.*s0001: .*s0002: .*t0: "):
        shop.end(2, max_reject_share=0.05)
    assert len(shop.rejects()) == 42
    assert shop.end(2, max_reject_share=0.5).rejects == 42  # nothing had to be read again


@pytest.mark.parametrize("most", [1, 3])
def test_a_small_export_has_no_shards(shop: Sharded, most: int) -> None:
    shop.fill(128 if most == 3 else 600)
    assert shop.plan(most) is None
    assert shop.export_in(3 if most == 1 else most).documents in (128, 600)


def test_nothing_is_planned_for_a_day_that_is_over_or_yet_to_come(shop: Sharded) -> None:
    shop.fill(300)
    shop.export(TODAY)
    assert plan_export(shop.request(YESTERDAY), 2, 128) == (None, 0)
    with pytest.raises(StepError, match="has not begun"):
        shop.plan(2, TODAY + timedelta(days=2))


def test_a_full_pass_of_changes_is_sharded_and_a_day_of_changes_is_not(shop: Sharded) -> None:
    mode = {"export_mode": "changes"}
    alone = beside(shop, "alone")
    shop.fill(400, updated_at=SERVER_TIMESTAMP)
    shop.write("none", sale_timestamp="2020-01-01T00:00:00Z")
    days = [TODAY - timedelta(days=ago) for ago in (8, 7, 1)]
    first, one = shop.export_in(3, days[0], **mode), alone.export(days[0], **mode)
    assert (first.full_pass, first.unstamped) == ("nothing was exported before", 1)
    assert (counts(first), first.warnings) == (counts(one), one.warnings)
    shop.write("s0001", "new", quantity=2, updated_at=SERVER_TIMESTAMP, sale_timestamp="2020-01-01T00:00:00Z")
    assert shop.plan(3, days[1], **mode) is None
    second = shop.export_in(3, days[1], **mode)
    assert (second.full_pass, counts(second)) == ("", counts(alone.export(days[1], **mode)))
    shop.sales.document("s0002").delete()
    shop.write("s0300", quantity=4, updated_at=SERVER_TIMESTAMP, sale_timestamp="2020-01-01T00:00:00Z")
    third = shop.export_in(3, days[2], **mode)
    assert third.full_pass == f"the newest full pass was on {days[0]}, and full_pass_days=7"
    assert counts(third) == counts(alone.export(days[2], **mode)) == (401, 0, 1, 1, 400, 0, 2)
    assert versions(shop) == versions(alone)
    assert shop.listed() == alone.listed()


def test_a_mapping_reads_in_shards_what_it_reads_in_one(shop: Sharded) -> None:
    alone = beside(shop, "alone")
    for each in (shop, alone):
        text = ORDERS.replace("COLLECTION", shop.sales.id)
        each.bucket.blob("mappings/orders.yaml").upload_from_string(text)
    mapping = {"sales_mapping": "mappings/orders.yaml"}
    batch = shop.sales._client.batch()
    for number in range(300):
        items = [{"sku": sku, "qty": 2, "price": 1.5} for sku in "xy"]
        order = {"userId": f"u{number}" if number % 50 else None, "createdAt": "2020-01-01T10:00:00Z"}
        batch.set(shop.sales.document(f"o{number:03}"), order | {"status": "paid", "items": items})
    batch.commit()
    exported = shop.export_in(2, YESTERDAY, **mapping)
    assert (exported.left_out, exported.source_rows, exported.documents) == (6, 300, 588)
    assert counts(exported) == counts(alone.export(YESTERDAY, **mapping))
    shop.sales.document("o007").update({"items": [{"sku": "x", "qty": 3, "price": 1.5}]})
    shop.sales.document("o201").delete()
    found, one = shop.export_in(2, **mapping), alone.export(**mapping)
    assert (counts(found), found.left_out_reasons) == (counts(one), one.left_out_reasons)
    assert counts(found)[1:4] == (0, 1, 3)
    assert versions(shop) == versions(alone)
    shop.plan(2, **mapping)
    changed = ORDERS.replace("COLLECTION", shop.sales.id).replace("EUR", "GBP")
    shop.bucket.blob("mappings/orders.yaml").upload_from_string(changed)
    with pytest.raises(StepError, match="is no longer valid"):
        export_shard(shop.request(**mapping), 0)


def test_a_lost_index_is_rebuilt_by_each_shard(shop: Sharded) -> None:
    shop.fill(300)
    shop.export(YESTERDAY)
    for name in shop.names("sales_index/"):
        shop.bucket.blob(name).delete()
    shop.write("s0001", quantity=2)
    assert counts(shop.export_in(2)) == (300, 0, 1, 0, 299, 0, 1)


def test_the_steps_leave_records_that_together_say_what_was_read(shop: Sharded) -> None:
    shop.fill(300)
    given: dict[str, Any] = {"run_id": "r", "max_query_gib": 1}
    numbers = run_plan(shop.request(), **given, max_run_cost=1.0, most_shards=9, documents_a_shard=128)
    assert numbers == [0, 1, 2]
    for shard in numbers:
        run_shard(shop.request(), **given, shard=shard)
    run(shop.request(), **given, export_shards=9, max_run_cost=1.0, sales=Artifact("sales"))
    records = {one["step"]: one["counts"] for one in read_records(PROJECT, shop.bucket.name, "r")}
    read = {step: found["documents_read"] for step, found in records.items()}
    assert read == {
        "plan_export": 1 + 1 + 2,
        **{f"export_shard_{shard:05}": 100 for shard in numbers},
        "export_sales": 0,
    }
    assert records["export_sales"]["documents"] == 300


def test_a_plan_that_costs_more_than_a_run_may_is_refused(shop: Sharded) -> None:
    shop.fill(300)
    with pytest.raises(StepError, match="more than max_run_cost"):
        run_plan(
            shop.request(),
            run_id="r",
            max_query_gib=1,
            max_run_cost=1e-9,
            most_shards=2,
            documents_a_shard=128,
        )
    assert shop.names("sales_index/") == []


def test_an_unreadable_plan_is_replaced(shop: Sharded, capsys: pytest.CaptureFixture[str]) -> None:
    shop.fill(300)
    shop.bucket.blob(PLAN).upload_from_string("{")
    assert shop.plan(2) is not None
    assert "is not a valid plan" in capsys.readouterr().out


def test_no_query_asks_for_more_than_a_page(shop: Sharded, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.fill(300)
    monkeypatch.setattr(source, "PAGE", 100)
    snapshot = Snapshot(firestore_query_client(), PROJECT, "(default)", shop.sales.id)
    asked, real = [], snapshot._client.run_query

    def run_query(request: Any, **given: Any) -> Any:
        asked.append(request.structured_query.limit)
        return real(request, **given)

    monkeypatch.setattr(snapshot._client, "run_query", run_query)
    ids = [index.id_in_firestore(document) for document in snapshot.documents()]
    assert (len(ids), len(set(ids)), sorted(ids, key=place)) == (300, 300, ids)
    assert asked == [100] * 4  # the last finds nothing more, and costs a read
    assert snapshot.reads == 1 + 300 + 1


def test_every_document_is_in_one_span_and_in_the_groups_that_a_span_reads() -> None:
    ids = sorted({*ODD, *NUMBERS, *(f"s{number:03}" for number in range(60))}, key=place)
    file = io.BytesIO()
    pq.write_table(as_table([Version(each, 1, 2) for each in ids], index.SCHEMA), file, row_group_size=7)
    for cursors in [
        ["s030"],
        ["__id10__"],
        ["é"],
        ["A", "s010", "s050", "~"],
        ["__id-3__", "__id7__", "s001"],
    ]:
        spans = Span.between(sorted(cursors, key=place))
        found = [[version.document_id for version in versions_in(file, span)] for span in spans]
        assert [each for part in found for each in part] == ids
        assert all(part[0] in cursors for part in found[1:])
    metadata = pq.ParquetFile(file).metadata
    groups = [metadata.row_group(number).column(0).statistics for number in range(metadata.num_row_groups)]
    assert sum(Span("s010", "s020").may_hold(each) for each in groups) < len(groups) / 2
    assert Span("a", "b").may_hold(None)
