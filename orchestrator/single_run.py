"""Start a run only if no other is active; of several created at the same moment, one stays."""

import time
from collections.abc import Callable
from contextlib import suppress

from fastapi import HTTPException
from google.api_core.exceptions import PreconditionFailed
from google.cloud.aiplatform_v1 import PipelineJob

from components.shared.pipeline_states import CANCELLING
from orchestrator.runs import ActiveRunError, Backend, ErasureError, creation

PATIENCE_SECONDS = 10.0
POLL_SECONDS = 0.25

type Made = tuple[PipelineJob, bool]  # a job, and whether this call created it


def start(backend: Backend, run_id: str, create: Callable[[], Made]) -> Made:
    """Call `create` to create the job with this id, and return its result.

    Raises ActiveRunError if another run is active, and ErasureError during an erasure.
    """
    if others := backend.others_active(run_id):
        raise ActiveRunError(backend.run_of(others[0]))
    backend.refuse_during_erasure()
    with suppress(PreconditionFailed):  # another process uploads at the same time: its version stays
        backend.spec.upload(backend.storage.bucket(backend.settings.bucket), **backend.call)
    job, created = create()
    _give_way(backend, job)
    _give_way_to_erasure(backend, job)
    return job, created


def _give_way_to_erasure(backend: Backend, job: PipelineJob) -> None:
    """Cancel a run if an erasure began just before its creation, and raise ErasureError."""
    try:
        backend.refuse_during_erasure()
    except ErasureError:
        with suppress(HTTPException):  # it has ended already
            backend.cancel(job.display_name)
        raise


def _give_way(backend: Backend, job: PipelineJob) -> None:
    """Cancel this run and raise ActiveRunError if another was created just before it, so that one stays.

    The first one waits until the others are gone. If one of them has not seen it and continues, the first
    gives way after PATIENCE_SECONDS: one run stays, whatever fails.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while others := [one for one in backend.others_active(job.display_name) if one.state.name != CANCELLING]:
        if creation(others[0]) < creation(job) or time.monotonic() > deadline:
            with suppress(HTTPException):  # it has ended already
                backend.cancel(job.display_name)
            raise ActiveRunError(backend.run_of(others[0]))
        time.sleep(POLL_SECONDS)
