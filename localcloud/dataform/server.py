"""The HTTP server of the local Dataform."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from localcloud.dataform.compilations import Compilations
from localcloud.dataform.invocations import Invocations
from localcloud.dataform.official_tool import OfficialTool
from localcloud.dataform.repositories import Repositories
from localcloud.dataform.rest import Api
from localcloud.dataform.store import Store
from localcloud.dataform.workspaces import Workspaces

_METHODS = ["GET", "POST", "PATCH", "DELETE"]


def create_api(data_dir: Path, project: str) -> Api:
    """Return the API over a folder of resources; the project is that of runs which name none."""
    store = Store(data_dir)
    workspaces = Workspaces(store)
    tool = OfficialTool()
    compilations = Compilations(store, workspaces, tool)
    invocations = Invocations(store, compilations, tool, project)
    return Api(Repositories(store), workspaces, compilations, invocations)


def create_app(data_dir: Path, project: str) -> Starlette:
    """Return the ASGI application; GET /healthz answers when it is ready."""
    api = create_api(data_dir, project)

    async def answer(request: Request) -> JSONResponse:
        body = await request.body()
        query = dict(request.query_params)
        status, content = await run_in_threadpool(api.answer, request.method, request.url.path, query, body)
        return JSONResponse(content, status)

    async def healthy(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    routes = [Route("/healthz", healthy), Route("/{path:path}", answer, methods=_METHODS)]
    return Starlette(routes=routes)
