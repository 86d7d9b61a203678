"""The pages about runs and models: each finds its data and fills its template."""

from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from google.api_core.exceptions import NotFound
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from localcloud.console import registry
from localcloud.console.comparison import compare
from localcloud.console.data import Data
from localcloud.console.drawing import HEIGHT, WIDTH, draw
from localcloud.console.filling import environment
from localcloud.console.registry import Models, models_of
from localcloud.console.runs import Jobs, Run
from localcloud.console.search import search_of, trigger_of
from localcloud.console.sending import send_log
from localcloud.console.timeline import span_of
from localcloud.settings import Console

RUNS_A_PAGE = 50
MOST_COMPARED = 8
_TITLES = {403: "Refused", 404: "Not found"}


class Pages:
    """The pages about the runs of a local Vertex AI; with buttons only if there is a trigger service."""

    def __init__(
        self,
        jobs: Jobs,
        console: Console,
        has_buttons: bool,
        data: Data | None = None,
        models: Models | None = None,
    ) -> None:
        self._jobs, self._console, self._models = jobs, console, models
        self._names: dict[str, str] = {}
        self.templates = environment()
        self.templates.globals.update(
            console=console,
            has_buttons=has_buttons,
            has_data=data is not None,
            has_models=models is not None,
            page_of=data.page_of_table if data else lambda _: "",
            value_of=self.value_of,
        )

    def runs(self, request: Request) -> Response:
        """Show the runs, newest first."""
        runs = [Run(job) for job in self._jobs.list_jobs()]
        search = search_of(request.query_params)
        found = [run for run in runs if search.matches(run, self.value_of(run), with_state=False)]
        counts = Counter(run.state.word for run in found)
        shown = [run for run in found if search.state in ("", run.state.word)]
        pages = max(1, -(-len(shown) // RUNS_A_PAGE))
        page = min(max(1, _parse_page_number(request.query_params.get("page", "1"))), pages)
        return self.show(
            "runs.html",
            runs=shown[(page - 1) * RUNS_A_PAGE : page * RUNS_A_PAGE],
            total=len(runs),
            found=len(found),
            counts=dict(sorted(counts.items())),
            search=search,
            triggers=sorted(set(map(trigger_of, runs)) - {""}),
            page=page,
            pages=pages,
        )

    def run(self, request: Request) -> Response:
        """Show a run: its outcome, its graph and its steps."""
        run = self.find(request)
        return self.show(
            "run.html",
            run=run,
            original=next(iter(self.originals(run)), None),
            retries=self._retries(run),
            drawing=draw(run.tasks),
            width=WIDTH,
            height=HEIGHT,
            span=span_of(run.started, run.ended, datetime.now(UTC)),
        )

    def run_log(self, request: Request) -> Response:
        """Send the log of a run."""
        return send_log(self._jobs.run_log(self.find(request).name))

    def compare(self, request: Request) -> Response:
        """Show some runs side by side, oldest first."""
        given = [one for value in request.query_params.getlist("runs") for one in value.split(",") if one]
        ids = list(dict.fromkeys(given))
        if not 2 <= len(ids) <= MOST_COMPARED:
            raise HTTPException(400, f"Choose two runs in the list to compare, or up to {MOST_COMPARED}.")
        runs = sorted((self._run(one) for one in ids), key=lambda run: run.created)
        return self.show("compare.html", runs=runs, groups=compare(runs, self._console, datetime.now(UTC)))

    def models(self, _: Request) -> Response:
        """Show the registered models: their versions, which serves and why, and their figures over time."""
        assert self._models  # noqa: S101 -- without them the page has no address
        found = models_of(self._models.all_versions(), [Run(job) for job in self._jobs.list_jobs()])
        return self.show("models.html", models=found, width=registry.WIDTH, height=registry.HEIGHT)

    def problem(self, _: Request, error: Exception) -> Response:
        """Show a page that explains what is wrong with a request."""
        assert isinstance(error, HTTPException)  # noqa: S101 -- it is registered for nothing else
        return self._explain(error.status_code, error.detail)

    def refusal(self, _: Request, error: Exception) -> Response:
        """Show a page that explains why the trigger service did not do what was asked."""
        return self._explain(502, str(error))

    def find(self, request: Request) -> Run:
        """Return the run that a request's path names; raise HTTPException 404."""
        return self._run(request.path_params["run"])

    def value_of(self, run: Run) -> str:
        """Return the value of the parameter that distinguishes runs, if the settings name one."""
        return str(run.parameters.get(self._console.parameter, ""))

    def _run(self, run_id: str) -> Run:
        if run_id not in self._names:
            self._names = {run.id: run.name for run in map(Run, self._jobs.list_jobs())}
        if name := self._names.get(run_id):
            with suppress(NotFound):
                return Run(self._jobs.get_job(name))
        raise HTTPException(404, f"There is no run “{run_id}”.")

    def originals(self, run: Run) -> list[Run]:
        """Return the run that this one retries, the run that one retried, and so on, while they exist."""
        found = [run]
        with suppress(HTTPException):
            while (before := found[-1].retry_of) and before not in {one.id for one in found}:
                found.append(self._run(before))
        return found[1:]

    def _retries(self, run: Run) -> list[str]:
        """Return the ids of the runs that retry this one, newest first."""
        return [one.id for one in map(Run, self._jobs.list_jobs()) if one.retry_of == run.id]

    def _explain(self, status: int, message: str) -> Response:
        return self.show("problem.html", status, title=_TITLES.get(status, "Error"), message=message)

    def show(self, template: str, status: int = 200, **values: Any) -> Response:
        """Return a response with a filled template."""
        page = self.templates.get_template(template).render(now=datetime.now(UTC), **values)
        return HTMLResponse(page, status)


def _parse_page_number(text: str) -> int:
    return int(text) if text.isdecimal() else 1
