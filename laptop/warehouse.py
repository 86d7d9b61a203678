"""Have Dataform build all or part of the local warehouse, outside a run."""

import time
from collections.abc import Callable

from google.cloud.dataform_v1 import (
    CodeCompilationConfig,
    CompilationResult,
    InvocationConfig,
    WorkflowInvocation,
)

from components.shared.clients import dataform_client
from components.shared.names import LOCATION, REPOSITORY, WORKSPACE

POLL_SECONDS = 0.25
RUNNING = WorkflowInvocation.State.RUNNING


def repository_of(project: str) -> str:
    """Return the resource name of a project's Dataform repository."""
    return f"projects/{project}/locations/{LOCATION}/repositories/{REPOSITORY}"


def build(
    project: str,
    settings: CodeCompilationConfig,
    how: InvocationConfig,
    watch: Callable[[], None] = lambda: None,
) -> list[str]:
    """Compile the workspace with its settings, run the chosen actions, and return what failed.

    `watch` is called again and again until they have ended.
    """
    client = dataform_client()
    repository = repository_of(project)
    compiled = CompilationResult(
        workspace=f"{repository}/workspaces/{WORKSPACE}", code_compilation_config=settings
    )
    result = client.create_compilation_result(parent=repository, compilation_result=compiled)
    wanted = WorkflowInvocation(compilation_result=result.name, invocation_config=how)
    name = client.create_workflow_invocation(parent=repository, workflow_invocation=wanted).name
    while client.get_workflow_invocation(name=name).state == RUNNING:
        watch()
        time.sleep(POLL_SECONDS)
    actions = client.query_workflow_invocation_actions(request={"name": name})
    return [f"{action.target.name}: {action.failure_reason}" for action in actions if action.failure_reason]
