"""Our own server: what survives a kill, how it starts and stops, what it refuses."""

import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from google.api_core import exceptions

from localcloud.firestore.store import Store

pytestmark = pytest.mark.services

PROJECT = "winter-days-local"
COMMAND = [sys.executable, "-m", "localcloud.firestore"]


def test_acknowledged_writes_survive_a_kill(local_firestore, connect):
    client = connect(local_firestore.host, PROJECT)
    batch = client.batch()
    for n in range(300):
        batch.set(client.document(f"sales/{n:03}"), {"n": n, "at": datetime(2026, 1, 1, tzinfo=UTC)})
    batch.commit()
    client.document("sales/007").delete()
    before = {s.id: (s.to_dict(), s.update_time) for s in client.collection("sales").stream()}
    local_firestore.kill()
    local_firestore.start()
    client = connect(local_firestore.host, PROJECT)
    assert {s.id: (s.to_dict(), s.update_time) for s in client.collection("sales").stream()} == before
    assert len(before) == 299
    assert client.document("sales/007").set({"n": 7}).update_time > max(time for _, time in before.values())


def test_a_commit_that_a_kill_interrupts_is_whole_or_absent(local_firestore, connect, wait_until):
    acknowledged = [0]

    def keep_writing(client) -> None:
        references = [client.document(f"sales/{n}") for n in range(400)]
        while True:
            batch = client.batch()
            for reference in references:
                batch.set(reference, {"generation": acknowledged[0] + 1})
            try:
                batch.commit(retry=None)
            except exceptions.ServiceUnavailable:
                return
            acknowledged[0] += 1

    for _ in range(3):
        client = connect(local_firestore.host, PROJECT)
        writing = threading.Thread(target=keep_writing, args=(client,))
        enough = acknowledged[0] + 2
        writing.start()
        wait_until(lambda enough=enough: acknowledged[0] >= enough)
        local_firestore.kill()
        writing.join(timeout=20)
        local_firestore.start()
        client = connect(local_firestore.host, PROJECT)
        generations = [s.get("generation") for s in client.collection("sales").stream()]
        assert len(generations) == 400
        assert len(set(generations)) == 1
        assert generations[0] in (acknowledged[0], acknowledged[0] + 1)
        acknowledged[0] = generations[0]


def test_projects_are_kept_apart(our_host, connect):
    connect(our_host, "one").document("a/1").set({"n": 1})
    assert not connect(our_host, "other").document("a/1").get().exists


def write_numbered(client, count, path):
    for first in range(0, count, 500):
        batch = client.batch()
        for n in range(first, min(first + 500, count)):
            batch.set(client.document(path(n)), {"n": n})
        batch.commit()


def parts_of(client, count, **at):
    partitions = client.collection_group("sales").get_partitions(count, **at)
    return [[s.get("n") for s in partition.query().stream(**at)] for partition in partitions]


def test_partitions_cover_a_collection_group_once(our_host, connect):
    client = connect(our_host)
    write_numbered(client, 1000, lambda n: f"a/{n % 7}/sales/{n:03}")
    parts = parts_of(client, 4)
    assert [len(part) for part in parts] == [200] * 5
    assert sorted(n for part in parts for n in part) == list(range(1000))


def test_partitions_of_one_collection_are_key_ranges(our_host, connect):
    client = connect(our_host)
    write_numbered(client, 600, lambda n: f"sales/{n:03}")
    assert parts_of(client, 3) == [list(range(start, start + 150)) for start in (0, 150, 300, 450)]


def test_partitions_are_as_of_a_time_and_no_finer_than_firestores(our_host, connect):
    client = connect(our_host)
    write_numbered(client, 383, lambda n: f"sales/{n:03}")
    then = client.document("sales/000").get().read_time
    write_numbered(client, 600, lambda n: f"sales/9-{n:03}")
    assert [len(part) for part in parts_of(client, 10, read_time=then)] == [127, 128, 128]
    assert len(parts_of(client, 10)) == 983 // 128 + 1


def test_each_page_of_cursors_is_sorted_and_together_they_are_all(our_host, connect):
    client = connect(our_host)
    write_numbered(client, 1000, lambda n: f"sales/{n:03}")
    request = client.collection_group("sales")._prep_get_partitions(7, None, None)[0]
    [whole] = client._firestore_api.partition_query(request).pages
    pages = list(client._firestore_api.partition_query(request | {"page_size": 3}).pages)
    places = [[cursor.values[0].reference_value for cursor in page.partitions] for page in pages]
    assert [len(page) for page in places] == [3, 2, 2]
    assert all(page == sorted(page) for page in places)
    everything = sorted(place for page in places for place in page)
    assert everything == [cursor.values[0].reference_value for cursor in whole.partitions]
    assert everything != [place for page in places for place in page]  # no order between pages


GROUP = {"from_": [{"collection_id": "n", "all_descendants": True}]}
BY_NAME = {"order_by": [{"field": {"field_path": "__name__"}, "direction": "ASCENDING"}]}
REFERENCE = {"values": [{"reference_value": "projects/p/databases/(default)/documents/n/1"}]}


@pytest.mark.parametrize(
    ("asked", "more"),
    [
        (GROUP, {}),
        (GROUP | {"order_by": [BY_NAME["order_by"][0] | {"direction": "DESCENDING"}]}, {}),
        ({"from_": [{"collection_id": "n"}], **BY_NAME}, {}),
        ({"from_": [{"all_descendants": True}], **BY_NAME}, {}),
        (GROUP | BY_NAME | {"limit": {"value": 3}}, {}),
        (GROUP | BY_NAME | {"start_at": REFERENCE}, {}),
        (GROUP | BY_NAME | {"offset": 1}, {}),
        (GROUP | BY_NAME, {"partition_count": 0}),
        (GROUP | BY_NAME, {"page_size": -1}),
        (GROUP | BY_NAME, {"page_token": "another"}),
        (GROUP | BY_NAME, {"parent": "n/1"}),
    ],
)
def test_only_a_collection_group_ordered_by_name_can_be_split(our_host, connect, asked, more):
    client = connect(our_host)
    documents = f"{client._database_string}/documents"
    request = {"parent": documents, "structured_query": asked, "partition_count": 2}
    if "parent" in more:
        more = {"parent": f"{documents}/{more['parent']}"}
    with pytest.raises(exceptions.InvalidArgument):
        client._firestore_api.partition_query(request | more, retry=None)


def test_a_small_collection_is_not_split(our_host, connect):
    client = connect(our_host)
    client.document("n/1").set({})
    documents = f"{client._database_string}/documents"
    request = {"parent": documents, "structured_query": GROUP | BY_NAME, "partition_count": 2}
    assert list(client._firestore_api.partition_query(request, retry=None)) == []


def test_history_ends_after_an_hour(our_host, connect):
    client = connect(our_host)
    with pytest.raises(exceptions.FailedPrecondition, match="too old"):
        client.document("a/1").get(read_time=datetime.now(UTC) - timedelta(minutes=61))


def test_a_deadlock_is_broken(our_host, connect):
    client = connect(our_host)
    one, other = client.document("a/1"), client.document("a/2")
    first, second = client.transaction(), client.transaction()
    for transaction, reference in ((first, one), (second, other)):
        transaction._begin()
        reference.get(transaction=transaction)
    outcomes = []

    def cross(transaction, reference) -> None:
        try:
            reference.get(transaction=transaction)
            transaction.set(reference, {"n": 1})
            transaction._commit()
            outcomes.append("committed")
        except exceptions.Aborted:
            transaction._rollback()
            outcomes.append("aborted")

    threads = [threading.Thread(target=cross, args=pair) for pair in ((first, other), (second, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert sorted(outcomes) == ["aborted", "committed"]


@pytest.mark.parametrize("call", ["listen", "write"])
def test_an_unsupported_call_is_named(our_host, connect, call):
    client = connect(our_host)
    with pytest.raises(exceptions.MethodNotImplemented, match=f"Firestore/{call.title()} is not supported"):
        list(getattr(client._firestore_api, call)(iter([])))


def test_it_stops_at_once_on_sigterm_despite_an_open_stream(local_firestore, connect):
    client = connect(local_firestore.host, PROJECT)
    batch = client.batch()
    for n in range(100):
        batch.set(client.document(f"a/{n}"), {"text": "x" * 50_000})
    batch.commit()
    stream = client.collection("a").stream(retry=None)
    assert next(stream).id == "0"
    started = time.monotonic()
    assert local_firestore.stop() == 0
    assert time.monotonic() - started < 5
    stream.close()
    local_firestore.start()


def test_a_port_in_use_is_one_clear_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = _run("--port", port, "--data-dir", str(tmp_path))
    assert result.returncode == 1
    assert result.stderr == (
        f"error: cannot listen on 127.0.0.1:{port} (Address already in use): choose another --port\n"
    )


def test_a_folder_in_use_is_one_clear_line(tmp_path):
    store = Store(tmp_path)
    result = _run("--port", "0", "--data-dir", str(tmp_path))
    store.close()
    assert result.returncode == 1
    assert result.stderr == (
        f"error: another server uses the documents in {tmp_path}: stop it, or choose another --data-dir\n"
    )


def test_help_shows_an_example():
    assert "python -m localcloud.firestore --port 8080" in _run("--help").stdout


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=30, check=False)
