import uuid

import pytest
from google.api_core import exceptions
from google.cloud import dataform_v1 as api

LOCATION = "projects/winter-days-test/locations/europe-west1"
METADATA = api.CommitMetadata(
    author=api.CommitAuthor(name="Test", email_address="test@example.com"), commit_message="Change"
)
Operation = api.CommitRepositoryChangesRequest.FileOperation


@pytest.fixture
def repository(client) -> str:
    repository_id = uuid.uuid4().hex
    return client.create_repository(
        parent=LOCATION, repository_id=repository_id, repository=api.Repository()
    ).name


def commit(client, repository: str, head: str = "", metadata=METADATA, **files: str | None) -> str:
    operations = {
        path: Operation(delete_file=Operation.DeleteFile())
        if text is None
        else Operation(write_file=Operation.WriteFile(contents=text.encode()))
        for path, text in files.items()
    }
    request = api.CommitRepositoryChangesRequest(
        name=repository,
        commit_metadata=metadata,
        required_head_commit_sha=head,
        file_operations=operations,
    )
    return client.commit_repository_changes(request=request).commit_sha


def checked_out(client, repository: str) -> dict[str, bytes]:
    workspace_id = uuid.uuid4().hex
    workspace = client.create_workspace(
        parent=repository, workspace_id=workspace_id, workspace=api.Workspace()
    ).name
    entries = client.query_directory_contents(request={"workspace": workspace})
    return {
        entry.file: client.read_file(request={"workspace": workspace, "path": entry.file}).file_contents
        for entry in entries
    }


def test_creates_gets_lists_and_deletes(client):
    parent = f"{LOCATION}-{uuid.uuid4().hex[:8]}"
    made = [
        client.create_repository(
            parent=parent, repository_id=name, repository=api.Repository(display_name=name.upper())
        )
        for name in ("b", "a")
    ]
    assert made[0].name == f"{parent}/repositories/b"
    assert client.get_repository(name=made[0].name).display_name == "B"
    assert [found.name for found in client.list_repositories(parent=parent)] == [
        f"{parent}/repositories/a",
        f"{parent}/repositories/b",
    ]
    client.delete_repository(name=made[0].name)
    with pytest.raises(exceptions.NotFound, match="does not exist"):
        client.get_repository(name=made[0].name)


def test_does_not_create_what_exists(client, repository):
    with pytest.raises(exceptions.Conflict, match="already exists"):
        client.create_repository(
            parent=LOCATION, repository_id=repository.rpartition("/")[2], repository=api.Repository()
        )


@pytest.mark.parametrize("name", ["", "with space", "dots.are.not", "x" * 64, "a/b"])
def test_refuses_a_name_that_dataform_does_not_take(client, name):
    with pytest.raises(exceptions.BadRequest, match="repository_id"):
        client.create_repository(parent=LOCATION, repository_id=name, repository=api.Repository())


def test_refuses_a_remote(client):
    remote = api.Repository.GitRemoteSettings(url="https://example.com/x.git", default_branch="main")
    with pytest.raises(exceptions.MethodNotImplemented, match="git_remote_settings"):
        client.create_repository(
            parent=LOCATION,
            repository_id=uuid.uuid4().hex,
            repository=api.Repository(git_remote_settings=remote),
        )


def test_deletes_a_nonempty_repository_only_by_force(client, repository):
    client.create_workspace(parent=repository, workspace_id="w", workspace=api.Workspace())
    with pytest.raises(exceptions.BadRequest, match="not empty"):
        client.delete_repository(name=repository)
    client.delete_repository(request={"name": repository, "force": True})
    with pytest.raises(exceptions.NotFound):
        client.get_workspace(name=f"{repository}/workspaces/w")


def test_a_commit_writes_and_deletes_files_at_once(client, repository):
    first = commit(client, repository, a="1", b="2")
    second = commit(client, repository, head=first, a=None, c="3")
    assert first != second
    assert checked_out(client, repository) == {"b": b"2", "c": b"3"}


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"head": "0" * 40, "a": "2"}, exceptions.BadRequest, "HEAD of"),
        ({"a": "1"}, exceptions.BadRequest, "nothing to commit"),
        ({"gone": None}, exceptions.NotFound, "gone does not exist"),
        ({"../up": "x"}, exceptions.BadRequest, "not a path inside"),
        ({"a": "2", "metadata": api.CommitMetadata()}, exceptions.BadRequest, "email_address"),
    ],
)
def test_a_commit_that_is_refused_changes_nothing(client, repository, change, error, message):
    commit(client, repository, a="1")
    with pytest.raises(error, match=message):
        commit(client, repository, **change)
    assert checked_out(client, repository) == {"a": b"1"}


def test_lists_the_commits_newest_first(client, repository):
    shas = [commit(client, repository, **{f"{name}.txt": name}) for name in "abc"]
    entries = list(client.fetch_repository_history(request={"name": repository, "page_size": 2}))
    assert [entry.commit_sha for entry in entries] == shas[::-1]
    assert {entry.commit_message for entry in entries} == {"Change"}
    assert entries[0].author.email_address == "test@example.com"
    assert entries[0].commit_time >= entries[-1].commit_time


def test_an_empty_repository_has_no_history(client, repository):
    assert list(client.fetch_repository_history(request={"name": repository})) == []


def test_lists_the_folders_of_a_commit(client, repository):
    first = commit(client, repository, **{"a.txt": "1", "sub/b.txt": "2", "sub/deep/c.txt": "3"})
    commit(client, repository, **{"a.txt": None})

    def listed(path="", sha=""):
        request = {"name": repository, "path": path, "commit_sha": sha}
        found = client.query_repository_directory_contents(request=request)
        return [entry.file or f"{entry.directory}/" for entry in found]

    assert listed() == ["sub/"]
    assert listed(sha=first) == ["sub/", "a.txt"]
    assert listed("sub") == ["sub/deep/", "sub/b.txt"]
    with pytest.raises(exceptions.NotFound, match="there is no commit"):
        listed(sha="0" * 40)
