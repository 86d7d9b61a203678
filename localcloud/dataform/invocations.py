"""Workflow invocations: a compilation result planned by the official tool and run on BigQuery."""

import re
import uuid
from typing import Any

from google.api_core import exceptions
from google.cloud import dataform_v1 as api
from google.protobuf import json_format
from google.type import interval_pb2  # type: ignore[import-untyped]

from localcloud.dataform.compilations import Compilations, graph_errors
from localcloud.dataform.compiled_actions import full_name, target
from localcloud.dataform.execution import Execution, Step
from localcloud.dataform.official_tool import Json, OfficialTool
from localcloud.dataform.store import Store, now, page, refuse_unsupported, write_atomically
from localcloud.dataform.warehouse import Warehouse
from localcloud.rest import raw

State: Any = api.WorkflowInvocation.State
ActionState: Any = api.WorkflowInvocationAction.State

_SUPPORTED = {"name", "compilation_result", "invocation_config"}
_SUPPORTED_CONFIG = {
    "included_targets",
    "included_tags",
    "transitive_dependencies_included",
    "transitive_dependents_included",
    "fully_refresh_incremental_tables_enabled",
    "service_account",
    "query_priority",
}
_ENDED = (State.SUCCEEDED, State.CANCELLED, State.FAILED)
_EVERYWHERE = "projects/*/locations/*/repositories/*/workflowInvocations/*"
_RUN_BY_BIGQUERY = ("tables", "operations", "assertions")
_RUN_ELSEWHERE = ("notebooks", "dataPreparations", "propertyGraphs")


class Invocations:
    """The RPCs on workflow invocations; those running when the server died are marked as failed."""

    def __init__(
        self, store: Store, compilations: Compilations, tool: OfficialTool, project: str, keep: int
    ) -> None:
        """Keep the running invocations of each repository, and the newest `keep` that have ended."""
        self._store = store
        self._keep = keep
        self._tool = tool
        self._compilations = compilations
        self._project = project
        self._running: dict[str, Execution] = {}
        self._fail_interrupted()

    def create_workflow_invocation(
        self, request: api.CreateWorkflowInvocationRequest
    ) -> api.WorkflowInvocation:
        """Plan and start a run; return without waiting for its end."""
        repository = self._store.get(api.Repository, request.parent)
        invocation = request.workflow_invocation
        refuse_unsupported(invocation, _SUPPORTED)
        _check_account(invocation.invocation_config.service_account or repository.service_account)
        graph = self._runnable_graph(request.parent, invocation.compilation_result)
        warehouse = self._warehouse(graph, invocation.invocation_config)
        plan = self._plan(graph, invocation.invocation_config, warehouse)
        invocation_id = str(uuid.uuid4())
        invocation.name = f"{request.parent}/workflowInvocations/{invocation_id}"
        invocation.state = State.RUNNING
        invocation.resolved_compilation_result = invocation.compilation_result
        invocation.invocation_timing = interval_pb2.Interval(start_time=now())
        steps = [Step(action, f"dataform-{invocation_id}-{number}") for number, action in enumerate(plan)]
        self._start(api.WorkflowInvocation(invocation), steps, warehouse)
        self._forget_old(request.parent)
        return invocation

    def _forget_old(self, repository: str) -> None:
        ended = (one for one in self._newest_first(repository) if one.state in _ENDED)
        self._store.keep_first(self._keep, ended)

    def _runnable_graph(self, repository: str, compilation_result: str) -> Json:
        if not compilation_result.startswith(f"{repository}/compilationResults/"):
            raise exceptions.InvalidArgument(
                f"a workflow invocation needs a compilation result of {repository}"
            )
        graph = self._compilations.graph(compilation_result)
        if errors := graph_errors(graph):
            raise exceptions.FailedPrecondition(
                f"{compilation_result} has {len(errors)} compilation errors: {errors[0].get('message')}"
            )
        for kind in _RUN_ELSEWHERE:
            if graph.get(kind):
                raise exceptions.MethodNotImplemented(f"the local Dataform does not run {kind}")
        return graph

    def _warehouse(self, graph: Json, config: api.InvocationConfig) -> Warehouse:
        project_config = graph["projectConfig"]
        project = project_config.get("defaultDatabase", self._project)
        priority = config.query_priority.name if config.query_priority else None
        return Warehouse(project, project_config.get("defaultLocation", "US"), priority)

    def _plan(self, graph: Json, config: api.InvocationConfig, warehouse: Warehouse) -> list[Json]:
        run_config = _run_config(graph, config)
        existing = warehouse.existing_tables(table["target"] for table in graph.get("tables", []))
        plan = self._tool.plan(graph, run_config, existing)
        if any(action.get("jitCode") for action in plan):
            raise exceptions.MethodNotImplemented("the local Dataform does not compile actions during a run")
        warehouse.create_datasets(action["target"] for action in plan)
        return plan

    def _start(self, invocation: api.WorkflowInvocation, steps: list[Step], warehouse: Warehouse) -> None:
        def changed(execution: Execution) -> None:
            _update_state(invocation, execution)
            self._save_actions(invocation.name, [_action(step) for step in execution.steps])
            self._store.put(invocation)

        self._running[invocation.name] = Execution(steps, warehouse, changed)
        self._running[invocation.name].start()

    def _save_actions(self, name: str, actions: list[api.WorkflowInvocationAction]) -> None:
        kept = api.QueryWorkflowInvocationActionsResponse(workflow_invocation_actions=actions)
        write_atomically(self._store.folder(name) / "actions.json", json_format.MessageToJson(raw(kept)))

    def _actions(self, name: str) -> list[api.WorkflowInvocationAction]:
        kept = api.QueryWorkflowInvocationActionsResponse()
        json_format.Parse((self._store.require(name) / "actions.json").read_text(), raw(kept))
        return list(kept.workflow_invocation_actions)

    def get_workflow_invocation(self, request: api.GetWorkflowInvocationRequest) -> api.WorkflowInvocation:
        """Return an invocation in its current state."""
        return self._store.get(api.WorkflowInvocation, request.name)

    def list_workflow_invocations(
        self, request: api.ListWorkflowInvocationsRequest
    ) -> api.ListWorkflowInvocationsResponse:
        """Return a repository's invocations, newest first."""
        self._store.require(request.parent)
        found, token = page(self._newest_first(request.parent), request)
        return api.ListWorkflowInvocationsResponse(workflow_invocations=found, next_page_token=token)

    def _newest_first(self, repository: str) -> list[api.WorkflowInvocation]:
        invocations = self._store.children(api.WorkflowInvocation, repository, "workflowInvocations")
        return sorted(invocations, key=_start_time, reverse=True)

    def delete_workflow_invocation(self, request: api.DeleteWorkflowInvocationRequest) -> None:
        """Delete an invocation that has ended."""
        if self._store.get(api.WorkflowInvocation, request.name).state not in _ENDED:
            raise exceptions.FailedPrecondition(f"{request.name} is still running: cancel it first")
        self._store.delete(request.name)

    def cancel_workflow_invocation(
        self, request: api.CancelWorkflowInvocationRequest
    ) -> api.CancelWorkflowInvocationResponse:
        """Stop an invocation: CANCELING until its running jobs have ended, then CANCELLED."""
        invocation = self._store.get(api.WorkflowInvocation, request.name)
        if invocation.state in _ENDED:
            raise exceptions.FailedPrecondition(f"{request.name} has ended: {invocation.state.name}")
        self._running[request.name].cancel()
        return api.CancelWorkflowInvocationResponse()

    def query_workflow_invocation_actions(
        self, request: api.QueryWorkflowInvocationActionsRequest
    ) -> api.QueryWorkflowInvocationActionsResponse:
        """Return every action of an invocation with its state, in plan order."""
        found, token = page(self._actions(request.name), request)
        return api.QueryWorkflowInvocationActionsResponse(
            workflow_invocation_actions=found, next_page_token=token
        )

    def _fail_interrupted(self) -> None:
        for invocation in self._store.everywhere(api.WorkflowInvocation, _EVERYWHERE):
            if invocation.state not in _ENDED:
                actions = self._actions(invocation.name)
                for action in actions:
                    _interrupt(action)
                self._save_actions(invocation.name, actions)
                invocation.state = State.FAILED
                invocation.invocation_timing.end_time.CopyFrom(now())
                self._store.put(invocation)


def _start_time(invocation: api.WorkflowInvocation) -> int:
    nanoseconds: int = invocation.invocation_timing.start_time.ToNanoseconds()
    return nanoseconds


def _check_account(account: str) -> None:
    """Raise unless a run names a custom service account, which Google now requires of every repository.

    Whether the caller may act as that account cannot be known here. Source:
    docs.cloud.google.com/dataform/docs/strict-act-as-mode, "Determine the effective service account".
    """
    if not account:
        raise exceptions.FailedPrecondition(
            "strict act-as mode is enforced for all repositories: a workflow invocation runs as a custom "
            "service account, its invocation_config's or its repository's; neither names one"
        )
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", account):
        raise exceptions.InvalidArgument(f"service_account {account!r} is not an e-mail address")


def _run_config(graph: Json, config: api.InvocationConfig) -> Json:
    refuse_unsupported(config, _SUPPORTED_CONFIG)
    known = {full_name(action["target"]) for kind in _RUN_BY_BIGQUERY for action in graph.get(kind, [])}
    wanted = [f"{one.database}.{one.schema}.{one.name}" for one in config.included_targets]
    if unknown := sorted(set(wanted) - known):
        raise exceptions.InvalidArgument(f"the compilation result has no action {', '.join(unknown)}")
    return {
        "actions": wanted,
        "tags": list(config.included_tags),
        "includeDependencies": config.transitive_dependencies_included,
        "includeDependents": config.transitive_dependents_included,
        "fullRefresh": config.fully_refresh_incremental_tables_enabled,
    }


def _update_state(invocation: api.WorkflowInvocation, execution: Execution) -> None:
    if not execution.finished:
        invocation.state = State.CANCELING if execution.cancelling else State.RUNNING
        return
    failed = any(step.state == ActionState.FAILED for step in execution.steps)
    ended = State.FAILED if failed else State.SUCCEEDED
    invocation.state = State.CANCELLED if execution.cancelling else ended
    invocation.invocation_timing.end_time.CopyFrom(now())


def _action(step: Step) -> api.WorkflowInvocationAction:
    script = ";\n".join(task["statement"].strip().rstrip(";") for task in step.tasks)
    timing = interval_pb2.Interval(start_time=step.start_time, end_time=step.end_time)
    return api.WorkflowInvocationAction(
        target=target(step.planned["target"]),
        canonical_target=target(step.planned.get("canonicalTarget") or step.planned["target"]),
        state=step.state,
        failure_reason=step.failure_reason,
        invocation_timing=timing,
        bigquery_action=api.WorkflowInvocationAction.BigQueryAction(sql_script=script, job_id=step.job_id),
    )


def _interrupt(action: api.WorkflowInvocationAction) -> None:
    if action.state == ActionState.RUNNING:
        action.state = ActionState.FAILED
        action.failure_reason = "the local Dataform stopped while this action ran"
    elif action.state == ActionState.PENDING:
        action.state = ActionState.SKIPPED
