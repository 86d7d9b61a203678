"""Documents through Google's client: reading, writing, conditions, transforms, limits."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from google.api_core import exceptions
from google.cloud import firestore
from google.cloud.firestore_v1.types import Document

SALE = {
    "sale_id": "s-1",
    "quantity": 3,
    "unit_price": 9.5,
    "refunded": False,
    "note": None,
    "at": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
    "digest": b"\x00\xff",
    "tags": ["a", 1, {"deep": [2.5]}],
    "customer": {"id": "c-1", "name": "Zoë"},
}


def test_a_document_comes_back_as_it_was_written(client):
    reference = client.document("sales/s-1")
    reference.set(SALE)
    assert reference.get().to_dict() == SALE
    assert not client.document("sales/s-2").get().exists


def test_references_and_points_are_values(client):
    reference = client.document("sales/s-1")
    reference.set({"customer": client.document("customers/c-1"), "place": firestore.GeoPoint(1.5, -2)})
    assert reference.get().to_dict() == {
        "customer": client.document("customers/c-1"),
        "place": firestore.GeoPoint(1.5, -2),
    }


def test_get_all_reports_missing_documents(client):
    client.document("sales/s-1").set({"quantity": 1})
    snapshots = client.get_all([client.document("sales/s-1"), client.document("sales/s-2")])
    assert {snapshot.id: snapshot.exists for snapshot in snapshots} == {"s-1": True, "s-2": False}


def test_a_field_mask_narrows_a_get(client):
    client.document("sales/s-1").set(SALE)
    assert client.document("sales/s-1").get(["customer.id", "quantity"]).to_dict() == {
        "customer": {"id": "c-1"},
        "quantity": 3,
    }


def test_update_reaches_into_maps_and_keeps_the_rest(client):
    reference = client.document("sales/s-1")
    reference.set({"a": {"b": 1, "c": 2}, "d": 3})
    reference.update({"a.b": 10, "d": firestore.DELETE_FIELD, "e.f": 5})
    assert reference.get().to_dict() == {"a": {"b": 10, "c": 2}, "e": {"f": 5}}


def test_field_names_may_hold_dots_and_backticks(client):
    reference = client.document("sales/s-1")
    reference.set({"a.b": {"c`d\\": 1}, "e": 2})
    reference.update({"`a.b`.`c\\`d\\\\`": 5})
    assert reference.get().to_dict() == {"a.b": {"c`d\\": 5}, "e": 2}


def test_a_merge_keeps_the_fields_that_it_does_not_name(client):
    reference = client.document("sales/s-1")
    reference.set({"a": {"b": 1, "c": 2}})
    reference.set({"a": {"c": 3}}, merge=True)
    assert reference.get().to_dict() == {"a": {"b": 1, "c": 3}}


def test_update_needs_a_document_and_create_needs_none(client):
    reference = client.document("sales/s-1")
    with pytest.raises(exceptions.NotFound):
        reference.update({"a": 1})
    reference.create({"a": 1})
    with pytest.raises(exceptions.AlreadyExists):
        reference.create({"a": 2})
    assert reference.get().to_dict() == {"a": 1}


def test_a_write_can_require_the_version_that_was_read(client):
    reference = client.document("sales/s-1")
    first = reference.set({"a": 1})
    reference.update({"a": 2}, option=client.write_option(last_update_time=first.update_time))
    with pytest.raises(exceptions.FailedPrecondition):
        reference.update({"a": 3}, option=client.write_option(last_update_time=first.update_time))
    with pytest.raises(exceptions.FailedPrecondition):
        reference.delete(option=client.write_option(last_update_time=first.update_time))
    assert reference.get().to_dict() == {"a": 2}


def test_transforms_are_computed_by_the_server(client):
    reference = client.document("sales/s-1")
    before = datetime.now(UTC) - timedelta(seconds=5)
    reference.set({"n": 1, "d": 1, "low": 4, "high": 4, "tags": ["a", 3], "gone": [1, 2, 1]})
    reference.update(
        {
            "n": firestore.Increment(2),
            "d": firestore.Increment(0.5),
            "new": firestore.Increment(7),
            "low": firestore.Minimum(3.5),
            "high": firestore.Maximum(9),
            "tags": firestore.ArrayUnion(["b", 3.0, "a", "b"]),
            "gone": firestore.ArrayRemove([1]),
            "at": firestore.SERVER_TIMESTAMP,
        }
    )
    written = reference.get().to_dict()
    at = written.pop("at")
    assert written == {
        "n": 3,
        "d": 1.5,
        "new": 7,
        "low": 3.5,
        "high": 9,
        "tags": ["a", 3, "b"],
        "gone": [2],
    }
    assert before < at < datetime.now(UTC) + timedelta(seconds=5)


def test_an_increment_stops_at_the_largest_integer(client):
    reference = client.document("sales/s-1")
    reference.set({"n": 2**63 - 2})
    reference.update({"n": firestore.Increment(5)})
    assert reference.get().get("n") == 2**63 - 1


def test_update_times_only_ever_grow_and_an_equal_write_keeps_them(client):
    reference = client.document("sales/s-1")
    times = [reference.set({"n": n}).update_time for n in (1, 2, 3, 3)]
    assert times[0] < times[1] < times[2] == times[3]
    snapshot = reference.get()
    assert (snapshot.create_time, snapshot.update_time) == (times[0], times[2])
    assert snapshot.update_time.nanosecond % 1000 == 0


def test_a_batch_is_written_whole_at_one_time_or_not_at_all(client):
    client.document("sales/s-2").set({"n": 0})
    batch = client.batch()
    batch.set(client.document("sales/s-1"), {"n": 1})
    batch.create(client.document("sales/s-2"), {"n": 1})
    with pytest.raises(exceptions.AlreadyExists):
        batch.commit()
    assert not client.document("sales/s-1").get().exists
    batch = client.batch()
    batch.set(client.document("sales/s-1"), {"n": 1})
    batch.update(client.document("sales/s-1"), {"n": firestore.Increment(1)})
    batch.delete(client.document("sales/s-2"))
    batch.commit()
    assert {s.id: s.to_dict() for s in client.collection("sales").stream()} == {"s-1": {"n": 2}}


def test_the_bulk_writer_reports_each_failure_and_writes_the_rest(client):
    client.document("sales/7").set({"n": "there already"})
    failed = []
    writer = client.bulk_writer()
    writer.on_write_error(lambda failure, _: failed.append((failure.operation.reference.id, failure.code)))
    for n in range(50):
        writer.create(client.document(f"sales/{n}"), {"n": n})
    writer.close()
    assert failed == [("7", 6)]
    written = {s.id: s.get("n") for s in client.collection("sales").stream()}
    assert written == {str(n): n for n in range(50)} | {"7": "there already"}


def test_a_batch_write_takes_a_document_once(client):
    write = {"delete": client.document("sales/s-1")._document_path}
    with pytest.raises(exceptions.InvalidArgument, match="more than once"):
        client._firestore_api.batch_write({"database": client._database_string, "writes": [write, write]})


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"a": [[1]]}, id="array in array"),
        pytest.param({"a": "x" * 1_048_577}, id="too large"),
    ],
)
def test_what_a_document_cannot_hold_is_refused(client, fields):
    with pytest.raises(exceptions.InvalidArgument):
        client.document("sales/s-1").set(fields)


def test_nesting_ends_at_twenty_levels(client):
    value: object = 1
    for _ in range(20):
        value = {"a": value}
    client.document("sales/s-1").set({"v": value})
    with pytest.raises(exceptions.InvalidArgument):
        client.document("sales/s-1").set({"v": {"a": value}})


@pytest.mark.parametrize("document_id", ["__reserved__", "x" * 1501])
def test_invalid_ids_are_refused(client, document_id):
    with pytest.raises(exceptions.InvalidArgument):
        client.document(f"sales/{document_id}").set({"a": 1})


def test_the_past_can_be_read_for_a_while(client):
    reference = client.document("sales/s-1")
    first = reference.set({"n": 1}).update_time
    second = reference.set({"n": 2}).update_time
    reference.delete()
    assert [reference.get(read_time=time).get("n") for time in (first, second)] == [1, 2]
    assert [s.get("n") for s in client.collection("sales").stream(read_time=first)] == [1]
    assert not reference.get().exists
    before = first - timedelta(microseconds=1)
    assert not reference.get(read_time=before).exists


def test_the_future_cannot_be_read(client):
    with pytest.raises(exceptions.InvalidArgument):
        client.document("sales/s-1").get(read_time=datetime.now(UTC) + timedelta(minutes=5))


def test_listing_finds_absent_documents_and_nested_collections(client):
    client.document("a/absent/kids/k").set({"n": 1})
    client.document("a/present").set({"n": 1})
    client.document("b/x").set({"n": 1})
    assert [collection.id for collection in client.collections()] == ["a", "b"]
    assert [document.id for document in client.collection("a").list_documents()] == ["absent", "present"]
    assert [collection.id for collection in client.document("a/absent").collections()] == ["kids"]


def test_listing_pages(client):
    batch = client.batch()
    for n in range(7):
        batch.set(client.document(f"a/{n}"), {"n": n})
    batch.commit()
    listed = [document.id for document in client.collection("a").list_documents(page_size=3)]
    assert listed == [str(n) for n in range(7)]


def test_recursive_delete_includes_nested_collections(client):
    for name in ("a/1", "a/1/kids/k", "a/2/kids/k", "ab/1"):
        client.document(name).set({"n": 1})
    assert client.recursive_delete(client.collection("a")) == 3
    assert [collection.id for collection in client.collections()] == ["ab"]


def test_recursive_delete_empties_the_only_collection(client):
    client.document("a/1").set({"n": 1})
    client.document("a/2").set({"n": 1})
    assert client.recursive_delete(client.collection("a")) == 2
    assert list(client.collections()) == []


def test_the_generated_client_writes_single_documents(client):
    api, parent = client._firestore_api, f"{client._database_string}/documents"
    created = api.create_document(
        {"parent": parent, "collection_id": "a", "document_id": "1", "document": _document(n=1, m=2)}
    )
    assert created.name == f"{parent}/a/1"
    api.update_document({"document": _document(f"{parent}/a/1", n=5), "update_mask": {"field_paths": ["n"]}})
    assert client.document("a/1").get().to_dict() == {"n": 5, "m": 2}
    api.delete_document({"name": f"{parent}/a/1"})
    with pytest.raises(exceptions.NotFound):
        api.get_document({"name": f"{parent}/a/1"})


def _document(name: str = "", **fields: int) -> Document:
    return Document(name=name, fields={key: {"integer_value": value} for key, value in fields.items()})


def test_the_async_client_works_too(client, host):
    async def write_and_read() -> list[dict[str, int]]:
        asynchronous = firestore.AsyncClient(project=client.project)
        await asyncio.gather(*(asynchronous.document(f"a/{n}").set({"n": n}) for n in range(5)))
        found = [s.to_dict() async for s in asynchronous.collection("a").order_by("n").stream()]
        await asynchronous._firestore_api.transport.close()
        return found

    assert asyncio.run(write_and_read()) == [{"n": n} for n in range(5)]
