"""The streams that the pages of an active run receive: its states, and the lines of its steps' logs."""

from collections.abc import Callable, Iterator

from google.api_core.exceptions import NotFound
from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import Response

from localcloud.console import live
from localcloud.console.logs import wanted_of
from localcloud.console.runs import Jobs, Run
from localcloud.rest import raw


class LivePages:
    """The event streams for the pages; `find` returns the run that a request names."""

    def __init__(self, jobs: Jobs, find: Callable[[Request], Run], templates: Environment) -> None:
        self._jobs, self._find, self._templates = jobs, find, templates

    def runs(self, _: Request) -> Response:
        """Stream changes of all runs until none is active."""
        return live.answer(live.Changes(self._all_versions).look)

    def run(self, request: Request) -> Response:
        """Stream changes of a run until it has ended."""
        return live.answer(self._changes(self._find(request)).look)

    def step(self, request: Request) -> Response:
        """Stream changes of a run and, from a byte offset, the log lines of one step, until the run ends."""
        run, task = self._find(request), request.path_params["task"]
        given = request.headers.get("Last-Event-ID") or request.query_params.get("from", "0")
        macro = self._templates.get_template("log.html").module.lines  # type: ignore[attr-defined]
        growth = live.Growth(
            lambda: self._jobs.task_log(run.name, task),
            int(given) if given.isascii() and given.isdecimal() else 0,
            wanted_of(request.query_params),
            lambda lines: str(macro(lines)),
        )
        changes = self._changes(run)

        def look() -> Iterator[str]:
            told = list(changes.look())  # before the log is read: the log of an ended run is then complete
            yield from growth.look()
            yield from told

        return live.answer(look)

    def _changes(self, run: Run) -> live.Changes:
        def version() -> tuple[str, bool]:
            try:
                job = self._jobs.get_job(run.name)
            except NotFound:  # deleted, or dropped from the history
                return "", True
            return str(raw(job).update_time.ToNanoseconds()), Run(job).state.final

        return live.Changes(version)

    def _all_versions(self) -> tuple[str, bool]:
        jobs = self._jobs.list_jobs()
        words = [f"{job.name} {raw(job).update_time.ToNanoseconds()}" for job in jobs]
        return " ".join(words), all(Run(job).state.final for job in jobs)
