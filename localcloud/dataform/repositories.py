"""Repositories and their commits."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from google.api_core import exceptions
from google.cloud import dataform_v1 as api

from localcloud.dataform.store import Store, checked_id, now, page, refuse_unsupported, write_atomically
from localcloud.dataform.trees import Tree, checked_path, commit_sha, read_tree, write_tree

DEFAULT_BRANCH = "main"


class Repositories:
    """The RPCs on repositories; each stores its own commits, like a Dataform repository without a remote."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create_repository(self, request: api.CreateRepositoryRequest) -> api.Repository:
        """Create an empty repository."""
        repository = request.repository
        refuse_unsupported(repository, {"name", "display_name", "labels", "service_account", "create_time"})
        repository_id = checked_id("repository_id", request.repository_id)
        repository.name = f"{request.parent}/repositories/{repository_id}"
        repository.create_time = now()
        self._store.create(repository)
        return repository

    def get_repository(self, request: api.GetRepositoryRequest) -> api.Repository:
        """Return a repository."""
        return self._store.get(api.Repository, request.name)

    def list_repositories(self, request: api.ListRepositoriesRequest) -> api.ListRepositoriesResponse:
        """Return a location's repositories, ordered by name."""
        found, token = page(self._store.children(api.Repository, request.parent, "repositories"), request)
        return api.ListRepositoriesResponse(repositories=found, next_page_token=token)

    def delete_repository(self, request: api.DeleteRepositoryRequest) -> None:
        """Delete a repository; one that is not empty only with `force`."""
        folder = self._store.require(request.name)
        if not request.force and any(folder.glob("*/*/resource.json")):
            raise exceptions.FailedPrecondition(f"{request.name} is not empty: delete it with force")
        self._store.delete(request.name)

    def fetch_repository_history(
        self, request: api.FetchRepositoryHistoryRequest
    ) -> api.FetchRepositoryHistoryResponse:
        """Return the commits of the default branch, newest first."""
        found, token = page(list(_history(self._store.require(request.name))), request)
        return api.FetchRepositoryHistoryResponse(commits=found, next_page_token=token)

    def query_repository_directory_contents(
        self, request: api.QueryRepositoryDirectoryContentsRequest
    ) -> api.QueryRepositoryDirectoryContentsResponse:
        """Return the paths in a folder of a commit, by default the newest commit."""
        repository = self._store.require(request.name)
        tree = commit_tree(repository, resolve_commitish(repository, request.commit_sha or "HEAD"))
        found, token = page(_entries(tree, f"{request.path}/" if request.path else ""), request)
        return api.QueryRepositoryDirectoryContentsResponse(directory_entries=found, next_page_token=token)

    def commit_repository_changes(
        self, request: api.CommitRepositoryChangesRequest
    ) -> api.CommitRepositoryChangesResponse:
        """Write and delete files on the default branch in one commit."""
        with self._store.lock:
            folder = self._store.require(request.name)
            head = head_of(folder)
            if request.required_head_commit_sha not in ("", head):
                raise exceptions.FailedPrecondition(
                    f"HEAD of {request.name} is {head or 'empty'}, not {request.required_head_commit_sha}"
                )
            tree = _apply_operations(commit_tree(folder, head), request)
            sha = add_commit(folder, tree, head, request.commit_metadata)
            write_atomically(folder / "HEAD", sha)
        return api.CommitRepositoryChangesResponse(commit_sha=sha)


def _apply_operations(tree: Tree, request: api.CommitRepositoryChangesRequest) -> Tree:
    changed = dict(tree)
    for path, operation in request.file_operations.items():
        path = checked_path(path)
        if "write_file" in operation:
            changed[path] = operation.write_file.contents
        elif changed.pop(path, None) is None:
            raise exceptions.NotFound(f"{path} does not exist in {request.name}")
    return changed


def _history(repository: Path) -> Iterator[api.CommitLogEntry]:
    sha = head_of(repository)
    while sha:
        record = json.loads((repository / "commits" / sha / "commit.json").read_text())
        yield api.CommitLogEntry(
            commit_sha=sha,
            commit_time=datetime.fromisoformat(record["time"]),
            commit_message=record["message"],
            author=api.CommitAuthor(**record["author"]),
        )
        sha = record["parent"]


def _entries(tree: Tree, folder: str) -> list[api.DirectoryEntry]:
    inside = [path.removeprefix(folder) for path in tree if path.startswith(folder)]
    folders = {path.partition("/")[0] for path in inside if "/" in path}
    files = sorted(path for path in inside if "/" not in path)
    return [api.DirectoryEntry(directory=folder + name) for name in sorted(folders)] + [
        api.DirectoryEntry(file=folder + name) for name in files
    ]


def head_of(folder: Path) -> str:
    """Return the commit at the HEAD of a repository or a workspace, empty before the first."""
    head = folder / "HEAD"
    return head.read_text() if head.exists() else ""


def add_commit(repository: Path, tree: Tree, parent: str, metadata: api.CommitMetadata) -> str:
    """Store a tree as a commit of the repository and return its SHA; raise if nothing changed."""
    if not metadata.author.email_address:
        raise exceptions.InvalidArgument("a commit needs its author's email_address")
    if tree == commit_tree(repository, parent):
        raise exceptions.FailedPrecondition("there is nothing to commit")
    time = now().ToJsonString()
    sha = commit_sha(tree, parent, metadata.commit_message, time)
    write_tree(repository / "commits" / sha / "files", tree)
    author = {"name": metadata.author.name, "email_address": metadata.author.email_address}
    record = {"parent": parent, "message": metadata.commit_message, "author": author, "time": time}
    write_atomically(repository / "commits" / sha / "commit.json", json.dumps(record))
    return sha


def commit_tree(repository: Path, sha: str) -> Tree:
    """Return the files of a commit; none for the empty SHA, the HEAD before the first commit."""
    return read_tree(repository / "commits" / sha / "files") if sha else {}


def resolve_commitish(repository: Path, commitish: str) -> str:
    """Return the full SHA for a branch or for the start of a SHA, or raise NotFound."""
    if commitish in (DEFAULT_BRANCH, "HEAD") and (head := head_of(repository)):
        return head
    if re.fullmatch(r"[0-9a-f]{4,40}", commitish):
        found = list((repository / "commits").glob(f"{commitish}*/commit.json"))
        if len(found) == 1:
            return found[0].parent.name
    raise exceptions.NotFound(f"there is no commit {commitish!r}: give {DEFAULT_BRANCH!r} or a commit's SHA")
