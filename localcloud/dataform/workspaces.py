"""Workspaces and the files in them."""

from pathlib import Path

from google.api_core import exceptions
from google.cloud import dataform_v1 as api
from google.protobuf import timestamp_pb2

from localcloud.dataform.repositories import add_commit, commit_tree, head_of
from localcloud.dataform.store import Store, checked_id, now, page, refuse_unsupported, write_atomically
from localcloud.dataform.trees import Tree, checked_path, read_tree, write_file, write_tree


class Workspaces:
    """The RPCs on workspaces; a new one contains the files of the repository's last commit."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create_workspace(self, request: api.CreateWorkspaceRequest) -> api.Workspace:
        """Create a workspace from the repository's HEAD."""
        repository = self._store.require(request.parent)
        workspace = request.workspace
        refuse_unsupported(workspace, {"name", "create_time"})
        workspace_id = checked_id("workspace_id", request.workspace_id)
        workspace.name = f"{request.parent}/workspaces/{workspace_id}"
        workspace.create_time = now()
        with self._store.lock:
            self._store.create(workspace)
            self._check_out(workspace.name, repository, head_of(repository))
        return workspace

    def _check_out(self, name: str, repository: Path, head: str) -> None:
        write_tree(self._files(name), commit_tree(repository, head))
        write_atomically(self._store.folder(name) / "HEAD", head)

    def get_workspace(self, request: api.GetWorkspaceRequest) -> api.Workspace:
        """Return a workspace."""
        return self._store.get(api.Workspace, request.name)

    def list_workspaces(self, request: api.ListWorkspacesRequest) -> api.ListWorkspacesResponse:
        """Return a repository's workspaces, ordered by name."""
        self._store.require(request.parent)
        found, token = page(self._store.children(api.Workspace, request.parent, "workspaces"), request)
        return api.ListWorkspacesResponse(workspaces=found, next_page_token=token)

    def delete_workspace(self, request: api.DeleteWorkspaceRequest) -> None:
        """Delete a workspace with its files."""
        self._store.delete(request.name)

    def write_file(self, request: api.WriteFileRequest) -> api.WriteFileResponse:
        """Write a whole file, and create its folders."""
        with self._store.lock:
            write_file(self._files(request.workspace), request.path, request.contents)
        return api.WriteFileResponse()

    def read_file(self, request: api.ReadFileRequest) -> api.ReadFileResponse:
        """Return a file's current contents."""
        refuse_unsupported(request, {"workspace", "path"})
        return api.ReadFileResponse(file_contents=self._file(request).read_bytes())

    def remove_file(self, request: api.RemoveFileRequest) -> api.RemoveFileResponse:
        """Remove a file."""
        self._file(request).unlink()
        return api.RemoveFileResponse()

    def make_directory(self, request: api.MakeDirectoryRequest) -> api.MakeDirectoryResponse:
        """Create a folder."""
        folder = self._files(request.workspace) / checked_path(request.path)
        if folder.exists():
            raise exceptions.AlreadyExists(f"{request.path} already exists in {request.workspace}")
        folder.mkdir(parents=True)
        return api.MakeDirectoryResponse()

    def query_directory_contents(
        self, request: api.QueryDirectoryContentsRequest
    ) -> api.QueryDirectoryContentsResponse:
        """Return the paths in a folder, by default the root folder."""
        root = self._files(request.workspace)
        folder = root / checked_path(request.path) if request.path else root
        if not folder.is_dir():
            raise exceptions.NotFound(f"{request.path} is not a folder of {request.workspace}")
        with_metadata = request.view == api.DirectoryContentsView.DIRECTORY_CONTENTS_VIEW_METADATA
        entries = [_entry(root, path, with_metadata) for path in sorted(folder.iterdir())]
        found, token = page(entries, request)
        return api.QueryDirectoryContentsResponse(directory_entries=found, next_page_token=token)

    def commit_workspace_changes(
        self, request: api.CommitWorkspaceChangesRequest
    ) -> api.CommitWorkspaceChangesResponse:
        """Commit all changes in a workspace since its last commit, or only those in the given paths."""
        with self._store.lock:
            repository = self._store.folder(request.name.rpartition("/workspaces/")[0])
            folder = self._store.require(request.name)
            head = head_of(folder)
            tree = _stage_paths(commit_tree(repository, head), self.files(request.name), list(request.paths))
            metadata = api.CommitMetadata(author=request.author, commit_message=request.commit_message)
            sha = add_commit(repository, tree, head, metadata)
            write_atomically(folder / "HEAD", sha)
        return api.CommitWorkspaceChangesResponse()

    def files(self, name: str) -> Tree:
        """Return all files of a workspace with their current contents."""
        return read_tree(self._files(name))

    def _files(self, name: str) -> Path:
        return self._store.require(name) / "files"

    def _file(self, request: api.ReadFileRequest | api.RemoveFileRequest) -> Path:
        path = self._files(request.workspace) / checked_path(request.path)
        if not path.is_file():
            raise exceptions.NotFound(f"{request.path} is not a file of {request.workspace}")
        return path


def _stage_paths(before: Tree, after: Tree, paths: list[str]) -> Tree:
    if not paths:
        return after
    staged = dict(before)
    for path in paths:
        if path in after:
            staged[path] = after[path]
        elif staged.pop(path, None) is None:
            raise exceptions.NotFound(f"{path} does not exist in the workspace or in its last commit")
    return staged


def _entry(root: Path, path: Path, with_metadata: bool) -> api.DirectoryEntry:
    kind = "directory" if path.is_dir() else "file"
    entry = api.DirectoryEntry(**{kind: path.relative_to(root).as_posix()})
    if with_metadata:
        status = path.stat()
        moment = timestamp_pb2.Timestamp()
        moment.FromNanoseconds(status.st_mtime_ns)
        entry.metadata = api.FilesystemEntryMetadata(size_bytes=status.st_size, update_time=moment)
    return entry
