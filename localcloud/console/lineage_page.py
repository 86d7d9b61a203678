"""The page of a run's lineage."""

from collections.abc import Callable
from urllib.parse import quote

from google.api_core.exceptions import GoogleAPICallError
from starlette.requests import Request
from starlette.responses import Response

from localcloud.console.data import Data
from localcloud.console.drawing import HEIGHT, WIDTH, draw
from localcloud.console.lineage import TABLE, Node, lineage_of
from localcloud.console.runs import Jobs, Run
from localcloud.console.workflows import Workflows


class LineagePage:
    """The lineage page; `find` returns the run that a request names, `show` fills a template."""

    def __init__(
        self,
        jobs: Jobs,
        find: Callable[[Request], Run],
        show: Callable[..., Response],
        data: Data | None = None,
        workflows: Workflows | None = None,
    ) -> None:
        self._jobs, self._data, self._workflows = jobs, data, workflows
        self._find, self._show = find, show

    def lineage(self, request: Request) -> Response:
        """Show the lineage of a run as a graph that links to each step and table."""
        run = self._find(request)
        inside, problem = self._dependencies(run)
        found = lineage_of(run, inside)
        return self._show(
            "lineage.html",
            run=run,
            lineage=found,
            problem=problem,
            drawing=draw(found.tasks()),
            width=WIDTH,
            height=HEIGHT,
            address_of=lambda key: self._address(run, found.nodes[key], key),
        )

    def _dependencies(self, run: Run) -> tuple[dict[str, dict[str, list[str]]], str]:
        """Return, by step, the tables that Dataform built in it, and why they are unavailable, if so."""
        if self._workflows is None:
            return {}, ""
        logs = {step.name: self._jobs.task_log(run.name, step.name) for step in run.steps}
        try:
            return {name: self._workflows.dependencies(log) for name, log in logs.items() if log}, ""
        except (GoogleAPICallError, OSError) as error:
            return {}, f"The local Dataform is not responding: {error}"

    def _address(self, run: Run, node: Node, key: str) -> str:
        """Return the address of a node's page, or an empty string if it has none."""
        if node.step:
            return f"/runs/{quote(run.id)}/tasks/{quote(node.step.name)}"
        return self._data.page_of_table(key) if self._data and node.kind == TABLE else ""
