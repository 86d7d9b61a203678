"""The HTTP side of the orchestrator.

Who may call is decided by Cloud Run's IAM (roles/run.invoker) before a request arrives, not here.
"""

import json
import logging
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from orchestrator.backend import Backend
from orchestrator.backfill import backfill
from orchestrator.errors import (
    GOOGLE_ERRORS,
    RETRY_AFTER_SECONDS,
    InvalidFieldError,
    NoSuchRunError,
    RunStateError,
    answer_to,
)
from orchestrator.gate import Application, Message, Receive, Send
from orchestrator.logs import RequestLog
from orchestrator.runs import cancel_run, get_job, list_runs, run_of
from orchestrator.schemas import Backfill, BackfillBody, Day, Run, RunList, TriggerBody, TriggeredRun
from orchestrator.settings import Settings
from orchestrator.submit import preview, submit
from orchestrator.trigger import SCHEDULE_TIME, order_of

MOST_BYTES = 64 * 2**10  # a backfill with parameters, the largest body with a meaning, has a hundredth
log = logging.getLogger(__name__)

type RunId = Annotated[str, Path(pattern=r"^[a-z][-a-z0-9]{0,127}$")]


class AsciiJson(JSONResponse):
    """JSON that can say any text, a lone surrogate included."""

    def render(self, content: Any) -> bytes:
        """Return the bytes of the answer."""
        return json.dumps(content).encode("ascii")


class AnyBodyIsJson:
    """ASGI middleware: a body is read as JSON also when, as Cloud Scheduler does, its type is not said."""

    def __init__(self, app: Application) -> None:
        """Wrap an application."""
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on as application/json."""
        if scope["type"] == "http":
            kept = [header for header in scope["headers"] if header[0] != b"content-type"]
            scope = {**scope, "headers": [*kept, (b"content-type", b"application/json")]}
        await self.app(scope, receive, send)


def refuse_browsers(origin: Annotated[str | None, Header(include_in_schema=False)] = None) -> None:
    """Refuse what a page in a browser sends: where nothing signs in, as on a laptop, any page could."""
    if origin is not None:
        raise HTTPException(403, "this service is not called from pages in a browser")


def create_app(settings: Settings) -> FastAPI:
    """Return the application, connected to Google's services."""
    backend = Backend.connect(settings)
    app = FastAPI(
        title="Winter Days orchestrator",
        default_response_class=AsciiJson,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(refuse_browsers)],
    )

    @app.post("/")
    def trigger(
        body: TriggerBody | None = None,
        schedule_time: Annotated[str | None, Header(alias=SCHEDULE_TIME)] = None,
    ) -> TriggeredRun:
        """Submit the run of a day, or answer with the one that the day has; Cloud Scheduler calls this."""
        body = body or TriggerBody()
        order = order_of(body, schedule_time, settings)
        return preview(backend, order) if body.dry_run else submit(backend, order)

    @app.post("/backfill", description=backfill.__doc__)
    def fill(body: BackfillBody) -> Backfill:
        return backfill(backend, body)

    @app.get("/runs")
    def runs(
        as_of: Day | None = None,
        page_size: Annotated[int, Query(ge=1, le=100)] = 20,
        page_token: str = "",
    ) -> RunList:
        """List the runs, the newest first."""
        return list_runs(backend, as_of, page_size, page_token)

    @app.get("/runs/{run_id}")
    def run(run_id: RunId) -> Run:
        """Return a run as it stands."""
        return run_of(backend, get_job(backend, run_id))

    @app.post("/runs/{run_id}:cancel")
    def cancel(run_id: RunId) -> Run:
        """Stop a run that goes."""
        return cancel_run(backend, run_id)

    _answer_errors(app, settings)
    app.add_middleware(AnyBodyIsJson)
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=MOST_BYTES)
    app.add_middleware(RequestLog)
    return app


def _answer_errors(app: FastAPI, settings: Settings) -> None:
    """Turn errors into answers that name the cause, and log what is not the caller's."""

    def refused(_: Request, error: Exception) -> JSONResponse:
        faults = error.errors() if isinstance(error, RequestValidationError) else []
        shown = [{key: fault[key] for key in ("loc", "msg", "type")} for fault in faults]
        return AsciiJson({"detail": shown}, 422)

    def wrong_field(_: Request, error: Exception) -> JSONResponse:
        fault = {"loc": getattr(error, "location", ()), "msg": str(error), "type": "value_error"}
        return AsciiJson({"detail": [fault]}, 422)

    def from_google(_: Request, error: Exception) -> JSONResponse:
        answer = answer_to(error, settings.orchestrator_service_account)
        log.error("%s", answer.message, exc_info=error)
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if answer.status == 503 else None
        return AsciiJson({"detail": answer.message}, answer.status, headers)

    app.add_exception_handler(RequestValidationError, refused)
    app.add_exception_handler(InvalidFieldError, wrong_field)
    app.add_exception_handler(NoSuchRunError, lambda _, error: AsciiJson({"detail": str(error)}, 404))
    app.add_exception_handler(RunStateError, lambda _, error: AsciiJson({"detail": str(error)}, 409))
    for kind in GOOGLE_ERRORS:
        app.add_exception_handler(kind, from_google)
