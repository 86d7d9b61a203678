"""A state folder that is copied or moved: it works, or one line says what to do."""

import os
import shutil

import pytest

from components.shared.clients import bigquery_client, firestore_client, storage_client
from localcloud.settings import load
from localcloud.state import LocalCloudError, State, locked
from localcloud.supervisor import check_services, running

SERVICES = ("bigquery", "storage", "firestore")


def fill(endpoints, patch) -> None:
    for name, value in endpoints.environment().items():
        patch.setenv(name, value)
    with bigquery_client(endpoints.project) as client:
        client.create_dataset("kept")
        client.query_and_wait("CREATE TABLE kept.t AS SELECT 42 AS a")
    storage_client(endpoints.project).create_bucket("kept").blob("o").upload_from_string("an object")
    firestore_client(endpoints.project).document("kept/d").set({"a": 1})


def assert_kept(endpoints, patch) -> None:
    for name, value in endpoints.environment().items():
        patch.setenv(name, value)
    with bigquery_client(endpoints.project) as client:
        client.query_and_wait("INSERT kept.t (a) VALUES (43)")
        rows = client.query_and_wait("SELECT a FROM kept.t ORDER BY a")
        assert [row["a"] for row in rows] == [42, 43]
    assert storage_client(endpoints.project).bucket("kept").blob("o").download_as_text() == "an object"
    assert firestore_client(endpoints.project).document("kept/d").get().to_dict() == {"a": 1}


@pytest.mark.services
def test_a_copy_of_a_running_cloud_is_independent_and_a_moved_one_works(tmp_path, monkeypatch):
    first, copy, moved = tmp_path / "first", tmp_path / "copy", tmp_path / "moved"
    with running(first, services=SERVICES) as endpoints:
        fill(endpoints, monkeypatch)
    shutil.copytree(first, copy, symlinks=True)
    with running(first, services=SERVICES) as endpoints:
        shutil.copy(first / "state.json", copy / "state.json")
        copied = State.read(copy)
        assert not copied.is_supervised()
        assert (copied.healthy, copied.services) == (False, {})
        with running(copy, services=SERVICES) as others:
            assert set(others.ports.values()).isdisjoint(endpoints.ports.values())
            assert_kept(others, monkeypatch)
        check_services(first, load())
    first.rename(moved)
    with running(moved, services=SERVICES) as endpoints:
        assert_kept(endpoints, monkeypatch)


@pytest.mark.services
@pytest.mark.skipif(not hasattr(os, "listxattr"), reason="copies keep attributes on this system")
def test_a_copy_without_the_attributes_of_its_files_says_how_to_copy(tmp_path, monkeypatch):
    first, copy = tmp_path / "first", tmp_path / "copy"
    with running(first, services=("storage",)) as endpoints:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", endpoints.environment()["STORAGE_EMULATOR_HOST"])
        storage_client(endpoints.project).create_bucket("kept").blob("o").upload_from_string("an object")
    shutil.copytree(first, copy, copy_function=shutil.copyfile)
    with pytest.raises(LocalCloudError, match="cp -a"), running(copy, services=("storage",)):
        pass


def test_a_folder_moved_while_in_use_says_what_to_end(tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    with locked(before):
        State(supervisor=4711).write(before)
        before.rename(after)
        told = r"was moved from .*before while process 4711 was running in it"
        with pytest.raises(LocalCloudError, match=told), locked(after, patience=0.1):
            pass
