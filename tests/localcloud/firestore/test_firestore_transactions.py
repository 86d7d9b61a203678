"""Concurrent clients: transactions lose nothing, and a stream shows one snapshot."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.api_core import exceptions
from google.cloud import firestore
from google.cloud.firestore import FieldFilter

THREADS, ROUNDS = 8, 5


def test_concurrent_increments_in_transactions_lose_nothing(connect, our_host):
    """Not against Google's emulator, which gives up under such contention."""
    client = connect(our_host)
    counter = client.document("counters/one")
    counter.set({"n": 0})

    @firestore.transactional
    def increment(transaction):
        n = counter.get(transaction=transaction).get("n")
        transaction.update(counter, {"n": n + 1})

    def work(_: int) -> None:
        for _ in range(ROUNDS):
            increment(client.transaction())

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    assert counter.get().get("n") == THREADS * ROUNDS


def test_a_transaction_that_queries_sees_no_new_documents(connect, our_host):
    """Each transaction adds a document numbered by how many there are: two that overlapped would collide."""
    client = connect(our_host)
    items = client.collection("items")

    @firestore.transactional
    def add(transaction):
        number = len(list(items.where(filter=FieldFilter("kind", "==", "x")).stream(transaction=transaction)))
        transaction.set(items.document(), {"kind": "x", "number": number})

    def work(_: int) -> None:
        for _ in range(3):
            add(client.transaction())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert sorted(s.get("number") for s in items.stream()) == list(range(12))


def test_an_exception_rolls_back_and_releases_locks(client):
    counter = client.document("counters/one")
    counter.set({"n": 0})

    @firestore.transactional
    def fail(transaction):
        counter.get(transaction=transaction)
        transaction.update(counter, {"n": 100})
        raise LookupError("on purpose")

    with pytest.raises(LookupError):
        fail(client.transaction())
    counter.update({"n": 1}, timeout=10)
    assert counter.get().to_dict() == {"n": 1}


def test_a_finished_transaction_is_refused(client):
    transaction = client.transaction()
    transaction._begin()
    used = transaction.id
    transaction._commit()
    request = {"database": client._database_string, "writes": [], "transaction": used}
    with pytest.raises(exceptions.InvalidArgument):
        client._firestore_api.commit(request)


def test_a_read_only_transaction_keeps_its_snapshot(client):
    document = client.document("a/1")
    document.set({"n": 1})
    transaction = client.transaction(read_only=True)
    transaction._begin()
    assert document.get(transaction=transaction).get("n") == 1
    document.set({"n": 2})
    assert document.get(transaction=transaction).get("n") == 1
    transaction._rollback()


def test_a_plain_write_waits_for_the_transaction_that_read(client):
    document = client.document("a/1")
    document.set({"n": 1})
    transaction = client.transaction()
    transaction._begin()
    assert document.get(transaction=transaction).get("n") == 1
    overwriting = threading.Thread(target=document.set, args=({"n": 100},))
    overwriting.start()
    transaction.update(document, {"n": 2})
    transaction._commit()
    overwriting.join(timeout=20)
    assert document.get().get("n") == 100


def test_a_stream_shows_one_snapshot_while_others_write(client):
    """Every commit gives all documents one generation; a stream that mixes two is not a snapshot."""
    size = 450
    references = [client.document(f"a/{n:03}") for n in range(size)]

    def write(generation: int) -> None:
        batch = client.batch()
        for reference in references:
            batch.set(reference, {"generation": generation})
        batch.commit()

    write(0)
    done = threading.Event()

    def keep_writing() -> int:
        generation = 0
        while not done.is_set():
            generation += 1
            write(generation)
        return generation

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(keep_writing)
        try:
            streams = [[s.get("generation") for s in client.collection("a").stream()] for _ in range(8)]
        finally:
            done.set()
        assert writing.result() > 1
    assert [len(stream) for stream in streams] == [size] * 8
    assert [len(set(stream)) for stream in streams] == [1] * 8


def test_concurrent_bulk_writers_write_everything(client):
    def write(part: int) -> None:
        writer = client.bulk_writer()
        for n in range(100):
            writer.set(client.document(f"a/{part}-{n}"), {"n": n})
        writer.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert client.collection("a").count().get()[0][0].value == 400
