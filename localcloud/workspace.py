"""Put the dataform/ folder into a Dataform workspace, as a deployment does."""

from contextlib import suppress
from pathlib import Path

from google.api_core.exceptions import AlreadyExists, Conflict
from google.cloud.dataform_v1 import DataformClient, Repository, Workspace
from google.cloud.dataform_v1.types import QueryDirectoryContentsRequest

CALL_SECONDS = 60
FOLDER = Path(__file__).parents[1] / "dataform"


def push_workspace(
    client: DataformClient, parent: str, repository: str, workspace: str, folder: Path = FOLDER
) -> str:
    """Make the workspace hold exactly the folder's files; return its resource name.

    parent is projects/P/locations/L. The repository and the workspace are made when they are missing.
    """
    name = f"{parent}/repositories/{repository}"
    with suppress(AlreadyExists, Conflict):
        client.create_repository(
            parent=parent, repository_id=repository, repository=Repository(), timeout=CALL_SECONDS
        )
    with suppress(AlreadyExists, Conflict):
        client.create_workspace(
            parent=name, workspace_id=workspace, workspace=Workspace(), timeout=CALL_SECONDS
        )
    workspace_name = f"{name}/workspaces/{workspace}"
    wanted = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    for stale in _files(client, workspace_name, "") - wanted.keys():
        client.remove_file(request={"workspace": workspace_name, "path": stale}, timeout=CALL_SECONDS)
    for relative, path in sorted(wanted.items()):
        client.write_file(
            request={"workspace": workspace_name, "path": relative, "contents": path.read_bytes()},
            timeout=CALL_SECONDS,
        )
    return workspace_name


def _files(client: DataformClient, workspace: str, folder: str) -> set[str]:
    request = QueryDirectoryContentsRequest(workspace=workspace, path=folder)
    files: set[str] = set()
    for entry in client.query_directory_contents(request=request, timeout=CALL_SECONDS):
        if entry.directory:
            files |= _files(client, workspace, entry.directory)
        else:
            files.add(entry.file)
    return files
