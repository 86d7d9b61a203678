"""What each step of a run counted or how it failed, kept in the bucket for the exit task and for people."""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import Any

from google.api_core.exceptions import NotFound
from google.cloud.storage import Bucket

from components.shared.clients import storage_client
from components.shared.defaults import MAX_QUERY_GIB
from components.shared.errors import StoppedError
from components.shared.jobs import attribute_jobs
from components.shared.logs import log, plain_line
from components.shared.retries import FAILED_CALL

Counts = dict[str, Any]


def records_prefix(run_id: str) -> str:
    """Return the folder of a run's records inside the bucket."""
    return f"mlops/runs/{run_id}/"


def record_name(run_id: str, step: str) -> str:
    """Return the name of a step's record inside the bucket."""
    return f"{records_prefix(run_id)}{step}.json"


@contextmanager
def step_record(
    project: str, bucket: str, run_id: str, step: str, max_query_gib: int = MAX_QUERY_GIB
) -> Iterator[Counts]:
    """Provide a mapping for the step's counts; at the end store it with the state, times and error.

    The block's queries are attributed to the run and the step, read at most max_query_gib each, and have
    their bytes added to the count bytes_billed. SIGTERM ends the block with a StoppedError.
    """
    record: Counts = {"step": step, "state": "RUNNING", "started_at": _now(), "counts": {}}
    _log("started", record)
    try:
        with attribute_jobs(run_id, step, max_query_gib) as asking, stopping_on_sigterm():
            try:
                yield record["counts"]
            finally:
                record["counts"]["bytes_billed"] = asking.bytes_billed
    except Exception as error:
        record |= {"state": "FAILED", "ended_at": _now(), "error": str(error) or repr(error)}
        try:
            _keep(project, bucket, run_id, record)
        except FAILED_CALL as second:
            error.add_note(f"the run record could not be kept either: {second}")
        raise
    record |= {"state": "SUCCEEDED", "ended_at": _now()}
    _keep(project, bucket, run_id, record)


@contextmanager
def stopping_on_sigterm() -> Iterator[None]:
    """Raise StoppedError at SIGTERM; in any thread but the main one, which alone gets signals, do nothing."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise StoppedError("the step was asked to stop (SIGTERM): its run was cancelled, or ran out of time")

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def read_records(project: str, bucket: str, run_id: str, since: datetime | None = None) -> list[Counts]:
    """Return the records of a run in the order in which its steps started.

    since leaves out steps that started before it: if a job was deleted and triggered again, the records of
    the deleted one still have the same id.
    """
    blobs = storage_client(project).list_blobs(bucket, prefix=records_prefix(run_id))
    records = [json.loads(blob.download_as_text()) for blob in blobs]
    records.sort(key=_started_at)
    return [record for record in records if since is None or _started_at(record) >= since]


def read_counts(bucket: Bucket, run_id: str, step: str, **call: Any) -> Counts:
    """Return what a step of a run counted, empty without its record; call holds the request's options."""
    try:
        record = json.loads(bucket.blob(record_name(run_id, step)).download_as_text(**call))
    except NotFound:
        return {}
    counts: Counts = record["counts"]
    return counts


def _started_at(record: Counts) -> datetime:
    return datetime.fromisoformat(record["started_at"])


def _keep(project: str, bucket: str, run_id: str, record: Counts) -> None:
    _log("ended", record)
    numbers = {name: count for name, count in record["counts"].items() if isinstance(count, int)}
    plain_line(step=record["step"], state=record["state"], **numbers)
    blob = storage_client(project).bucket(bucket).blob(record_name(run_id, record["step"]))
    blob.upload_from_string(json.dumps(record, default=str), content_type="application/json")


def _log(what: str, record: Counts) -> None:
    severity = "ERROR" if record["state"] == "FAILED" else "INFO"
    log(severity, f"{record['step']} {what}", **record)


def _now() -> str:
    return datetime.now(UTC).isoformat()
