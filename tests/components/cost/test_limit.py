"""A run that would cost more than it may is refused before it reads."""

import pytest

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


def test_what_is_known_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """An export by a change log reads no document, neither to export nor to forecast."""
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    with pytest.raises(StepError, match=r"\(\$0\.010\): 0 documents to read"):
        refuse_costly_run("a-project", "(default)", "sales", 0.01, 1_000_000)
    refuse_costly_run("a-project", "(default)", "sales", 1.0, 1_000_000)
