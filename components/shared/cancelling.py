"""Stop what a run left running in BigQuery and Dataform, which would otherwise continue to cost money."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from google.api_core.exceptions import BadRequest, NotFound
from google.cloud.dataform_v1 import WorkflowInvocation

from components.shared.clients import bigquery_client, dataform_client
from components.shared.jobs import cancel_jobs, run_prefix

RUN_VARIABLE = "run_id"  # the variable of run_dataform's compilations by which its invocations are found


def cancel_work(project: str, location: str, repository: str, run_id: str, **call: Any) -> list[str]:
    """Cancel a run's unfinished Dataform invocations and BigQuery jobs, and return their names.

    repository is the Dataform repository's id; call holds the retry and timeout of each request. The caller
    needs bigquery.jobs.list; for jobs of another account also bigquery.jobs.update; and for Dataform
    compilationResults.get, workflowInvocations.list and .cancel.
    """
    parent = f"projects/{project}/locations/{location}/repositories/{repository}"
    return [*_cancel_invocations(parent, run_id, call), *_cancel_jobs(project, location, run_id, call)]


def _cancel_invocations(parent: str, run_id: str, call: dict[str, Any]) -> Iterator[str]:
    client = dataform_client()
    for invocation in client.list_workflow_invocations(parent=parent, **call):
        if invocation.state != WorkflowInvocation.State.RUNNING or not invocation.compilation_result:
            continue
        compilation = client.get_compilation_result(name=invocation.compilation_result, **call)
        if compilation.code_compilation_config.vars.get(RUN_VARIABLE) == run_id:
            with suppress(BadRequest, NotFound):  # it has ended meanwhile
                client.cancel_workflow_invocation(request={"name": invocation.name}, **call)
                yield invocation.name


def _cancel_jobs(project: str, location: str, run_id: str, call: dict[str, Any]) -> Iterator[str]:
    with bigquery_client(project, location) as client:
        yield from cancel_jobs(client, run_prefix(run_id), all_users=True, **call)
