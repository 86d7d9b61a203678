"""What a run's BigQuery jobs carry: a name, labels, a limit on what each may read, and the bytes billed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from google.api_core.exceptions import BadRequest, NotFound

if TYPE_CHECKING:
    from google.cloud import bigquery

GIB = 2**30


@dataclass
class RunningStep:
    """The step of a run that queries, and the bytes billed for its jobs so far."""

    run_id: str
    step: str
    max_query_gib: int
    bytes_billed: int = 0


_running_step: ContextVar[RunningStep | None] = ContextVar("running_step", default=None)


@contextmanager
def attribute_jobs(run_id: str, step: str, max_query_gib: int) -> Iterator[RunningStep]:
    """Attribute the block's BigQuery jobs to a step of a run; a query reads at most max_query_gib."""
    running_step = RunningStep(run_id, step, max_query_gib)
    before = _running_step.set(running_step)
    try:
        yield running_step
    finally:
        _running_step.reset(before)


def count_bytes(job: "bigquery.QueryJob") -> None:
    """Add a finished job's billed bytes to its step's; for a script, those of all statements."""
    if running_step := _running_step.get():
        running_step.bytes_billed += job.total_bytes_billed or 0


def run_prefix(run_id: str) -> str:
    """Return the prefix of the ids of a run's jobs; an id has letters, digits, '-' and '_'."""
    return f"{re.sub('[^A-Za-z0-9-]', '-', run_id)}__"


def job_prefix() -> str | None:
    """Return the prefix of the ids of the current step's jobs, None outside a step."""
    if (running_step := _running_step.get()) is None:
        return None
    return f"{run_prefix(running_step.run_id)}{running_step.step}__"


def labels() -> dict[str, str]:
    """Return the labels of the current step's jobs, by which bills can be split."""
    if (running_step := _running_step.get()) is None:
        return {}
    return {"run_id": re.sub("[^a-z0-9_-]", "-", running_step.run_id.lower())[:63], "step": running_step.step}


def cancel_jobs(
    client: "bigquery.Client", prefix: str, *, all_users: bool = False, **call: Any
) -> Iterator[str]:
    """Cancel the unfinished jobs whose ids have this prefix; yield their ids."""
    for state in ("pending", "running"):
        for job in client.list_jobs(all_users=all_users, state_filter=state, **call):
            if str(job.job_id).startswith(prefix):
                with suppress(BadRequest, NotFound):  # it has ended meanwhile
                    client.cancel_job(job.job_id, location=job.location, **call)
                    yield str(job.job_id)


def query_settings(**more: Any) -> "bigquery.QueryJobConfig":
    """Return a query's settings, with the current step's labels and byte limit."""
    from google.cloud import bigquery

    running_step = _running_step.get()
    settings = bigquery.QueryJobConfig(labels=labels(), **more)
    if running_step:
        settings.maximum_bytes_billed = running_step.max_query_gib * GIB
    return settings
