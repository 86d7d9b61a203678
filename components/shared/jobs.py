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
class Asking:
    """The step of a run that queries, and the bytes billed for its jobs so far."""

    run_id: str
    step: str
    max_query_gib: int
    bytes_billed: int = 0


_asking: ContextVar[Asking | None] = ContextVar("asking", default=None)


@contextmanager
def attribute_jobs(run_id: str, step: str, max_query_gib: int) -> Iterator[Asking]:
    """Attribute the block's BigQuery jobs to a step of a run; a query reads at most max_query_gib."""
    asking = Asking(run_id, step, max_query_gib)
    before = _asking.set(asking)
    try:
        yield asking
    finally:
        _asking.reset(before)


def count_bytes(job: "bigquery.QueryJob") -> None:
    """Add a finished job's billed bytes to its step's; for a script, those of all statements."""
    if asking := _asking.get():
        asking.bytes_billed += job.total_bytes_billed or 0


def run_prefix(run_id: str) -> str:
    """Return the prefix of the ids of a run's jobs; an id has letters, digits, '-' and '_'."""
    return f"{re.sub('[^A-Za-z0-9-]', '-', run_id)}__"


def job_prefix() -> str | None:
    """Return the prefix of the ids of the current step's jobs, None outside a step."""
    if (asking := _asking.get()) is None:
        return None
    return f"{run_prefix(asking.run_id)}{asking.step}__"


def labels() -> dict[str, str]:
    """Return the labels of the current step's jobs, by which bills can be split."""
    if (asking := _asking.get()) is None:
        return {}
    return {"run_id": re.sub("[^a-z0-9_-]", "-", asking.run_id.lower())[:63], "step": asking.step}


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

    asking = _asking.get()
    settings = bigquery.QueryJobConfig(labels=labels(), **more)
    if asking:
        settings.maximum_bytes_billed = asking.max_query_gib * GIB
    return settings
