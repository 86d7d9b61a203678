"""The console as an application: its routes, and what its buttons do."""

from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from localcloud.console.data import Data
from localcloud.console.data_pages import DataPages
from localcloud.console.lineage_page import LineagePage
from localcloud.console.live_pages import LivePages
from localcloud.console.pages import Pages
from localcloud.console.registry import Models
from localcloud.console.runs import Jobs
from localcloud.console.security import SafeHeaders, require_same_site
from localcloud.console.step_pages import StepPages
from localcloud.console.trigger import Trigger, TriggerError
from localcloud.console.workflows import Workflows
from localcloud.settings import Console

STATIC = Path(__file__).parent / "static"


def create_console(
    jobs: Jobs,
    console: Console,
    trigger: Trigger | None,
    icon: Path | None = None,
    data: Data | None = None,
    workflows: Workflows | None = None,
    models: Models | None = None,
) -> Starlette:
    """Return the pages about runs and data; without a trigger service they are read-only."""
    pages = Pages(jobs, console, trigger is not None, data, models)
    steps = StepPages(jobs, pages.find, pages.originals, pages.show, data, workflows)
    lineage = LineagePage(jobs, pages.find, pages.show, data, workflows)
    routes = [
        Route("/", pages.runs),
        Route("/compare", pages.compare),
        Route("/runs/{run}", pages.run),
        Route("/runs/{run}/lineage", lineage.lineage),
        Route("/runs/{run}/log", pages.run_log),
        Route("/runs/{run}/tasks/{task}", steps.step),
        Route("/runs/{run}/tasks/{task}/log", steps.step_log),
        Route("/artifacts/{run}/{task}/{key}/{index:int}", steps.artifact),
        Route("/static/icon.svg", _icon_handler(icon or STATIC / "icon.svg")),
        *_live_routes(LivePages(jobs, pages.find, pages.templates)),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    if trigger is not None:
        routes += _button_routes(pages, trigger)
    if models is not None:
        routes.append(Route("/models", pages.models))
    if data is not None:
        routes += _data_routes(DataPages(data, pages.show))
    return Starlette(
        routes=routes,
        middleware=[Middleware(SafeHeaders)],
        exception_handlers={HTTPException: pages.problem, TriggerError: pages.refusal},
    )


def _button_routes(pages: Pages, trigger: Trigger) -> list[Route]:
    """Return the routes that the buttons post to; each redirects to the page of the run concerned."""

    def start(request: Request) -> Response:
        require_same_site(request)
        return _redirect_to_run(trigger.start())

    def again(request: Request) -> Response:
        require_same_site(request)
        return _redirect_to_run(trigger.start_again(pages.value_of(pages.find(request))))

    def retry(request: Request) -> Response:
        require_same_site(request)
        return _redirect_to_run(trigger.retry(pages.find(request).id))

    def cancel(request: Request) -> Response:
        require_same_site(request)
        run = pages.find(request)
        trigger.cancel(run.id)
        return _redirect_to_run(run.id)

    return [
        Route("/start", start, methods=["POST"]),
        Route("/runs/{run}/again", again, methods=["POST"]),
        Route("/runs/{run}/retry", retry, methods=["POST"]),
        Route("/runs/{run}/cancel", cancel, methods=["POST"]),
    ]


def _live_routes(pages: LivePages) -> list[Route]:
    return [
        Route("/live", pages.runs),
        Route("/runs/{run}/live", pages.run),
        Route("/runs/{run}/tasks/{task}/live", pages.step),
    ]


def _data_routes(pages: DataPages) -> list[Route]:
    return [
        Route("/data", pages.tables),
        Route("/data/ask", pages.ask, methods=["POST"]),
        Route("/data/cost", pages.cost, methods=["POST"]),
        Route("/data/{dataset}/{table}", pages.table),
    ]


def _icon_handler(icon: Path) -> Callable[[Request], Response]:
    return lambda _: FileResponse(icon, media_type="image/svg+xml")


def _redirect_to_run(run_id: str) -> Response:
    return RedirectResponse(f"/runs/{run_id}", 303)
