"""Put dataform/ on the repository's main branch and into the workspace that the batch compiles."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from google.api_core.exceptions import AlreadyExists, BadRequest, Conflict, NotFound
from google.cloud.dataform_v1 import (
    CommitAuthor,
    CommitMetadata,
    CommitRepositoryChangesRequest,
    DataformClient,
    DirectoryEntry,
    Repository,
    Workspace,
)

from infra.deploy.commands import ROOT
from infra.deploy.errors import DeployError

FOLDER = ROOT / "dataform"
CALL_SECONDS = 60
AUTHOR = CommitAuthor(name="Winter Days deployment", email_address="deployment@winter-days.invalid")
type Files = dict[str, bytes]
Operation = CommitRepositoryChangesRequest.FileOperation


def make_workspace(
    client: DataformClient, parent: str, repository_id: str, workspace: str, folder: Path = FOLDER
) -> str:
    """Push to a repository that Terraform does not create; return the workspace's resource name.

    parent is projects/P/locations/L.
    """
    repository = f"{parent}/repositories/{repository_id}"
    made = Repository(service_account=f"dataform-exec-sa@{parent.split('/')[1]}.iam.gserviceaccount.com")
    with suppress(AlreadyExists, Conflict):
        client.create_repository(
            parent=parent, repository_id=repository_id, repository=made, timeout=CALL_SECONDS
        )
    push(client, repository, workspace, "these files", dry_run=False, folder=folder)
    return f"{repository}/workspaces/{workspace}"


def push(
    client: DataformClient, repository: str, workspace: str, tag: str, *, dry_run: bool, folder: Path = FOLDER
) -> tuple[str, str]:
    """Make main and the workspace contain exactly the folder's files, and return a line on each.

    Either is left as it is if it already does.

    repository is projects/P/locations/L/repositories/R. The commit requires the head that was read: raises
    DeployError if somebody else commits at the same moment.
    """
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    committed = _commit(client, repository, files, tag, dry_run=dry_run)
    return committed, _check_out(client, repository, workspace, files, dry_run=dry_run)


def _commit(client: DataformClient, repository: str, files: Files, tag: str, *, dry_run: bool) -> str:
    mark = f"files {_digest(files)}"
    head, message = _head(client, repository)
    if message.endswith(mark):
        return f"main already has the {len(files)} files, as {head[:12]}"
    if dry_run:
        return f"would commit {len(files)} files to main, after {head[:12] or 'nothing'}"
    stale = _tree(client, repository, head) - files.keys() if head else set()
    request = CommitRepositoryChangesRequest(
        name=repository,
        commit_metadata=CommitMetadata(author=AUTHOR, commit_message=f"Deploy {tag}\n\n{mark}"),
        required_head_commit_sha=head,
        file_operations=_operations(files, stale),
    )
    return f"committed {len(files)} files to main, as {_commit_changes(client, request)[:12]}"


def _commit_changes(client: DataformClient, request: CommitRepositoryChangesRequest) -> str:
    try:
        return str(client.commit_repository_changes(request=request, timeout=CALL_SECONDS).commit_sha)
    except (BadRequest, Conflict) as error:  # a failed precondition, over REST and over gRPC
        raise DeployError(
            f"{request.name} has changed meanwhile: run the step again ({error.message})"
        ) from error


def _operations(files: Files, stale: set[str]) -> dict[str, Operation]:
    writes = {path: Operation(write_file=Operation.WriteFile(contents=text)) for path, text in files.items()}
    return writes | {path: Operation(delete_file=Operation.DeleteFile()) for path in stale}


def _head(client: DataformClient, repository: str) -> tuple[str, str]:
    """Return the last commit of main and its message; two empty strings before the first commit."""
    request = {"name": repository, "page_size": 1}
    for commit in client.fetch_repository_history(request=request, timeout=CALL_SECONDS):
        return commit.commit_sha, commit.commit_message.strip()
    return "", ""


def _check_out(
    client: DataformClient, repository: str, workspace_id: str, files: Files, *, dry_run: bool
) -> str:
    """Create the workspace if it is missing; recreate it if it contains anything else."""
    workspace = f"{repository}/workspaces/{workspace_id}"
    held = _read_workspace(client, workspace)
    again = "re" if held is not None else ""
    if held == files:
        return f"the workspace {workspace_id} already has them"
    if dry_run:
        return f"would {again}create the workspace {workspace_id}"
    if held is not None:
        client.delete_workspace(name=workspace, timeout=CALL_SECONDS)
    client.create_workspace(
        parent=repository, workspace_id=workspace_id, workspace=Workspace(), timeout=CALL_SECONDS
    )
    return f"{again}created the workspace {workspace_id}"


def _read_workspace(client: DataformClient, workspace: str) -> Files | None:
    """Return the files of a workspace, or None if there is no such workspace."""
    try:
        client.get_workspace(name=workspace, timeout=CALL_SECONDS)
    except NotFound:
        return None

    def list_folder(path: str) -> Iterator[DirectoryEntry]:
        request = {"workspace": workspace, "path": path}
        yield from client.query_directory_contents(request=request, timeout=CALL_SECONDS)

    def contents(path: str) -> bytes:
        request = {"workspace": workspace, "path": path}
        return client.read_file(request=request, timeout=CALL_SECONDS).file_contents

    return {path: contents(path) for path in _walk(list_folder)}


def _tree(client: DataformClient, repository: str, commit: str) -> set[str]:
    """Return the paths of a commit's files."""

    def list_folder(path: str) -> Iterator[DirectoryEntry]:
        request = {"name": repository, "commit_sha": commit, "path": path}
        yield from client.query_repository_directory_contents(request=request, timeout=CALL_SECONDS)

    return set(_walk(list_folder))


def _walk(list_folder: Callable[[str], Iterator[DirectoryEntry]], folder: str = "") -> Iterator[str]:
    for entry in list_folder(folder):
        if entry.directory:
            yield from _walk(list_folder, entry.directory)
        else:
            yield entry.file


def _digest(files: Files) -> str:
    digest = hashlib.sha256()
    for path, text in sorted(files.items()):
        digest.update(f"{path}\0{len(text)}\0".encode() + text)
    return digest.hexdigest()
