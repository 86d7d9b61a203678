from collections.abc import Iterator

import pytest
from google.api_core.exceptions import ServiceUnavailable
from google.cloud.firestore import Client, DocumentReference
from google.cloud.firestore_v1.bulk_batch import BulkWriteBatch

from generators.firestore_writer import WritesFailedError, write_documents

FAST = 10_000


def numbered(count: int) -> Iterator[tuple[str, dict[str, int]]]:
    return ((f"d{number}", {"number": number}) for number in range(count))


def test_all_documents_are_written_and_counted(firestore_database: Client) -> None:
    assert write_documents(firestore_database, "writer_all", numbered(250), FAST) == 250
    found = {each.id: each for each in firestore_database.collection("writer_all").stream()}
    stamped = {name: {"updated_at": found[name].get("updated_at")} | fields for name, fields in numbered(250)}
    assert {name: each.to_dict() for name, each in found.items()} == stamped
    assert all(each.get("updated_at") <= each.update_time for each in found.values())


def test_writing_again_changes_only_what_differs(firestore_database: Client) -> None:
    assert write_documents(firestore_database, "writer_again", numbered(3), FAST) == 3
    collection = firestore_database.collection("writer_again")
    collection.document("d2").set({"number": 2})  # written without a time: it gets one
    before = {each.id: each.update_time for each in collection.stream()}
    again = [("d0", {"number": 0}), ("d1", {"number": 7}), ("d2", {"number": 2})]
    assert write_documents(firestore_database, "writer_again", again, FAST) == 3
    after = {each.id: each for each in collection.stream()}
    assert [name for name in after if after[name].update_time > before[name]] == ["d1", "d2"]
    assert all(each.get("updated_at") > before["d0"] for each in (after["d1"], after["d2"]))


def test_documents_are_looked_up_only_if_any_exist(
    firestore_database: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[int] = []
    ask = firestore_database.get_all

    def count(references: list[DocumentReference]) -> object:
        looked_up.append(len(references))
        return ask(references)

    monkeypatch.setattr(firestore_database, "get_all", count)
    assert write_documents(firestore_database, "writer_empty", numbered(3), FAST) == 3
    assert looked_up == []
    assert write_documents(firestore_database, "writer_empty", numbered(4), FAST) == 4
    assert looked_up == [4]


def test_nothing_to_write_is_no_error(firestore_database: Client) -> None:
    assert write_documents(firestore_database, "writer_none", iter([]), FAST) == 0


def test_a_refused_document_is_named_and_the_others_stay(firestore_database: Client) -> None:
    documents = [("good", {"size": "small"}), ("too_large", {"size": "x" * 1_100_000})]
    with pytest.raises(WritesFailedError, match=r"1 of 2 documents were not written.*writer_large/too_large"):
        write_documents(firestore_database, "writer_large", documents, FAST)
    assert firestore_database.document("writer_large/good").get().exists


def test_a_call_that_fails_is_reported(firestore_database: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = BulkWriteBatch.commit

    def refuse_the_first(batch: BulkWriteBatch) -> object:
        if any(name.endswith("writer_call/d0") for name in batch._document_references):
            raise ServiceUnavailable("the database is resting")
        return commit(batch)

    monkeypatch.setattr(BulkWriteBatch, "commit", refuse_the_first)
    with pytest.raises(WritesFailedError, match=r"100 of 100 .*writer_call/d0: 503 the database is resting"):
        write_documents(firestore_database, "writer_call", numbered(100), FAST)


def test_it_does_not_go_on_after_a_failure(
    firestore_database: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(batch: BulkWriteBatch) -> object:
        raise ServiceUnavailable("the database is resting")

    monkeypatch.setattr(BulkWriteBatch, "commit", refuse)
    asked = iter(numbered(1_000_000))
    with pytest.raises(WritesFailedError):
        write_documents(firestore_database, "writer_stop", asked, FAST)
    assert next(asked, None) is not None
