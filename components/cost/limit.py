"""Refuse a run that would cost more than allowed, before it reads anything."""

from datetime import datetime
from typing import Any

from google.cloud.firestore import FieldFilter

from components.cost.forecast import READ_TO_COUNT, forecast_run
from components.cost.receipt import format_usd
from components.shared.clients import firestore_client
from components.shared.errors import StepError


def refuse_costly_run(
    project: str,
    database: str,
    collection: str,
    max_run_cost: float,
    changed_field: str = "",
    since: datetime | None = None,
    known: int | None = None,
) -> None:
    """Raise StepError if documents and bytes are forecast to cost more than max_run_cost, in USD.

    0 means no limit. The documents are counted first, which costs one read per thousand: all of them, or, for
    an export that reads only changes, those whose changed_field is not before the given time. known is the
    count to use if nothing is to be read. Machines are not part of this forecast, since they are billed by
    the time they run.
    """
    if not max_run_cost:
        return
    there, to_read = known or 0, 0
    if known is None:
        documents = firestore_client(project, database).collection(collection)
        there = to_read = _count(documents)
        if since:
            changed = documents.where(filter=FieldFilter(changed_field, ">=", since))
            to_read = _count(changed) + there // READ_TO_COUNT + 1
    forecast = forecast_run(there, 0, {}, to_read)
    if forecast.estimated_cost > max_run_cost:
        raise StepError(
            f"this run would cost about {format_usd(forecast.estimated_cost)}, more than max_run_cost "
            f"({format_usd(max_run_cost)}): {to_read:,} documents to read and "
            f"{forecast.bytes_billed / 2**30:,.1f} GiB to query. Nothing was read: raise max_run_cost "
            "if that is intended (docs/cost.md)"
        )


def _count(query: Any) -> int:
    [[counted]] = query.count().get()
    return int(counted.value)
