"""The store alone: versions by time, what is forgotten, what a failure leaves."""

import pytest

from localcloud.firestore.store import Store

NAME = "projects/p/databases/(default)/documents/sales/s-1"
COLLECTION = NAME.rpartition("/")[0]


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    yield store
    store.close()


def test_every_version_holds_until_the_next(store):
    store.put(NAME, b"first", 10)
    store.put(NAME, b"second", 20)
    store.delete(NAME, 30)
    versions = {at: store.get(NAME, at) for at in (9, 10, 19, 20, 29, 30)}
    assert versions == {9: None, 10: b"first", 19: b"first", 20: b"second", 29: b"second", 30: None}
    assert {at: store.scan(COLLECTION, at) for at in (9, 19, 29, 30)} == {
        9: [],
        19: [("s-1", b"first")],
        29: [("s-1", b"second")],
        30: [],
    }


def test_old_versions_are_forgotten_and_present_ones_kept(store):
    for time in range(1, 6):
        store.put(NAME, f"version {time}".encode(), time)
    assert store.forget(before=4, most=2) == 2
    assert store.forget(before=4, most=2) == 1
    assert store.forget(before=4, most=2) == 0
    assert [store.get(NAME, at) for at in (1, 2, 3, 4, 5)] == [None, None, None, b"version 4", b"version 5"]
    assert store.get(NAME) == b"version 5"


def test_a_failed_transaction_leaves_nothing(store):
    with pytest.raises(LookupError), store.transaction():
        store.put(NAME, b"first", 10)
        raise LookupError("on purpose")
    assert store.get(NAME) is None
    with store.transaction():
        store.put(NAME, b"first", 10)
    assert store.get(NAME) == b"first"


def test_time_never_goes_back_even_when_the_clock_does(tmp_path, monkeypatch):
    store = Store(tmp_path)
    with store.transaction():
        store.now()
    latest = store.now()  # a reader's
    store.close()
    monkeypatch.setattr("time.time_ns", lambda: 0)
    store = Store(tmp_path)
    assert [store.now(), store.now()] == [latest + 1, latest + 2]
    store.close()
