"""The pages about a step: its inputs and outputs, its log, and the files of its artifacts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from localcloud.console import figures, logs
from localcloud.console.artifacts import Artifact
from localcloud.console.data import Data
from localcloud.console.markdown import html_of
from localcloud.console.runs import Jobs, Run, Step
from localcloud.console.security import REPORT_POLICY
from localcloud.console.sending import send_log
from localcloud.console.workflows import Workflow, Workflows, find_workflows


class StepPages:
    """The pages about steps; `find` returns the run that a request names, `show` fills a template.

    `originals` returns the runs that a run retries, directly or indirectly, whose steps it may have reused.
    """

    def __init__(
        self,
        jobs: Jobs,
        find: Callable[[Request], Run],
        originals: Callable[[Run], list[Run]],
        show: Callable[..., Response],
        data: Data | None = None,
        workflows: Workflows | None = None,
    ) -> None:
        self._jobs, self._data, self._workflows = jobs, data, workflows
        self._find, self._originals, self._show = find, originals, show

    def step(self, request: Request) -> Response:
        """Show a step: its inputs and outputs, its figures, and the end of its log."""
        run = self._find(request)
        step = _find_step(request, run)
        wanted = logs.wanted_of(request.query_params)
        found, no_workflow = find_workflows(self._workflows, self._jobs.task_log(run.name, step.name))
        return self._show(
            "step.html",
            run=run,
            step=step,
            original=next(iter(self._originals(run)), None),
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
        run = self._find(request)
        log = self._jobs.task_log(run.name, _find_step(request, run).name)
        if log is None:
            raise HTTPException(404, "This step has no log because it never started.")
        return send_log(log)

    def artifact(self, request: Request) -> Response:
        """Send the file of an artifact: an HTML page to show in a frame, anything else as a download."""
        run = self._find(request)
        artifact = _find_artifact(request, _find_step(request, run))
        file = artifact.file(self._folders(run))
        if file is None:
            raise HTTPException(404, "This artifact has no file in its run's folder.")
        if artifact.is_page:
            policy = {"Content-Security-Policy": REPORT_POLICY}
            return FileResponse(file, media_type="text/html; charset=utf-8", headers=policy)
        return FileResponse(file, media_type="application/octet-stream", filename=artifact.key)

    def _excerpt(self, run: Run, step: Step, wanted: logs.Wanted) -> logs.Excerpt | None:
        """Return the wanted lines of a step's log, or None while it has no log."""
        log = self._jobs.task_log(run.name, step.name)
        if log is None:
            return None
        end = log.stat().st_size if run.state.final else logs.complete_end(log)
        return logs.excerpt(log, wanted, end, step.error if step.state.tone == "bad" else "")

    def _text(self, run: Run, artifact: Artifact) -> Markup | None:
        """Return a Markdown artifact as HTML, or None if it has no file."""
        file = artifact.file(self._folders(run)) if artifact.is_text else None
        return html_of(file.read_text(encoding="utf-8", errors="replace")) if file else None

    def _previews(self, run: Run, step: Step) -> dict[str, Any]:
        """Return some rows of each output table, or why there are none; empty until the run has ended."""
        made = [artifact.table for artifact in step.outputs if artifact.table]
        if self._data is None or not run.state.final:
            return {}
        return {table: self._data.glance(table) for table in made if self._has_page(table)}

    def _rows(self, found: list[Workflow]) -> dict[str, int | None]:
        """Return how many rows each table in the actions' datasets has now, where these may be shown."""
        if self._data is None:
            return {}
        actions = [action for workflow in found for action in workflow.actions]
        wanted = {(action.project, action.dataset) for action in actions if self._has_page(action.table)}
        return {name: rows for one in wanted for name, rows in self._data.rows(*one).items()}

    def _has_page(self, table: str) -> bool:
        return self._data is not None and bool(self._data.page_of_table(table))

    def _folders(self, run: Run) -> list[Path]:
        return [self._jobs.run_log(one.name).parent for one in (run, *self._originals(run))]


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
    raise HTTPException(404, f"The step “{step.name}” has no artifact “{key}”.")
