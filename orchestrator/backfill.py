"""Submit the runs of many days, some at a time."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from orchestrator.backend import Backend
from orchestrator.errors import InvalidFieldError
from orchestrator.runs import ACTIVE, active_ids, find_job, run_id_of, run_of
from orchestrator.schemas import Backfill, BackfillBody
from orchestrator.settings import Settings
from orchestrator.submit import submit
from orchestrator.trigger import Order, refuse_future

TRIGGER = "backfill"


def backfill(backend: Backend, body: BackfillBody) -> Backfill:
    """Submit the oldest days that have no run yet, as many as may run at once, and tell what waits.

    A request may last only some minutes, and runs take longer: so ask again, with the same days, until
    `waiting` is empty. No day is submitted twice, whoever asks and however often.
    """
    days = list(_days(body, backend.settings))
    answer = Backfill(submitted=[], existing=[], waiting=[])
    active = active_ids(backend, TRIGGER)
    for day in days:
        _take(backend, day, active, answer)
    return answer


def _take(backend: Backend, day: date, active: set[str], answer: Backfill) -> None:
    """Put one day into the answer; its run counts among the active ones when it is new or has not ended."""
    job = find_job(backend, run_id_of(day))
    if job is not None:
        run, runs = run_of(backend, job), answer.existing
    elif len(active) < backend.settings.max_backfill_runs:
        triggered = submit(backend, Order(day, datetime.now(UTC), TRIGGER, {}))
        run, runs = triggered, answer.submitted if triggered.created else answer.existing
    else:
        answer.waiting.append(day)
        return
    runs.append(run)
    if run.state in ACTIVE:
        active.add(run.id)


def _days(body: BackfillBody, settings: Settings) -> Iterator[date]:
    if body.first > body.last:
        raise InvalidFieldError(("body", "from"), f"{body.first} lies after to, {body.last}")
    refuse_future(body.last, settings, ("body", "to"))
    count = (body.last - body.first).days + 1
    if count > settings.max_backfill_days:
        message = f"the backfill has {count} days, more than {settings.max_backfill_days}: split it"
        raise InvalidFieldError(("body", "to"), message)
    return (body.first + timedelta(days=number) for number in range(count))
