"""What was true on a day stays true even if sales come late, are refunded, corrected, moved or deleted.

The steps run through Google's clients, day by day, on a cloud of their own, whose clock is set to each day.
DAYS=10 .venv/bin/pytest tests/e2e/test_as_known.py plays ten days in a row where `make test` plays two.
"""

import os
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.cloud.firestore import CollectionReference

from components.shared.clients import bigquery_client, firestore_client
from components.shared.names import COLLECTION
from laptop.provision import make_ready
from localcloud.firestore.clock import Clock
from tests.cloud import led_to, uncounted
from tests.e2e.days import HORIZON, PROJECT, run_day

pytestmark = pytest.mark.services
FIRST = date(2025, 6, 30)
DAYS = int(os.environ.get("DAYS", "2"))
KEYS = {"as_of_date", "cutoff_date", "horizon_days", "churned"}


class Shop:
    """Sales in Firestore that people change every day, and the batch that reads them."""

    def __init__(self, clock: Clock, folder: Path) -> None:
        self.clock, self.folder = clock, folder
        self.collection: CollectionReference = firestore_client(PROJECT).collection(COLLECTION)
        self.dice = random.Random(5)
        self.ids: list[str] = []
        self.runs = 0

    def sell(self, day: date, customer: str, **changes: Any) -> None:
        sale_id = f"s{len(self.ids):05}"
        amount = self.dice.randrange(100, 9000) / 100
        sale = {
            "sale_id": sale_id,
            "customer_id": customer,
            "sale_timestamp": f"{day}T{self.dice.randrange(10, 20)}:00:00Z",
            "product_category": self.dice.choice(["hats", "skis", "boots"]),
            "quantity": 1,
            "unit_price": amount,
            "total_amount": amount,
            "currency": "EUR",
            "status": "completed",
        }
        self.collection.document(sale_id).set(sale | changes)
        self.ids.append(sale_id)

    def sell_a_history(self) -> None:
        for number in range(150):
            gap = self.dice.choice([5, 12, 40])
            day = FIRST - timedelta(days=self.dice.randrange(60, 330))
            last = day + timedelta(days=self.dice.choice([60, 400]))
            while day < min(FIRST, last):
                self.sell(day, f"c{number}")
                day += timedelta(days=max(1, int(self.dice.expovariate(1 / gap))))

    def live(self, day: date) -> None:
        """Add sales of the day and late ones, and change or delete a twentieth of all sales."""
        for _ in range(8):
            self.sell(day, f"c{self.dice.randrange(150)}")
            self.sell(day - timedelta(days=self.dice.randrange(1, 60)), f"c{self.dice.randrange(150)}")
        for sale_id in self.dice.sample(self.ids, len(self.ids) // 20):
            document = self.collection.document(sale_id)
            if not document.get().exists:
                continue
            changes = self.dice.choice(
                [
                    {"status": "refunded"},
                    {"status": "cancelled"},
                    {"status": "lost"},
                    {"total_amount": 1.5, "quantity": 4},
                    {"customer_id": f"c{self.dice.randrange(150)}"},
                    None,
                ]
            )
            document.update(changes) if changes else document.delete()

    def run(self, day: date) -> dict[str, Any]:
        """Run the batch's steps for a day, and return what they left for that day."""
        self.clock.set_to(datetime.combine(day, time(2), UTC))
        self.runs += 1
        parts = run_day(str(day), f"run-{self.runs}", self.folder / f"run-{self.runs}")
        return self.of_day(str(day)) | {"model": parts["model"].metadata["version"]}

    def of_day(self, day: str) -> dict[str, Any]:
        tables = {
            "features.churn_training_examples": "as_of_date",
            "features.churn_scoring_examples": "as_of_date",
            "warehouse.fact_predictions_churn": "prediction_date",
        }
        return {table: rows(f"`winter_days_{table}` WHERE {key} = '{day}'") for table, key in tables.items()}


def rows(what: str) -> list[dict[str, Any]]:
    """Return rows, ordered by their text."""
    with bigquery_client(PROJECT) as client:
        found = client.query(
            f"SELECT * FROM {what.replace('`winter_days_', f'`{PROJECT}.winter_days_')}"
        ).result()
        return sorted((dict(row) for row in found), key=repr)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    state = tmp_path_factory.mktemp("as-known")
    clock = Clock(state / "firestore")
    clock.set_to(datetime(1990, 1, 1, tzinfo=UTC))
    services = ("bigquery", "storage", "firestore", "dataform", "vertex")
    with uncounted(state, services) as endpoints, led_to(endpoints):
        make_ready(PROJECT)
        made = Shop(clock, tmp_path_factory.mktemp("models"))
        made.sell_a_history()
        yield made


@pytest.fixture(scope="module")
def first(shop: Shop) -> dict[str, Any]:
    """Run the first day, and the days after it with changes before each; return what the first left."""
    left = shop.run(FIRST)
    for ahead in range(1, DAYS):
        shop.live(FIRST + timedelta(days=ahead - 1))
        shop.run(FIRST + timedelta(days=ahead))
    return left


def test_a_day_run_again_is_what_it_was(shop: Shop, first: dict[str, Any]) -> None:
    shown = rows("`winter_days_warehouse.dim_customer`")
    again = shop.run(FIRST)
    assert again.keys() == first.keys()
    for name, found in again.items():
        assert found == first[name], name
    # Dashboards still show the newest day.
    assert rows("`winter_days_warehouse.dim_customer`") == shown
    assert {row["as_of_date"] for row in shown} == {FIRST + timedelta(days=DAYS - 1)}


def test_scoring_rows_of_a_day_are_its_training_rows_once_its_outcome_is_known(
    shop: Shop, first: dict[str, Any]
) -> None:
    later = FIRST + timedelta(days=HORIZON)
    shop.live(later - timedelta(days=1))
    trained = {
        row["customer_key"]: row
        for row in shop.run(later)["features.churn_training_examples"]
        if row["cutoff_date"] == FIRST
    }
    scored = {row["customer_key"]: row for row in first["features.churn_scoring_examples"]}
    assert len(scored) > 100
    assert trained.keys() == scored.keys()
    different = {
        name for key, row in scored.items() for name in row.keys() - KEYS if row[name] != trained[key][name]
    }
    assert different == set()


def test_the_changes_would_have_altered_a_days_features(shop: Shop, first: dict[str, Any]) -> None:
    """With what is known now, the first day's features would differ, so the tests above prove something."""
    bought = (
        "SELECT customer_key, COUNT(DISTINCT sale_date) AS visits"
        f" FROM `{PROJECT}.winter_days_warehouse.fct_sales`"
        f" WHERE status = 'completed' AND sale_date < '{FIRST}' GROUP BY customer_key"
    )
    with bigquery_client(PROJECT) as client:
        now = {row.customer_key: row.visits for row in client.query(bought).result()}
    then = {row["customer_key"]: row["visits"] for row in first["features.churn_scoring_examples"]}
    assert sum(then.get(key) != visits for key, visits in now.items()) > 20
