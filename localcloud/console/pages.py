"""The pages: each finds its run, and fills its template."""

from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from google.api_core.exceptions import NotFound
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response, StreamingResponse

from localcloud.console import figures, formats, logs, registry
from localcloud.console.artifacts import Artifact
from localcloud.console.comparison import compare
from localcloud.console.data import Data
from localcloud.console.drawing import HEIGHT, WIDTH, draw
from localcloud.console.markdown import html_of
from localcloud.console.registry import Models, models_of
from localcloud.console.runs import Jobs, Run, Step
from localcloud.console.search import search_of, trigger_of
from localcloud.console.security import REPORT_POLICY
from localcloud.console.timeline import span_of
from localcloud.console.workflows import Workflow, Workflows, told
from localcloud.settings import Console

RUNS_A_PAGE = 50
MOST_COMPARED = 8
_TITLES = {403: "Refused", 404: "Not found"}


class Pages:
    """The pages over the runs of one local Vertex AI; buttons only where they have a service to ask."""

    def __init__(
        self,
        jobs: Jobs,
        console: Console,
        has_buttons: bool,
        data: Data | None = None,
        workflows: Workflows | None = None,
        models: Models | None = None,
    ) -> None:
        self._models = models
        self._jobs, self._data, self._workflows = jobs, data, workflows
        self._console = console
        self._names: dict[str, str] = {}
        self.templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.filters.update(
            moment=formats.moment,
            duration=formats.duration,
            number=formats.number,
            change=formats.change,
            parameter=formats.parameter,
            heading=formats.heading,
            label=formats.label,
            sentence=formats.sentence,
            size=formats.size,
            opening=formats.opening,
        )
        self.templates.globals.update(
            console=console,
            has_buttons=has_buttons,
            has_data=data is not None,
            has_models=models is not None,
            page_of=data.shows if data else lambda _: "",
            value_of=self.value_of,
        )

    def runs(self, request: Request) -> Response:
        """Show the runs, the newest first."""
        runs = [Run(job) for job in self._jobs.list_jobs()]
        search = search_of(request.query_params)
        found = [run for run in runs if search.matches(run, self.value_of(run), with_state=False)]
        counts = Counter(run.state.word for run in found)
        shown = [run for run in found if search.state in ("", run.state.word)]
        pages = max(1, -(-len(shown) // RUNS_A_PAGE))
        page = min(max(1, _whole(request.query_params.get("page", "1"))), pages)
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
        """Show a run: how it went, its graph and its steps."""
        run = self.find(request)
        return self.show(
            "run.html",
            run=run,
            original=self._original(run),
            retries=self._retries(run),
            drawing=draw(run.tasks),
            width=WIDTH,
            height=HEIGHT,
            span=span_of(run.started, run.ended, datetime.now(UTC)),
        )

    def run_log(self, request: Request) -> Response:
        """Send the log of a run."""
        return _send_log(self._jobs.run_log(self.find(request).name))

    def step(self, request: Request) -> Response:
        """Show a step: what it was given and made, its figures, and the end of its log."""
        run = self.find(request)
        step = _find_step(request, run)
        wanted = logs.wanted_of(request.query_params)
        found, no_workflow = told(self._workflows, self._jobs.task_log(run.name, step.name))
        return self.show(
            "step.html",
            run=run,
            step=step,
            original=self._original(run),
            wanted=wanted,
            excerpt=self._excerpt(run, step, wanted),
            query=str(request.query_params),
            shown_lines=logs.SHOWN_LINES,
            workflows=found,
            no_workflow=no_workflow,
            rows_now=self._rows(found) if run.state.final else {},
            text_of=lambda artifact: self._text(run, artifact),
            previews=self._previews(run, step),
            has_file=lambda artifact: artifact.file(self._folders(run)) is not None,
            confusion_of=figures.confusion_of,
            roc_of=figures.roc_of,
            curve_size=figures.CURVE_SIZE,
        )

    def step_log(self, request: Request) -> Response:
        """Send the log of a step."""
        run = self.find(request)
        log = self._jobs.task_log(run.name, _find_step(request, run).name)
        if log is None:
            raise HTTPException(404, "This step has no log: it was not started.")
        return _send_log(log)

    def artifact(self, request: Request) -> Response:
        """Send the file of an artifact: a page to be shown in its frame, anything else to be saved."""
        run = self.find(request)
        artifact = _find_artifact(request, _find_step(request, run))
        file = artifact.file(self._folders(run))
        if file is None:
            raise HTTPException(404, "This artifact has no file in its run's folder.")
        if artifact.is_page:
            policy = {"Content-Security-Policy": REPORT_POLICY}
            return FileResponse(file, media_type="text/html; charset=utf-8", headers=policy)
        return FileResponse(file, media_type="application/octet-stream", filename=artifact.key)

    def compare(self, request: Request) -> Response:
        """Show some runs side by side, the oldest first."""
        given = [one for value in request.query_params.getlist("runs") for one in value.split(",") if one]
        ids = list(dict.fromkeys(given))
        if not 2 <= len(ids) <= MOST_COMPARED:
            raise HTTPException(400, f"Choose two runs in the list to compare, or up to {MOST_COMPARED}.")
        runs = sorted((self._run(one) for one in ids), key=lambda run: run.created)
        return self.show("compare.html", runs=runs, groups=compare(runs, self._console, datetime.now(UTC)))

    def models(self, _: Request) -> Response:
        """Show the registered models: their versions, who serves and why, and their figures over time."""
        assert self._models  # noqa: S101 -- without them the page has no address
        found = models_of(self._models.all_versions(), [Run(job) for job in self._jobs.list_jobs()])
        return self.show("models.html", models=found, width=registry.WIDTH, height=registry.HEIGHT)

    def problem(self, _: Request, error: Exception) -> Response:
        """Say in words what a request got wrong."""
        assert isinstance(error, HTTPException)  # noqa: S101 -- it is registered for nothing else
        return self._explain(error.status_code, error.detail)

    def refusal(self, _: Request, error: Exception) -> Response:
        """Say in words why the service that starts runs did not do it."""
        return self._explain(502, str(error))

    def find(self, request: Request) -> Run:
        """Return the run that a request's path names; raise HTTPException 404."""
        return self._run(request.path_params["run"])

    def value_of(self, run: Run) -> str:
        """Return the value of the parameter that tells runs apart, where the settings name one."""
        return str(run.parameters.get(self._console.parameter, ""))

    def _run(self, run_id: str) -> Run:
        if run_id not in self._names:
            self._names = {run.id: run.name for run in map(Run, self._jobs.list_jobs())}
        if name := self._names.get(run_id):
            with suppress(NotFound):
                return Run(self._jobs.get_job(name))
        raise HTTPException(404, f"There is no run “{run_id}”.")

    def _original(self, run: Run) -> Run | None:
        """Return the run that this one retries, if it is still there."""
        with suppress(HTTPException):
            return self._run(run.retry_of) if run.retry_of else None
        return None

    def _retries(self, run: Run) -> list[str]:
        """Return the ids of the runs that retry this one, the newest first."""
        return [one.id for one in map(Run, self._jobs.list_jobs()) if one.retry_of == run.id]

    def _folders(self, run: Run) -> list[Path]:
        """Return the folder of a run, and those of the runs whose steps it may have kept."""
        runs = {run.id: run}
        while (original := self._original(run)) and original.id not in runs:
            run = runs[original.id] = original
        return [self._jobs.run_log(one.name).parent for one in runs.values()]

    def _excerpt(self, run: Run, step: Step, wanted: logs.Wanted) -> logs.Excerpt | None:
        """Return the lines of a step's log that are wanted, or None while it has no log."""
        log = self._jobs.task_log(run.name, step.name)
        if log is None:
            return None
        end = log.stat().st_size if run.state.final else logs.complete_end(log)
        return logs.excerpt(log, wanted, end, step.error if step.state.tone == "bad" else "")

    def _text(self, run: Run, artifact: Artifact) -> Markup | None:
        """Return a text that a step made, as HTML; None where it has no file."""
        file = artifact.file(self._folders(run)) if artifact.is_text else None
        return html_of(file.read_text(encoding="utf-8", errors="replace")) if file else None

    def _previews(self, run: Run, step: Step) -> dict[str, Any]:
        """Return some rows of each table that a step has made, or why there are none; none while it runs."""
        made = [artifact.table for artifact in step.outputs if artifact.table]
        if self._data is None or not run.state.final:
            return {}
        return {table: self._data.glance(table) for table in made if self._shows(table)}

    def _rows(self, found: list[Workflow]) -> dict[str, int | None]:
        """Return how many rows each table of some actions holds by now, of those that may be shown."""
        actions = [action for workflow in found for action in workflow.actions]
        wanted = {(action.project, action.dataset) for action in actions if self._shows(action.table)}
        return (
            {name: rows for one in wanted for name, rows in self._data.rows(*one).items()}
            if self._data
            else {}
        )

    def _shows(self, table: str) -> bool:
        return self._data is not None and bool(self._data.shows(table))

    def _explain(self, status: int, message: str) -> Response:
        return self.show(
            "problem.html", status, title=_TITLES.get(status, "That did not work"), message=message
        )

    def show(self, template: str, status: int = 200, **values: Any) -> Response:
        """Return a template, filled."""
        page = self.templates.get_template(template).render(now=datetime.now(UTC), **values)
        return HTMLResponse(page, status)


def _find_step(request: Request, run: Run) -> Step:
    name = request.path_params["task"]
    if (step := run.step(name)) is None:
        raise HTTPException(404, f"The run “{run.id}” has no step “{name}”.")
    return step


def _find_artifact(request: Request, step: Step) -> Artifact:
    key, index = request.path_params["key"], request.path_params["index"]
    for artifact in step.outputs:
        if (artifact.key, artifact.index) == (key, index):
            return artifact
    raise HTTPException(404, f"The step “{step.name}” made no artifact “{key}”.")


def _send_log(log: Path) -> Response:
    if not log.exists():
        raise HTTPException(404, "This run has no log: it was not started.")
    return StreamingResponse(logs.stream(log), media_type="text/plain; charset=utf-8")


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() else 1
