"""What Dataform did within a step: the actions of the invocations that the step's log names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from google.api_core.exceptions import GoogleAPICallError, NotFound
from google.auth.credentials import AnonymousCredentials

from localcloud.console.states import NOT_REACHED, WAITING, State, state_named
from localcloud.rest import raw

if TYPE_CHECKING:
    from google.cloud import dataform_v1 as api

ANSWER_SECONDS = 10.0
MOST_INVOCATIONS = 5  # per step: each of its attempts may have had one
_NAME = re.compile(rb"projects/[\w.:-]+/locations/[\w-]+/repositories/[\w-]+/workflowInvocations/[\w-]+")
_STATES: Mapping[str, State] = {
    "PENDING": WAITING,
    "SKIPPED": NOT_REACHED,
    "DISABLED": State("Disabled", "·", "waiting", True),
}
_ORDER = ("bad", "going", "stopped", "waiting", "good")


@dataclass(frozen=True)
class Action:
    """An action: the table or assertion that it creates, its outcome, and its SQL."""

    project: str
    dataset: str
    name: str
    state: State
    duration: timedelta | None
    failure: str
    sql: str
    job: str

    @property
    def table(self) -> str:
        """Its target, as project.dataset.table."""
        return f"{self.project}.{self.dataset}.{self.name}"


@dataclass(frozen=True)
class Workflow:
    """An invocation by its resource name, with its actions, failed ones first."""

    name: str
    actions: list[Action]

    @property
    def counts(self) -> dict[str, int]:
        """How many actions are in each state."""
        words = [action.state.word for action in self.actions]
        return {word: words.count(word) for word in dict.fromkeys(words)}


class Workflows:
    """The invocations of the local Dataform."""

    def __init__(self, address: str) -> None:
        """Use the local Dataform at host:port; no request is sent yet."""
        self._address = address

    @cached_property
    def _client(self) -> "api.DataformClient":
        from google.cloud.dataform_v1 import DataformClient  # slower than everything else here
        from google.cloud.dataform_v1.services.dataform.transports import DataformRestTransport

        transport = DataformRestTransport(
            host=self._address, url_scheme="http", credentials=AnonymousCredentials()
        )
        return DataformClient(transport=transport)

    def dependencies(self, log: Path) -> dict[str, list[str]]:
        """Return the tables of the last known invocation that a log names, each with those it depends on.

        Tables are project.dataset.table. Raises GoogleAPICallError, or OSError if no Dataform answers.
        """
        call: dict[str, Any] = {"retry": None, "timeout": ANSWER_SECONDS}
        for name in reversed(_invocation_names(log)):
            try:
                invocation = self._client.get_workflow_invocation(name=name, **call)
                compiled = invocation.resolved_compilation_result
                actions = self._client.query_compilation_result_actions(request={"name": compiled}, **call)
                return dict(filter(None, map(_dependencies, actions)))
            except NotFound:
                continue
        return {}

    def of(self, log: Path) -> list[Workflow]:
        """Return the invocations that a log names, last first, without those that no longer exist.

        Raises GoogleAPICallError, or OSError if no Dataform answers.
        """
        found = [self._workflow(name) for name in _invocation_names(log)[-MOST_INVOCATIONS:]]
        return [workflow for workflow in reversed(found) if workflow]

    def _workflow(self, name: str) -> Workflow | None:
        try:
            found = self._client.query_workflow_invocation_actions(
                request={"name": name}, retry=None, timeout=ANSWER_SECONDS
            )
        except NotFound:
            return None
        return Workflow(name, sorted(map(_action, found), key=lambda one: _ORDER.index(one.state.tone)))


def find_workflows(workflows: Workflows | None, log: Path | None) -> tuple[list[Workflow], str]:
    """Return the invocations that a log names, and why they are unavailable, if so."""
    if workflows is None or log is None:
        return [], ""
    try:
        return workflows.of(log), ""
    except (GoogleAPICallError, OSError) as error:
        return [], f"The local Dataform is not responding: {error}"


def _invocation_names(log: Path) -> list[str]:
    """Return the names of the invocations in a log, each once, in order."""
    with log.open("rb") as file:
        return list(dict.fromkeys(name.decode() for line in file for name in _NAME.findall(line)))


def _dependencies(found: "api.CompilationResultAction") -> tuple[str, list[str]] | None:
    """Return an action's table and the tables that it depends on, or None for an assertion."""
    if "assertion" in found:
        return None
    made = found.relation if "relation" in found else found.operations
    return _path(found.target), [_path(target) for target in made.dependency_targets]


def _path(target: "api.Target") -> str:
    return f"{target.database}.{target.schema}.{target.name}"


def _action(found: "api.WorkflowInvocationAction") -> Action:
    timing: Any = raw(found).invocation_timing
    start, end = timing.start_time, timing.end_time
    has_run = timing.HasField("start_time") and timing.HasField("end_time")
    return Action(
        found.target.database,
        found.target.schema,
        found.target.name,
        _STATES.get(found.state.name) or state_named(found.state.name),
        end.ToDatetime(UTC) - start.ToDatetime(UTC) if has_run else None,
        found.failure_reason,
        found.bigquery_action.sql_script.strip(),
        found.bigquery_action.job_id,
    )
