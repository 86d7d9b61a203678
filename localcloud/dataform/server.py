"""The HTTP server of the local Dataform."""

from pathlib import Path

from google.cloud import dataform_v1
from google.cloud.dataform_v1.services.dataform.transports import rest_base
from starlette.applications import Starlette

from localcloud.dataform.compilations import Compilations
from localcloud.dataform.invocations import Invocations
from localcloud.dataform.official_tool import OfficialTool
from localcloud.dataform.repositories import Repositories
from localcloud.dataform.store import dataform_store
from localcloud.dataform.workspaces import Workspaces
from localcloud.rest import Api, Client
from localcloud.settings import Keep

_CLIENT = Client("Dataform", dataform_v1, (rest_base._BaseDataformRestTransport,), ("v1beta1",))


def create_api(data_dir: Path, project: str, keep: int = Keep().runs) -> Api:
    """Return the API on a folder of resources; `project` is the default for runs that name none.

    The newest `keep` compilation results and invocations of each repository are kept.
    """
    store = dataform_store(data_dir)
    workspaces = Workspaces(store)
    tool = OfficialTool()
    compilations = Compilations(store, workspaces, tool, keep)
    invocations = Invocations(store, compilations, tool, project, keep)
    return Api(_CLIENT, Repositories(store), workspaces, compilations, invocations)


def create_app(data_dir: Path, project: str, keep: int = Keep().runs) -> Starlette:
    """Return the ASGI application."""
    return Starlette(routes=create_api(data_dir, project, keep).routes())
