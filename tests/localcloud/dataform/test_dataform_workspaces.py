import pytest
from google.api_core import exceptions
from google.cloud import dataform_v1 as api

AUTHOR = api.CommitAuthor(name="Test", email_address="test@example.com")
VIEW = api.DirectoryContentsView.DIRECTORY_CONTENTS_VIEW_METADATA


@pytest.fixture
def files(client, project):
    """Return functions over the files of an empty workspace."""
    workspace = f"{project.name}/workspaces/empty"
    client.create_workspace(parent=project.name, workspace_id="empty", workspace=api.Workspace())
    return Files(client, workspace)


class Files:
    def __init__(self, client, workspace):
        self.client, self.workspace = client, workspace

    def write(self, path, contents):
        self.client.write_file(request={"workspace": self.workspace, "path": path, "contents": contents})

    def read(self, path):
        return self.client.read_file(request={"workspace": self.workspace, "path": path}).file_contents

    def remove(self, path):
        self.client.remove_file(request={"workspace": self.workspace, "path": path})

    def make_directory(self, path):
        self.client.make_directory(request={"workspace": self.workspace, "path": path})

    def listed(self, path="", **request):
        pager = self.client.query_directory_contents(
            request={"workspace": self.workspace, "path": path, **request}
        )
        return [entry.file or f"{entry.directory}/" for entry in pager]

    def commit(self, *paths):
        request = {"name": self.workspace, "author": AUTHOR, "commit_message": "Change", "paths": paths}
        self.client.commit_workspace_changes(request=request)


def test_writes_reads_and_removes_any_bytes(files):
    contents = bytes(range(256)) * 40
    files.write("definitions/deep/x.bin", contents)
    assert files.read("definitions/deep/x.bin") == contents
    files.write("definitions/deep/x.bin", b"")
    assert files.read("definitions/deep/x.bin") == b""
    files.remove("definitions/deep/x.bin")
    for gone in (files.read, files.remove):
        with pytest.raises(exceptions.NotFound, match=r"deep/x\.bin"):
            gone("definitions/deep/x.bin")


def test_a_name_may_hold_characters_that_a_url_may_not(files):
    name = "includes/a b+c%20?#é.js"
    files.write(name, b"x")
    assert files.read(name) == b"x"
    assert files.listed("includes") == [name]


def test_lists_one_folder_page_by_page(files):
    for path in ("b/x", "b/y/z", "a", "c"):
        files.write(path, b"x")
    files.make_directory("d/e")
    assert files.listed() == ["a", "b/", "c", "d/"]
    assert files.listed(page_size=3) == ["a", "b/", "c", "d/"]
    assert files.listed("b") == ["b/x", "b/y/"]
    assert files.listed("d/e") == []
    with pytest.raises(exceptions.NotFound):
        files.listed("nowhere")
    with pytest.raises(exceptions.Conflict):
        files.make_directory("d/e")


def test_lists_with_size_and_time_when_asked(client, files):
    files.write("a", b"12345")
    request = {"workspace": files.workspace, "view": VIEW}
    (entry,) = client.query_directory_contents(request=request)
    assert entry.metadata.size_bytes == 5
    assert entry.metadata.update_time.timestamp() > 1_700_000_000


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a/../../x", ".", "a\\b"])
def test_refuses_a_path_that_leaves_the_workspace(files, path):
    with pytest.raises(exceptions.BadRequest, match="not a path inside"):
        files.write(path, b"x")


def test_refuses_a_file_inside_a_file(files):
    files.write("a", b"x")
    with pytest.raises(exceptions.BadRequest, match="cannot be a file"):
        files.write("a/b", b"x")
    files.write("folder/b", b"x")
    with pytest.raises(exceptions.BadRequest, match="cannot be a file"):
        files.write("folder", b"x")


def test_creates_gets_lists_and_deletes(client, project):
    name = client.create_workspace(parent=project.name, workspace_id="a", workspace=api.Workspace()).name
    with pytest.raises(exceptions.Conflict):
        client.create_workspace(parent=project.name, workspace_id="a", workspace=api.Workspace())
    assert client.get_workspace(name=name).name == f"{project.name}/workspaces/a"
    assert [found.name for found in client.list_workspaces(parent=project.name)] == [
        name,
        project.workspace,
    ]
    client.delete_workspace(name=name)
    with pytest.raises(exceptions.NotFound):
        client.get_workspace(name=name)
    with pytest.raises(exceptions.NotFound):
        client.list_workspaces(parent=f"{project.name}-not")


def test_commits_all_changes_or_some_of_them(files):
    files.write("a", b"1")
    files.write("b", b"1")
    files.commit("a")
    with pytest.raises(exceptions.BadRequest, match="nothing to commit"):
        files.commit("a")
    files.remove("a")
    files.commit()
    with pytest.raises(exceptions.BadRequest, match="nothing to commit"):
        files.commit()
    with pytest.raises(exceptions.NotFound, match="nowhere"):
        files.commit("nowhere")
