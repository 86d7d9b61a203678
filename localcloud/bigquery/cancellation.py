"""Cancelling a job at whatever moment: before a worker has it, between two queries, or as it ends."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from functools import partial

import duckdb
from local_bigquery.jobs import runner
from local_bigquery.models import Job

INTERRUPT_SECONDS = 0.1


def cancel_reliably() -> None:
    """Patch the cancellation of jobs. Call once per process."""
    # Otherwise, cancelling a job before a worker has it would wait for None and end in an internal error.
    runner.Running = partial(runner.Running, Future())
    runner.cancel = _wrap_cancel(runner.cancel)


def _wrap_cancel(cancel: Callable[[str, str], Job]) -> Callable[[str, str], Job]:
    """Answer a cancellation with the ended job if the job ended, and closed its cursor, in the meantime.

    DuckDB forgets an interrupt of a cursor that is between two queries, so it is repeated until the job ends.
    """

    def cancel_or_find_ended(project_id: str, job_id: str) -> Job:
        if running := runner._running.get((project_id, job_id)):
            threading.Thread(target=_interrupt_until_ended, args=[running], daemon=True).start()
        try:
            return cancel(project_id, job_id)
        except duckdb.ConnectionException:
            return runner.wait(project_id, job_id, runner.SUBMIT_WAIT_MS)

    return cancel_or_find_ended


def _interrupt_until_ended(running: runner.Running) -> None:
    running.cancelled = True
    while not wait([running.future], timeout=INTERRUPT_SECONDS).done:
        if running.cursor:
            with suppress(duckdb.ConnectionException):  # the cursor is closed: the job is ending
                running.cursor.interrupt()
