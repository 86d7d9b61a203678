"""Refuse a run before it reads anything, where it would cost more than it may."""

from components.cost.forecast import forecast_run
from components.cost.receipt import told
from components.shared.clients import firestore_client
from components.shared.errors import StepError


def refuse_costly_run(
    project: str, database: str, collection: str, max_run_cost: float, known: int | None = None
) -> None:
    """Raise StepError where documents and bytes are forecast to cost more than max_run_cost, in USD.

    0 is no limit. The documents are counted, for one read a thousand; known is how many there were, where
    none is to be read. Machines are left out of the forecast: they cost what time they take.
    """
    if not max_run_cost:
        return
    documents = _count(project, database, collection) if known is None else known
    forecast = forecast_run(documents, 0, {}, None if known is None else 0)
    if forecast.estimated_cost > max_run_cost:
        raise StepError(
            f"this run would cost about {told(forecast.estimated_cost)}, more than max_run_cost "
            f"({told(max_run_cost)}): {forecast.documents_read:,} documents to read and "
            f"{forecast.bytes_billed / 2**30:,.1f} GiB to query. Nothing was read: raise max_run_cost "
            "where that is meant (docs/cost.md)"
        )


def _count(project: str, database: str, collection: str) -> int:
    [[counted]] = firestore_client(project, database).collection(collection).count().get()
    return int(counted.value)
