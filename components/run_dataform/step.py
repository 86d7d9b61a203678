"""Compile the Dataform workspace, run all its actions, wait for them, and name exactly what failed."""

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from google.api_core.retry import Retry, if_exception_type
from google.cloud.dataform_v1 import (
    CodeCompilationConfig,
    CompilationResult,
    DataformClient,
    InvocationConfig,
    WorkflowInvocation,
    WorkflowInvocationAction,
)

from components.run_dataform.configuration import configuration as configured
from components.shared.artifacts import Artifact, Table, describe_table
from components.shared.clients import bigquery_client, dataform_client, storage_client
from components.shared.dates import parse_date
from components.shared.errors import StepError, StoppedError
from components.shared.jobs import count_bytes
from components.shared.logs import log
from components.shared.queries import read_sql, run_query
from components.shared.retries import FAILED_CALL, TRANSIENT, retry_transient
from components.shared.run_record import step_record, stopping_on_sigterm
from components.shared.sources import parse_sources, put_placeholder_files

FOLDER = Path(__file__).parent
READ = Retry(if_exception_type(*TRANSIENT), timeout=300)  # time-outs too: otherwise all would start over
CALL_SECONDS = 120
CANCEL_SECONDS = 300
SHORTEST_PAUSE_SECONDS = 1.0
# A file of an export that BigQuery cannot read; export_sales notices that it is gone.
DAMAGED_FILE = re.compile(r"Error while reading .*?(gs://[^\s'\"]+/sales/export_date=[^\s'\"]+\.parquet)")
UNKNOWN_COLUMN = re.compile(r"Unrecognized name: \w+|Name \w+ not found inside")
WAITED_BY_PAUSE = 15
State = WorkflowInvocation.State
ActionState = WorkflowInvocationAction.State


@dataclass(frozen=True)
class DataformSummary:
    """A finished workflow invocation: its resource name, actions by final state, their jobs."""

    invocation: str
    actions: dict[str, int]
    jobs: tuple[str, ...] = ()


def run(
    *,
    project: str,
    location: str,
    bucket: str,
    repository: str,
    workspace: str,
    service_account: str,
    datasets: Mapping[str, str],
    business_time_zone: str,
    sources: str,
    as_of: str,
    run_id: str,
    max_query_gib: int,
    max_reject_share: float,
    timeout_seconds: int,
    longest_poll_seconds: float,
    sales: Artifact,
    fct_sales: Artifact,
) -> None:
    """Run Dataform as the pipeline's step, and describe the sales facts as its artifact."""
    with step_record(project, bucket, run_id, "run_dataform", max_query_gib) as counts:
        day = parse_date(as_of)
        _make_readable(project, bucket, parse_sources(sources))
        variables = {
            "business_time_zone": business_time_zone,
            "max_reject_share": f"{max_reject_share:f}",
            "shown_as_of": _newest_day(project, location, datasets["warehouse"], day).isoformat(),
            "run_id": run_id,  # by which an attempt finds the previous one's invocation
        }
        summary = run_dataform(
            repository_name=f"projects/{project}/locations/{location}/repositories/{repository}",
            workspace=workspace,
            configuration=configured(project, location, bucket, datasets, sources, as_of, **variables),
            service_account=service_account,
            timeout_seconds=timeout_seconds,
            longest_poll_seconds=longest_poll_seconds,
        )
        _count_bytes(project, location, summary.jobs)
        counts.update({"invocation": summary.invocation, "actions": summary.actions, "sales": sales.uri})
        describe_table(fct_sales, Table(project, datasets["warehouse"], "fct_sales"))


@retry_transient
def _make_readable(project: str, bucket: str, sources: list[str]) -> None:
    put_placeholder_files(storage_client(project).bucket(bucket), sources)


@retry_transient
def _newest_day(project: str, location: str, warehouse_dataset: str, day: date) -> date:
    """Return the day that dashboards show after this run: its own, or a newer one that has finished."""
    sql = read_sql(FOLDER / "newest_day.sql", project=project, warehouse_dataset=warehouse_dataset)
    [newest] = run_query(bigquery_client(project, location), sql, {})
    return max(day, newest.day or day)


def _count_bytes(project: str, location: str, jobs: Sequence[str]) -> None:
    """Count what Dataform's jobs were billed for as the step's own; this needs bigquery.jobs.get.

    The jobs belong to Dataform's account and have ended: a failure here loses no more than the sum.
    """
    with bigquery_client(project, location) as client:
        try:
            ended = [client.get_job(job, retry=READ, timeout=CALL_SECONDS) for job in jobs]
        except FAILED_CALL as error:
            log("WARNING", f"the receipt omits the cost of the warehouse's queries: {error}")
            return
    for job in ended:
        count_bytes(job)


@retry_transient
def run_dataform(
    *,
    repository_name: str,
    workspace: str,
    configuration: CodeCompilationConfig,
    service_account: str,
    timeout_seconds: int,
    longest_poll_seconds: float,
) -> DataformSummary:
    """Run every action of a repository's workspace and wait for the end.

    repository_name is projects/P/locations/L/repositories/R. The invocation is cancelled on time-out and on
    SIGTERM. If a killed attempt of the same run left an invocation running, that one is waited for instead of
    starting a second one. Raises StepError naming each compilation error or failed action.
    """
    client = dataform_client()
    left = _find_running(client, repository_name, configuration)
    compilation = (
        left.compilation_result if left else _compile(client, repository_name, workspace, configuration)
    )
    deadline = time.monotonic() + timeout_seconds
    with stopping_on_sigterm():
        try:
            invocation = left.name if left else _invoke(client, repository_name, compilation, service_account)
            print(f"waiting for {invocation}", flush=True)
            state = _wait(client, invocation, deadline, longest_poll_seconds)
        except (StoppedError, TimeoutError) as reason:
            cancelled = _find_invocations(client, repository_name, compilation)
            _cancel(client, cancelled, longest_poll_seconds)
            is_late = isinstance(reason, TimeoutError)
            why = f"not finished after {timeout_seconds} seconds" if is_late else "SIGTERM"
            raise StepError(f"cancelled {', '.join(cancelled)}: {why}") from None
    return _judge(client, invocation, state)


def _find_running(
    client: DataformClient, repository_name: str, settings: CodeCompilationConfig
) -> WorkflowInvocation | None:
    """Return the running invocation that was compiled with the same variables, the run's id among them."""
    for invocation in client.list_workflow_invocations(
        parent=repository_name, retry=READ, timeout=CALL_SECONDS
    ):
        if invocation.state == State.RUNNING:
            compilation = client.get_compilation_result(
                name=invocation.compilation_result, retry=READ, timeout=CALL_SECONDS
            )
            if compilation.code_compilation_config.vars == settings.vars:
                return invocation
    return None


def _compile(
    client: DataformClient, repository_name: str, workspace: str, settings: CodeCompilationConfig
) -> str:
    wanted = CompilationResult(
        workspace=f"{repository_name}/workspaces/{workspace}", code_compilation_config=settings
    )
    result = client.create_compilation_result(
        parent=repository_name, compilation_result=wanted, timeout=CALL_SECONDS
    )
    if result.compilation_errors:
        errors = "\n".join(f"  {error.path}: {error.message}" for error in result.compilation_errors)
        raise StepError(f"the workspace {workspace} does not compile:\n{errors}")
    return result.name


def _invoke(client: DataformClient, repository_name: str, compilation: str, service_account: str) -> str:
    """Create the invocation once; if the response is lost, find it by its compilation result."""
    wanted = WorkflowInvocation(
        compilation_result=compilation,
        invocation_config=InvocationConfig(service_account=service_account),
    )
    try:
        return client.create_workflow_invocation(
            parent=repository_name, workflow_invocation=wanted, timeout=CALL_SECONDS
        ).name
    except TRANSIENT:
        if invocations := _find_invocations(client, repository_name, compilation):
            return invocations[0]
        raise


def _find_invocations(client: DataformClient, repository_name: str, compilation: str) -> list[str]:
    """Return the names of the invocations of a compilation result; each run has its own result."""
    invocations = client.list_workflow_invocations(parent=repository_name, retry=READ, timeout=CALL_SECONDS)
    return [each.name for each in invocations if each.compilation_result == compilation]


def pause_seconds(waited: float, longest: float) -> float:
    """Return how long to wait before the next poll: a fifteenth of the time waited, from 1 s to longest.

    The end of an invocation of up to half a minute is noticed within 2 s, and a minute has at most 37
    requests of the 60 that Dataform allows a project.
    """
    return min(max(waited / WAITED_BY_PAUSE, SHORTEST_PAUSE_SECONDS), longest)


def _wait(client: DataformClient, invocation: str, deadline: float, longest_poll_seconds: float) -> State:
    """Ask until the invocation has ended; raise TimeoutError at the deadline."""
    start = time.monotonic()
    while True:
        state = client.get_workflow_invocation(name=invocation, retry=READ, timeout=CALL_SECONDS).state
        if state not in (State.RUNNING, State.CANCELING):
            return state
        now = time.monotonic()
        if now > deadline:
            raise TimeoutError
        time.sleep(pause_seconds(now - start, longest_poll_seconds))


def _cancel(client: DataformClient, invocations: list[str], longest_poll_seconds: float) -> None:
    for invocation in invocations:
        client.cancel_workflow_invocation(request={"name": invocation}, timeout=CALL_SECONDS)
        _wait(client, invocation, time.monotonic() + CANCEL_SECONDS, longest_poll_seconds)


def _judge(client: DataformClient, invocation: str, state: State) -> DataformSummary:
    """Return the summary of a success; otherwise raise StepError naming each failed action."""
    actions = list(
        client.query_workflow_invocation_actions(
            request={"name": invocation}, retry=READ, timeout=CALL_SECONDS
        )
    )
    counts = dict(Counter(ActionState(action.state).name for action in actions))
    if state == State.SUCCEEDED and actions:
        return DataformSummary(invocation, counts, tuple(_jobs(actions)))
    if not actions:
        raise StepError(f"{invocation} had no actions: is the workspace empty?")
    failed = [_describe(action) for action in actions if action.state == ActionState.FAILED]
    lines = "\n".join(f"  {line}" for line in failed)
    raise StepError(
        f"{invocation} ended {State(state).name}: {len(failed)} actions failed, "
        f"{counts.get('SKIPPED', 0)} were skipped\n{lines}{_advice(failed)}"
    )


def _jobs(actions: Sequence[WorkflowInvocationAction]) -> Iterator[str]:
    """Yield the ids of the actions' BigQuery jobs; an action that BigQuery does not run has none."""
    yield from (job for action in actions if (job := action.bigquery_action.job_id))


def _advice(failed: Sequence[str]) -> str:
    """Return what to do about a damaged export, or if a table lacks a column.

    An incremental table keeps the columns it was created with.
    """
    if damaged := next(filter(None, map(DAMAGED_FILE.search, failed)), None):
        return (
            f"\n  {damaged[1]} is damaged: move it out of the folder sales/ and run the day again, which "
            "exports once more what it held"
        )
    if not any(UNKNOWN_COLUMN.search(line) for line in failed):
        return ""
    return (
        "\n  a table created by an earlier version of this project may lack that column: rebuild the "
        "warehouse once (docs/deploy.md, When a table's schema changes; on a laptop make rebuild)"
    )


def _describe(action: WorkflowInvocationAction) -> str:
    job = f" (job {action.bigquery_action.job_id})" if action.bigquery_action.job_id else ""
    return f"{action.target.schema}.{action.target.name}: {action.failure_reason}{job}"
