"""A run that would exceed its cost limit is refused before it reads."""

from datetime import UTC, datetime, timedelta

import pytest

from components.cost.forecast import forecast_run
from components.cost.limit import refuse_costly_run
from components.shared.clients import firestore_client
from components.shared.errors import StepError
from localcloud.endpoints import Endpoints


def test_a_run_over_its_limit_is_refused_and_one_below_is_not(cloud: Endpoints) -> None:
    collection = firestore_client(cloud.project).collection("costly_sales")
    for number in range(3):
        collection.document(f"S{number}").set({"n": number})
    # The run's fee alone is 3 cents.
    with pytest.raises(StepError, match=r"more than max_run_cost \(\$0\.010\): 3 documents to read"):
        refuse_costly_run(cloud.project, "(default)", "costly_sales", 0.01)
    refuse_costly_run(cloud.project, "(default)", "costly_sales", 1.0)
    refuse_costly_run(cloud.project, "(default)", "costly_sales", 0.0)


def test_a_known_number_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """An export from a change log reads no document, neither to export nor to forecast."""
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    with pytest.raises(StepError, match=r"\(\$0\.010\): 0 documents to read"):
        refuse_costly_run("a-project", "(default)", "sales", 0.01, known=1_000_000)
    refuse_costly_run("a-project", "(default)", "sales", 1.0, known=1_000_000)


def test_only_changes_are_counted_where_only_they_are_read(cloud: Endpoints) -> None:
    """Of 40 documents two have changed: reading all 40 exceeds the limit, reading the changes does not."""
    collection = firestore_client(cloud.project).collection("changing_sales")
    since = datetime(2026, 1, 31, tzinfo=UTC)
    batch = firestore_client(cloud.project).batch()
    for number in range(40):
        at = since + timedelta(hours=1 if number < 2 else -1)
        batch.set(collection.document(f"S{number}"), {"n": number, "updated_at": at})
    batch.commit()
    least = forecast_run(40, 0, {}, 0).estimated_cost
    place = (cloud.project, "(default)", "changing_sales", least + 30 * 0.03 / 100_000)
    with pytest.raises(StepError, match=r": 40 documents to read"):
        refuse_costly_run(*place)
    refuse_costly_run(*place, "updated_at", since)
    with pytest.raises(StepError, match=r": 3 documents to read"):  # two, and one for the count
        refuse_costly_run(*place[:3], least + 2 * 0.03 / 100_000, "updated_at", since)
