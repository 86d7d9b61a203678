"""What BigQuery's jobs bear of the run that asks: a name, labels, and how much each may read, and costs."""

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
class Asking:
    """A step of a run that asks, and the bytes that its jobs have been billed for so far."""

    run_id: str
    step: str
    max_query_gib: int
    bytes_billed: int = 0


_asking: ContextVar[Asking | None] = ContextVar("asking", default=None)


@contextmanager
def asked_by(run_id: str, step: str, max_query_gib: int) -> Iterator[Asking]:
    """Have what the block asks of BigQuery be a step's of a run; a query reads max_query_gib at most."""
    asking = Asking(run_id, step, max_query_gib)
    before = _asking.set(asking)
    try:
        yield asking
    finally:
        _asking.reset(before)


def count_bytes(job: "bigquery.QueryJob") -> None:
    """Add what a job that has ended is billed for to its step's bytes; of a script, all its statements."""
    if asking := _asking.get():
        asking.bytes_billed += job.total_bytes_billed or 0


def run_prefix(run_id: str) -> str:
    """Return what the ids of a run's jobs begin with; an id has letters, digits, '-' and '_'."""
    return f"{re.sub('[^A-Za-z0-9-]', '-', run_id)}__"


def job_prefix() -> str | None:
    """Return what the ids of the jobs of the step at work begin with, None outside of a step."""
    if (asking := _asking.get()) is None:
        return None
    return f"{run_prefix(asking.run_id)}{asking.step}__"


def labels() -> dict[str, str]:
    """Return the labels of the jobs of the step at work, which bills can be split by."""
    if (asking := _asking.get()) is None:
        return {}
    return {"run_id": re.sub("[^a-z0-9_-]", "-", asking.run_id.lower())[:63], "step": asking.step}


def end_jobs(
    client: "bigquery.Client", prefix: str, *, all_users: bool = False, **call: Any
) -> Iterator[str]:
    """Cancel the jobs that have not ended and whose ids begin so; yield their ids."""
    for state in ("pending", "running"):
        for job in client.list_jobs(all_users=all_users, state_filter=state, **call):
            if str(job.job_id).startswith(prefix):
                with suppress(BadRequest, NotFound):  # it has ended meanwhile
                    client.cancel_job(job.job_id, location=job.location, **call)
                    yield str(job.job_id)


def query_settings(**more: Any) -> "bigquery.QueryJobConfig":
    """Return a query's settings, with the labels and the most bytes of the step at work."""
    from google.cloud import bigquery

    asking = _asking.get()
    settings = bigquery.QueryJobConfig(labels=labels(), **more)
    if asking:
        settings.maximum_bytes_billed = asking.max_query_gib * GIB
    return settings
