"""The HTTP side of the orchestrator: its routes and error responses.

Cloud Run's IAM (roles/run.invoker) decides who may call, before a request arrives; this module does not.
"""

import json
import logging
import re
import time
from typing import Annotated

import requests
from fastapi import Depends, FastAPI, Header, HTTPException, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from google.api_core.exceptions import Forbidden, GoogleAPIError, RetryError, Unauthorized
from google.auth.exceptions import GoogleAuthError
from starlette.datastructures import MutableHeaders
from starlette.middleware.base import RequestResponseEndpoint
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from components.shared.retries import TRANSIENT
from orchestrator.logs import CURRENT, trace_of
from orchestrator.retry import retry
from orchestrator.run_requests import (
    BackfillBody,
    Day,
    Moment,
    Parameters,
    TriggerBody,
    check_parameters,
    explain_misplaced,
    run_request_of,
)
from orchestrator.runs import Backend, Run, RunList
from orchestrator.settings import Settings
from orchestrator.submit import Backfill, TriggeredRun, backfill, preview, submit

MOST_BYTES = 64 * 2**10  # the largest meaningful body, a trigger with parameters, has a hundredth of it
RETRY_AFTER_SECONDS = 60
PERMISSION = re.compile(r"(?<![\w@./-])[a-z]+\.[a-zA-Z]+\.(?!com\b)[a-zA-Z]+(?!\w|\.\w)")
REQUEST = re.compile(r"^[A-Z]+ http\S+: ")
LACKING = re.compile(r"(\S+@\S+\.gserviceaccount\.com) does not have")
log = logging.getLogger(__name__)

type RunId = Annotated[str, Path(pattern=r"^[a-z][-a-z0-9]{0,127}$")]


def refuse_browsers(origin: Annotated[str | None, Header(include_in_schema=False)] = None) -> None:
    """Refuse requests from web pages: without a sign-in, as on a laptop, any page could send them."""
    if origin is not None:
        raise HTTPException(403, "this service does not accept requests from web pages")


def create_app(settings: Settings) -> FastAPI:
    """Return the application, connected to Google's services."""
    return app_of(Backend.connect(settings))


def app_of(backend: Backend) -> FastAPI:
    """Return the application over these services."""
    settings = backend.settings
    app = FastAPI(
        title="Winter Days orchestrator",
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(refuse_browsers)],
    )

    @app.post("/")
    def trigger(
        body: TriggerBody | None = None,
        scheduled: Annotated[Moment | None, Header(alias="X-CloudScheduler-ScheduleTime")] = None,
    ) -> TriggeredRun:
        """Submit the run of a day, or return the existing one; Cloud Scheduler calls this."""
        body = body or TriggerBody()
        check_parameters(body.parameters, backend.spec.parameters)
        request = run_request_of(body, scheduled, settings)
        return preview(backend, request) if body.dry_run else submit(backend, request)

    @app.post("/backfill", description=backfill.__doc__)
    def backfill_days(body: BackfillBody) -> Backfill:
        return backfill(backend, body)

    @app.get("/runs")
    def runs(
        as_of: Day | None = None,
        page_size: Annotated[int, Query(ge=1, le=100)] = 20,
        page_token: str = "",
    ) -> RunList:
        """List the runs, newest first."""
        return backend.page(as_of, page_size, page_token)

    @app.get("/runs/{run_id}")
    def run(run_id: RunId) -> Run:
        """Return the current state of a run."""
        return backend.run_of(backend.get(run_id))

    @app.post("/runs/{run_id}:cancel")
    def cancel(run_id: RunId) -> Run:
        """Cancel an active run, and its work in Dataform and BigQuery."""
        stopped = backend.cancel(run_id)
        backend.cancel_work(run_id)
        return stopped

    @app.post("/runs/{run_id}:retry", description=retry.__doc__)
    def retry_run(run_id: RunId) -> TriggeredRun:
        return retry(backend, run_id)

    _answer_errors(app, settings.orchestrator_service_account, backend.spec.parameters)
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=MOST_BYTES)
    app.middleware("http")(read_as_json)
    app.middleware("http")(log_request)
    return app


async def read_as_json(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Read every body as JSON, since some callers, such as Cloud Scheduler, do not state its type."""
    MutableHeaders(scope=request.scope)["content-type"] = "application/json"
    return await call_next(request)


async def log_request(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Give a request a trace and a log line with its status; error responses contain no stack."""
    trace, began = trace_of(request.headers), time.monotonic()
    CURRENT.set(trace)
    try:
        response = await call_next(request)
    except Exception as error:
        log.exception("unexpected %s", type(error).__name__)
        where = f"look for trace {trace.trace_id} in the log"
        response = JSONResponse({"detail": f"an unexpected error: {where}"}, 500)
    status, path = response.status_code, request.url.path
    http_request = {
        "requestMethod": request.method,
        "requestUrl": path,
        "status": status,
        "userAgent": request.headers.get("user-agent", ""),
        "latency": f"{time.monotonic() - began:.6f}s",
    }
    level = logging.ERROR if status >= 500 else logging.WARNING if status >= 400 else logging.INFO
    log.log(level, "%s %s %s", request.method, path, status, extra={"http_request": http_request})
    return response


def _answer_errors(app: FastAPI, account: str, definitions: Parameters) -> None:
    """Turn errors into responses that name the cause, and log those that are not the caller's."""

    @app.exception_handler(RequestValidationError)
    def answer_invalid_request(_: Request, error: RequestValidationError) -> Response:
        faults = [explain_misplaced(fault, definitions) for fault in error.errors()]
        shown = [{key: fault[key] for key in ("loc", "msg", "type")} for fault in faults]
        ascii_json = json.dumps({"detail": shown})  # which can carry any text, lone surrogates included
        return Response(ascii_json, 422, media_type="application/json")

    @app.exception_handler(GoogleAPIError)
    @app.exception_handler(GoogleAuthError)
    @app.exception_handler(requests.RequestException)
    def answer_google_error(_: Request, error: Exception) -> JSONResponse:
        status, message = answer_to(error, account)
        log.error("%s", message, exc_info=error)
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else None
        return JSONResponse({"detail": message}, status, headers)


def answer_to(error: Exception, account: str) -> tuple[int, str]:
    """Return status and message for an error from Google; account is the one that this service runs as."""
    cause = (error.cause if isinstance(error, RetryError) else None) or error
    text = REQUEST.sub("", " ".join(str(getattr(cause, "message", None) or cause).split()))[:500]
    if isinstance(error, (*TRANSIENT, RetryError)):
        return 503, f"Google Cloud is not available, try again later: {text}"
    if isinstance(error, GoogleAuthError):
        return 502, f"{account} cannot sign in to Google Cloud: {text}"
    if isinstance(error, Forbidden | Unauthorized):
        who = LACKING.search(text)
        return 502, f"{who[1] if who else account} lacks {_permission(error, text)}: {text}"
    return 502, f"Google Cloud refused the request: {text}"


def _permission(error: Forbidden | Unauthorized, text: str) -> str:
    found = PERMISSION.search(text)
    name = (error.metadata or {}).get("permission") or (found[0] if found else "")
    if "act as" in text.lower() and not name:
        name = "iam.serviceAccounts.actAs"
    return f"the permission {name}" if name else "a permission"
